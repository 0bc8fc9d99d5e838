"""verify_audit: is the audit trail what was written?"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError

from apps.compliance.heads import enabled
from apps.compliance.proving import Proof, prove
from apps.core.audit import record
from apps.core.events import Scope
from apps.tenancy.commands import JsonCommand
from apps.tenancy.context import bind_company, current_company
from apps.tenancy.models import Company
from apps.tenancy.registry import Known, all_companies, company_named, forget_hosts


class Command(JsonCommand):
    scope = Scope.OPERATOR
    help = (
        "Verify the audit trail: every entry's seal and link, and the heads kept in AUDIT_HEADS_DIR. "
        "Exit code 1 when something is wrong; the lines say what and at which entry."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("company", metavar="COMPANY", nargs="?", help="the company's short name")
        parser.add_argument("--all", action="store_true", help="every company that is not closed")

    def handle(self, *args: Any, **options: Any) -> None:
        self.wrong = False
        super().handle(*args, **options)
        if self.wrong:
            sys.exit(1)

    def perform(self, **options: Any) -> dict[str, Any]:
        proofs = []
        for company in self._companies(options):
            with bind_company(company.binding()):
                proofs.append(self._prove())
        self.wrong = not all(proof.ok for proof in proofs)
        return {
            "ok": not self.wrong,
            "second_store": enabled(),
            "companies": [proof.as_dict() for proof in proofs],
        }

    def _prove(self) -> Proof:
        """Who verifies leaves a trace, also in a trail that is not whole; one that takes no entries is told of all the same."""
        try:
            proof = prove()
        except DatabaseError as exc:  # of the others there is something to tell
            proof = Proof(current_company().company_id)
            proof.add("unreadable", 0, f"the audit log cannot be read ({type(exc).__name__})")
        with suppress(DatabaseError):
            record("audit_verified", entries=proof.entries, findings=proof.found, ok=proof.ok)
        return proof

    def show(self, result: dict[str, Any]) -> None:
        for one in result["companies"]:
            state = "whole" if one["ok"] else f"{one['found']} findings"
            self.stdout.write(f"{one['company']}: {one['entries']} entries, {state}, {one['seconds']} s")
            for finding in one["findings"]:
                self.stdout.write(f"  {finding['kind']}: {finding['detail']}")
        if not result["second_store"]:
            self.stdout.write("AUDIT_HEADS_DIR is not set: entries cut off at the end would not be noticed.")

    def _companies(self, options: dict[str, Any]) -> list[Known]:
        if bool(options["company"]) == options["all"]:
            raise CommandError("Name a COMPANY, or give --all.")
        if options["all"]:
            return [*all_companies(), *all_companies(status=Company.Status.SUSPENDED)]
        forget_hosts()
        company = company_named(options["company"])
        if company is None:
            raise CommandError(f"There is no company {options['company']!r}.")
        return [company]
