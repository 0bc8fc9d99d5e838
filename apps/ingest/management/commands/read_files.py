"""read_files: whether the words of a company's files are read, found and quoted."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from apps.core.audit import record
from apps.core.errors import NotFound
from apps.ingest.unread import set_reading
from apps.platforms.models import Connection
from apps.tenancy.commands import CompanyCommand


class Command(CompanyCommand):
    help = (
        "Read the words of the company's files (PDF, text, office documents), so that they are found and quoted: 'on' "
        "(so it begins) or 'off', which forgets what was read. Files can be opened either way."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("reading", choices=["on", "off"])

    def perform(self, *, reading: str, **options: Any) -> dict[str, Any]:
        if not Connection.objects.exists():
            raise NotFound("This company has no connection. Make one with connect.", code="connection_missing")
        count = set_reading(on=reading == "on")
        record("file_reading_changed", change=reading)
        return {"reading": reading, "to_read" if reading == "on" else "forgotten": count}
