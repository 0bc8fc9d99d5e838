"""Base of management commands that work inside one company."""

from __future__ import annotations

import sys
from typing import Any, ClassVar

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.errors import AppError
from apps.core.events import Scope
from apps.tenancy.context import bind_company
from apps.tenancy.models import Company
from apps.tenancy.registry import company_named, forget_hosts


class JsonCommand(BaseCommand):
    """A command whose result can be printed for people or, with --json, as one JSON object.

    Subclasses implement perform() and return what to print. An AppError becomes one clear line, exit code 1; `hints`
    says to whoever runs the installation how to mend what a code names. `scope` says whose data it touches; without
    one it is not run.
    """

    scope: ClassVar[Scope | None] = None
    hints: ClassVar[dict[str, str]] = {}

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines for people")

    def handle(self, *args: Any, **options: Any) -> None:
        if self.scope is None:
            raise CommandError(f"{type(self).__module__} does not say whose data it touches: scope = Scope.OPERATOR?")
        try:
            result = self.run(**options)
        except AppError as exc:
            hint = self.hints.get(exc.code, "")
            raise CommandError(f"{exc.message} [{exc.code}]{f' {hint}' if hint else ''}") from exc
        if options["json"]:
            sys.stdout.write(orjson.dumps(result, default=str).decode() + "\n")
        else:
            self.show(result)

    def run(self, **options: Any) -> dict[str, Any]:
        return self.perform(**options)

    def perform(self, **options: Any) -> dict[str, Any]:
        raise CommandError(f"{type(self).__module__} does nothing")

    def show(self, result: dict[str, Any]) -> None:
        """Lines for people; one 'name: value' a line unless a command knows better."""
        for name, value in result.items():
            self.stdout.write(f"{name}: {value}")


class CompanyCommand(JsonCommand):
    """A command that takes COMPANY first and runs bound to it."""

    scope = Scope.COMPANY

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("company", metavar="COMPANY", help="the company's short name, for example acme")
        super().add_arguments(parser)

    def run(self, **options: Any) -> dict[str, Any]:
        forget_hosts()
        company = company_named(options["company"])
        if company is None:
            raise CommandError(f"There is no company {options['company']!r}. Open it with create_company.")
        if company.status != Company.Status.ACTIVE:
            raise CommandError(f"Company {company.company_id!r} is {company.status}.")
        with bind_company(company.binding()):
            return self.perform(**options)
