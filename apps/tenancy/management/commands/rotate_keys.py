"""rotate_keys: bring every company's keys under the newest master key, while everybody works."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.db import DatabaseError

from apps.core import rotation
from apps.core.audit import record
from apps.core.crypto import master_keys
from apps.core.errors import AppError
from apps.core.events import Scope
from apps.tenancy.commands import JsonCommand
from apps.tenancy.context import bind_company
from apps.tenancy.models import Company

SUMS = ("keys", "keys_under_newest", "values", "values_to_seal_again")


class Command(JsonCommand):
    scope = Scope.OPERATOR
    help = (
        "Put the newest master key of MASTER_KEYS around every company's keys, and seal again what is not under a "
        "company's active key. Readers are never disturbed; the command may be killed and repeated at any time. "
        "To change the master key: put the new one first in MASTER_KEYS and keep the old one, run rotate_keys, restart "
        "every process with the new ring, run rotate_keys --retire, then take the old one out. Exit code 1 when "
        "something is not under the new keys."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--data-keys", action="store_true", help="also make new data keys and seal every value again"
        )
        parser.add_argument(
            "--older-than",
            type=float,
            default=1.0,
            metavar="HOURS",
            help="with --data-keys: leave younger data keys alone, so that a run that was cut goes on (default 1)",
        )
        parser.add_argument(
            "--retire",
            action="store_true",
            help="afterwards drop what only old master keys open, and unused data keys; every process must have the new ring",
        )
        parser.add_argument(
            "--grace",
            type=float,
            default=900.0,
            metavar="SECONDS",
            help="with --retire: keep data keys this long after their last use for sealing (default 900)",
        )

    def perform(self, **options: Any) -> dict[str, Any]:
        companies = list(
            Company.objects.filter(status__in=(Company.Status.ACTIVE, Company.Status.SUSPENDED)).order_by("company_id")
        )
        total: Counter[str] = Counter(dict.fromkeys((*SUMS, "rewrapped", "renewed", "resealed", "retired"), 0))
        needed: Counter[str] = Counter()
        trouble: dict[str, list[str]] = {}
        for number, company in enumerate(companies, start=1):
            try:
                with bind_company(company.binding()):
                    done, state = self._rotate(company.company_id, trouble, options)
            except (AppError, DatabaseError) as exc:
                # One company's trouble keeps no other from new keys.
                trouble.setdefault(company.company_id, []).append(getattr(exc, "code", type(exc).__name__))
                continue
            total.update(done | {name: state[name] for name in SUMS})
            needed.update(state["old_master_keys"])
            needed.update({name.removeprefix("master-"): 1 for name in state["audit_master_keys"]})
            if not options["json"]:
                changed = ", ".join(f"{count} {name}" for name, count in done.items() if count) or "nothing to do"
                self.stderr.write(f"{number}/{len(companies)} {company.company_id}: {changed}")
        newest = master_keys().names[0]
        complete = total["keys_under_newest"] == total["keys"] and not total["values_to_seal_again"] and not trouble
        self.complete = complete
        return {
            "newest": newest,
            "companies": len(companies),
            **total,
            "percent_under_newest": _percent(total["keys_under_newest"], total["keys"]),
            "percent_sealed_anew": _percent(total["values"] - total["values_to_seal_again"], total["values"]),
            "still_needed": sorted(needed.keys() - {newest}),
            "trouble": trouble,
            "complete": complete,
        }

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if not self.complete:
            sys.exit(1)

    def _rotate(
        self, company_id: str, trouble: dict[str, list[str]], options: dict[str, Any]
    ) -> tuple[dict[str, int], dict[str, Any]]:
        done = {"rewrapped": rotation.rewrap(company_id), "renewed": 0, "resealed": 0, "retired": 0}
        if options["data_keys"]:
            done["renewed"] = int(rotation.renew(company_id, older_than=timedelta(hours=options["older_than"])))
        resealed = rotation.reseal(company_id)
        done["resealed"] = resealed.done
        if resealed.broken:
            trouble[company_id] = resealed.broken
        if options["retire"]:
            done["retired"] = sum(rotation.retire(company_id, grace=timedelta(seconds=options["grace"])))
        if any(done.values()):
            record("keys_rotated", **done)
        return done, rotation.state(company_id)


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 100.0
