"""What the agent sees."""

from django.apps import AppConfig


class AssistantConfig(AppConfig):
    name = "apps.assistant"
    label = "assistant"

    def ready(self) -> None:
        from apps.assistant.briefing import make_owed
        from apps.ingest.models import Outbox
        from apps.ingest.outbox import register

        register(Outbox.Kind.BRIEF, make_owed, batch=5)
