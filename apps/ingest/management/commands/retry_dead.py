"""retry_dead: try again what was set aside."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from apps.ingest.deadletters import KINDS, dead_counts, revive
from apps.tenancy.commands import CompanyCommand


class Command(CompanyCommand):
    help = (
        "Owe again the work that failed every delivery and was set aside. It is done behind everything else; what fails "
        "again is set aside again. Without this command it is tried after minutes when its worker was lost, after a day "
        "otherwise. A ticket of a page is asked for by its number, articles by the next walk; they count as set aside "
        "until they are stored."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--kind", choices=KINDS, default="", help="only work of this kind")

    def perform(self, **options: Any) -> dict[str, Any]:
        return {"owed": revive(options["kind"]), "left": dead_counts()}
