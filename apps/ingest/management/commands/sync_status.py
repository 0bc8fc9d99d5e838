"""sync_status: how far a company's mirror and index are."""

from __future__ import annotations

from typing import Any

from apps.ingest.progress import progress
from apps.tenancy.commands import CompanyCommand


class Command(CompanyCommand):
    help = "Print counts of mirror and index, what is still owed, and the state of every feed."

    def perform(self, **options: Any) -> dict[str, Any]:
        return progress()

    def show(self, result: dict[str, Any]) -> None:
        super().show({name: result[name] for name in ("tickets", "messages", "articles", "chunks", "owed", "failing")})
        for dead in result["dead"]:
            self.stdout.write(f"set aside: {dead['count']} of {dead['kind']}, {dead['code']} (retry_dead tries again)")
        for feed in result["feeds"]:
            state = feed["last_error"] or ("complete" if feed["completed_at"] else "reading")
            self.stdout.write(f"{feed['account']} {feed['feed']}: {feed['items']} in {feed['pages']} pages, {state}")
