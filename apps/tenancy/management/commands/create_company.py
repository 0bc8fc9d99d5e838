"""create_company: open a company with its schema, walls and host."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.core.management.base import CommandParser

from apps.core.errors import BadInput, Conflict
from apps.core.events import Scope
from apps.tenancy.commands import JsonCommand, follow
from apps.tenancy.models import Order
from apps.tenancy.orders import ask_open
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
        parser.add_argument(
            "--by-worker",
            action="store_true",
            default=not settings.MIGRATE_DATABASE_URL,
            help="let the provisioning worker do it (always so where MIGRATE_DATABASE_URL is not set)",
        )
        parser.add_argument(
            "--wait", type=float, default=60.0, metavar="SECONDS", help="with --by-worker: how long (default 60)"
        )
        parser.add_argument("--if-missing", action="store_true", help="do nothing when the company exists")
        super().add_arguments(parser)

    def perform(self, **options: Any) -> dict[str, Any]:
        company_id = options["company"]
        if options["by_worker"]:
            return self._by_worker(**options)
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
            return self._known(company_id)
        return {"company_id": company.company_id, "schema": company.schema_name, "created": True}

    def _by_worker(self, **options: Any) -> dict[str, Any]:
        if options["operator"]:
            raise BadInput("The operators' company is opened where MIGRATE_DATABASE_URL is set.", code="not_by_worker")
        facts = {name: options[name] for name in ("name", "language", "region")}
        try:
            order = follow(ask_open(company_id=options["company"], **facts), options["wait"], here=False)
        except Conflict as exc:
            if not options["if_missing"] or exc.code != "company_exists":
                raise
            return self._known(options["company"])
        if order.state != Order.State.DONE:
            raise Conflict("The provisioning worker has not opened it.", code=order.code or "not_yet")
        return self._known(options["company"]) | {"created": True}

    @staticmethod
    def _known(company_id: str) -> dict[str, Any]:
        known = company_named(company_id)
        return {"company_id": company_id, "schema": known.schema if known else "", "created": False}
