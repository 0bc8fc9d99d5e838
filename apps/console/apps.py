"""Django's entry for the app."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "apps.console"
