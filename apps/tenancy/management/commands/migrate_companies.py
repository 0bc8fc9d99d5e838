"""migrate_companies: bring every company's schema to this release."""

from __future__ import annotations

import sys
import time
from typing import Any

from django.core.management.base import CommandParser

from apps.core.events import Scope
from apps.tenancy.commands import JsonCommand
from apps.tenancy.provisioning import owner_connection
from apps.tenancy.upgrading import Group, Limits, Outcome, plan, upgrade


class Command(JsonCommand):
    scope = Scope.OPERATOR
    help = (
        "Bring every company's schema to this release. What all lack is worked out once and replayed in each, in one "
        "transaction a company; migrations that are more than SQL run the ordinary way. May be killed and repeated at "
        "any time; a company that fails or is busy stops no other. Exit code 1 when one is still behind."
    )
    requires_system_checks: list[str] = []
    complete = True

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--plan", action="store_true", help="say who is behind and what would run; change nothing")
        parser.add_argument(
            "--parallel", type=int, default=4, metavar="N", help="companies changed at the same time (default 4)"
        )
        parser.add_argument(
            "--lock-timeout",
            type=float,
            default=2.0,
            metavar="SECONDS",
            help="how long to wait for a company somebody works in before it is left for later (default 2)",
        )
        parser.add_argument(
            "--attempts", type=int, default=3, metavar="N", help="how often busy companies are tried (default 3)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if not self.complete:
            sys.exit(1)

    def perform(self, **options: Any) -> dict[str, Any]:
        began = time.perf_counter()
        if options["plan"]:
            with owner_connection() as connection:
                outcome, groups = plan(connection)
            return {"companies": outcome.companies, "unknown": outcome.unknown, "behind": list(map(_shown, groups))}
        limits = Limits(max(1, options["parallel"]), max(0.01, options["lock_timeout"]), max(1, options["attempts"]))
        outcome = upgrade(limits, self._tell if options["verbosity"] else lambda line: None)
        self.complete = outcome.complete
        return result(outcome) | {"seconds": round(time.perf_counter() - began, 3)}

    def _tell(self, line: str) -> None:
        self.stderr.write(line)
        self.stderr.flush()


def result(outcome: Outcome) -> dict[str, Any]:
    """What a program may read of a run."""
    return {
        "companies": outcome.companies,
        "migrated": sorted(outcome.migrated),
        "busy": outcome.busy,
        "failed": outcome.failed,
        "unknown": outcome.unknown,
        "ordinary": outcome.ordinary,
        "complete": outcome.complete,
    }


def _shown(group: Group) -> dict[str, Any]:
    return {
        "schemas": [state.schema for state in group.states],
        "migrations": sorted(".".join(key) for key in group.missing),
        "way": "ordinary" if group.ordinary else "replayed",
        "because": {name or "schema": why for name, why in group.ordinary.items()},
    }
