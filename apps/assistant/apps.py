"""What the agent sees."""

from django.apps import AppConfig


class AssistantConfig(AppConfig):
    name = "apps.assistant"
    label = "assistant"

    def ready(self) -> None:
        from apps.assistant.briefing import make_owed, owe_without
        from apps.ingest.models import Outbox
        from apps.ingest.outbox import register
        from apps.platforms.signals import left

        register(Outbox.Kind.BRIEF, make_owed, batch=5)
        left.connect(owe_without, dispatch_uid="deskhand.assistant.left")
