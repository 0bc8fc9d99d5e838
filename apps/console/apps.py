"""Django's entry for the app."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "apps.console"

    def ready(self) -> None:
        from apps.console.tasks import watch_operators

        watch_operators()
