"""make_webhook: an address at which a company's helpdesk tells of changes."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.urls import reverse

from apps.core.errors import NotFound
from apps.ingest.webhooks import HEADER, make_hook
from apps.platforms.models import Connection
from apps.tenancy.commands import CompanyCommand
from apps.tenancy.context import current_company


class Command(CompanyCommand):
    help = (
        "Make an address at which the company's helpdesk tells Deskhand of changes, and print it with the header to send. "
        "Both are shown this once. Old ones work until the new ones are heard, for a week at most."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--account", default="", help="the connection's account, where the company has several")

    def perform(self, **options: Any) -> dict[str, Any]:
        rows = Connection.objects.order_by("account")
        connection = (rows.filter(account=options["account"]) if options["account"] else rows).first()
        if connection is None:
            raise NotFound("This company has no such connection. Make one with connect.", code="connection_missing")
        _hook, fresh = make_hook(connection=connection)
        path = reverse("ingest:told", args=[current_company().company_id, fresh.path])
        scheme, _, base = settings.PUBLIC_URL.partition("://")
        url = f"{scheme}://{current_company().company_id}.{base.rstrip('/')}{path}"
        return {"account": connection.account, "url": url, "header": HEADER, "value": fresh.header}
