"""create_company: open a company with its schema, walls and host."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.management.base import CommandParser

from apps.core.errors import Conflict
from apps.core.events import Scope
from apps.tenancy.commands import JsonCommand
from apps.tenancy.provisioning import create_company
from apps.tenancy.registry import company_named


class Command(JsonCommand):
    scope = Scope.OPERATOR
    help = "Open a company: registry row, host <company>.BASE_DOMAIN, schema with walls and reference rows."
    hints: ClassVar[dict[str, str]] = {
        "company_id_reserved": "The operators' own company is opened with: create_company operator --operator"
    }

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("company", metavar="COMPANY", help="short name, fixed for ever: 2 to 40 of a-z 0-9 -")
        parser.add_argument("--name", default="", help="full name, default: the short name")
        parser.add_argument("--language", default="en", help="language of the company's own screens (default en)")
        parser.add_argument("--region", default="", help="region its data stays in (default: REGION)")
        parser.add_argument(
            "--operator", action="store_true", help="open the reserved company 'operator' of those who run this site"
        )
        parser.add_argument("--if-missing", action="store_true", help="do nothing when the company exists")
        super().add_arguments(parser)

    def perform(self, **options: Any) -> dict[str, Any]:
        company_id = options["company"]
        try:
            company = create_company(
                company_id=company_id,
                name=options["name"] or company_id,
                language=options["language"],
                region=options["region"],
                operator=options["operator"],
            )
        except Conflict:
            if not options["if_missing"]:
                raise
            known = company_named(company_id)
            return {"company_id": company_id, "schema": known.schema if known else "", "created": False}
        return {"company_id": company.company_id, "schema": company.schema_name, "created": True}
