"""sync_status: how far a company's mirror and index are."""

from __future__ import annotations

from typing import Any

from apps.ingest.progress import progress
from apps.tenancy.commands import CompanyCommand


class Command(CompanyCommand):
    help = (
        "Print counts of mirror and index, what is still owed and for how long, what fails by kind, what was set aside, "
        "removals that wait for a word (confirm_removals), the budget of each account, what it lets us do, the state and "
        "lag of every feed, and how long each step takes."
    )

    def perform(self, **options: Any) -> dict[str, Any]:
        return progress()

    def show(self, result: dict[str, Any]) -> None:
        super().show({name: result[name] for name in ("tickets", "messages", "articles", "chunks", "owed", "failing")})
        for one in result["failures"]:
            self.stdout.write(f"failing: {one['count']} of {one['kind']}, {one['code']}")
        for one in result["dead"]:
            self.stdout.write(f"set aside: {one['count']} of {one['kind']}, {one['code']} (retry_dead tries again)")
        if result["held"]:
            self.stdout.write(f"held: {result['held']} removals are too many to be believed (confirm_removals)")
        for one in result["connections"]:
            calls = f"{one['calls_left']:.0f}" if one["calls_left"] is not None else "unknown"
            rests = f", rests {one['rests_s']:.0f} s" if one["rests_s"] else ""
            rests += " (it does not answer, or late)" if one["slow"] or one["bad_calls"] else ""
            of = f"{calls} of {one['calls_per_minute']} a minute"
            self.stdout.write(f"{one['account']}: {one['state']}, calls left {of}{rests}")
            self._show_check(one)
        for feed in result["feeds"]:
            state = feed["last_error"] or ("complete" if feed["completed_at"] else "reading")
            lag = f", {feed['lag_s']:.0f} s ago" if feed["completed_at"] else ""
            self.stdout.write(
                f"{feed['account']} {feed['feed']}: {feed['items']} in {feed['pages']} pages, {state}{lag}"
            )

        for one in result["stages"]:
            times = f"last {one['last_s']:.2f} s, mean {one['mean_s']:.2f} s, p95 {one['p95_s']:.2f} s"
            self.stdout.write(f"{one['stage']}: {one['count']} times, {times}")

    def _show_check(self, connection: dict[str, Any]) -> None:
        check = connection["check"]
        if not check:
            self.stdout.write(f"{connection['account']}: not checked yet")
            return
        words = f"scope {check['scope']}, languages {' '.join(check['languages'])}"
        words += f", {check['statuses']} statuses ({check['own_statuses']} of its own)"
        self.stdout.write(f"{connection['account']}: {words}{''.join(f', warning {one}' for one in check['warnings'])}")
        for one in check["abilities"]:
            state = one["state"] if one["value"] is None else one["value"]
            self.stdout.write(f"{connection['account']} {one['name']}: {state} ({one['reason']})")
