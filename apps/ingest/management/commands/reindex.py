"""reindex: index tickets or articles of a company once more."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from apps.core.errors import BadInput
from apps.ingest.again import AT_ONCE, reindex
from apps.ingest.management.working import work_until_done
from apps.ingest.reindexing import reindex_all, reindexing_left
from apps.ingest.tasks import send_due
from apps.tenancy.commands import CompanyCommand


class Command(CompanyCommand):
    help = (
        "Index tickets or articles once more, by the helpdesk's numbers, or all. Nothing is asked of the helpdesk, and text "
        "that has not changed keeps its vectors unless --afresh. The workers do it; with --wait this process works along "
        "until it is done, and shows how much is left. Of --all some hundred are owed at a time, behind what the helpdesk "
        "has just told; it goes on after a restart, and asked for again it begins anew. Without --tickets, --articles and "
        "--all nothing is begun: it tells what is left, or waits for it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        some = f"by the helpdesk's numbers, with commas, at most {AT_ONCE}"
        parser.add_argument("--tickets", default="", metavar="12,13", help=f"these tickets, {some}")
        parser.add_argument("--articles", default="", metavar="12,13", help=f"these articles in all their languages, {some}")
        parser.add_argument("--all", action="store_true", help="every ticket and article")
        parser.add_argument(
            "--afresh",
            action="store_true",
            help="compute every vector anew, of both meanings; the old ones serve until then. Of all: as long as a first sync",
        )
        parser.add_argument("--wait", action="store_true", help="return when it is done; exit code 1 when time is up before")
        parser.add_argument("--timeout", type=float, default=900, help="seconds to wait at most (default 900)")

    def perform(self, **options: Any) -> dict[str, Any]:
        named = {name: options[name].split(",") if options[name] else [] for name in ("tickets", "articles")}
        owed, unknown, left = 0, [], reindexing_left
        if options["all"] and any(named.values()):
            raise BadInput("Either --all, or --tickets and --articles.", code="all_and_some")
        if options["all"]:
            owed = reindex_all(afresh=options["afresh"])
        elif any(named.values()):
            asked = reindex(**named, afresh=options["afresh"])
            owed, unknown, left = len(asked.objects), asked.unknown, asked.left
        if options["wait"]:
            work_until_done(left, seconds=options["timeout"])
        else:
            send_due()
        return {"owed": owed, "unknown": unknown, "left": left()}
