"""llm_test: make one live call to a connected model."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from apps.core.errors import NotFound
from apps.llm.connecting import store, try_account
from apps.llm.models import ModelConnection
from apps.tenancy.commands import CompanyCommand


class Command(CompanyCommand):
    help = "Make one live call to a connection's model. A connection that was refused works again when the call succeeds."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("label", metavar="LABEL", help="the connection, as llm_status names it")
        parser.add_argument("--model", default="", help="one of its models (default: the first)")

    def perform(self, **options: Any) -> dict[str, Any]:
        one = ModelConnection.objects.filter(label=options["label"]).first()
        if one is None:
            raise NotFound(f"There is no connection to models {options['label']!r} here.", code="connection_unknown")
        model = options["model"] or one.names[0]
        trial = try_account(provider=one.provider, base_url=one.base_url, region=one.region, api_key=one.key(), model=model)
        store(one)
        counted = trial.usage.prompt + trial.usage.answer if trial.usage else None
        return {"label": one.label, "model": model, "first_token_s": trial.first_token_s, "seconds": trial.seconds, "tokens": counted}
