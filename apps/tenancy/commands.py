"""Base of management commands that work inside one company."""

from __future__ import annotations

import sys
import time
from typing import Any, ClassVar

import orjson
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.errors import AppError, Conflict
from apps.core.events import Scope
from apps.tenancy.context import bind_company
from apps.tenancy.lifecycle import work_off
from apps.tenancy.models import Company, Order
from apps.tenancy.orders import find_order
from apps.tenancy.registry import company_named, forget_hosts
from apps.tenancy.tasks import hurry_orders

LOOK_SECONDS = 0.2  # between two looks at an order


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
            hint = self.hint(exc.code, **options)
            raise CommandError(f"{exc.message} [{exc.code}]{f' {hint}' if hint else ''}") from exc
        if options["json"]:
            sys.stdout.write(orjson.dumps(result, default=str).decode() + "\n")
        else:
            self.show(result)

    def hint(self, code: str, **options: Any) -> str:
        """How to mend what a code names, or nothing."""
        return self.hints.get(code, "")

    def run(self, **options: Any) -> dict[str, Any]:
        return self.perform(**options)

    def perform(self, **options: Any) -> dict[str, Any]:
        raise CommandError(f"{type(self).__module__} does nothing")

    def show(self, result: dict[str, Any]) -> None:
        """Lines for people; one 'name: value' a line unless a command knows better."""
        for name, value in result.items():
            self.stdout.write(f"{name}: {value}")


class OrderCommand(JsonCommand):
    """A command that orders something for COMPANY and waits for its end.

    With the migrating login (MIGRATE_DATABASE_URL) it does the work itself, else the provisioning worker does.
    Exit code 1 when the order failed or is not at its end after --wait seconds; it is then still worked on.
    """

    scope = Scope.OPERATOR
    ended = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("company", metavar="COMPANY", help="the company's short name, for example acme")
        parser.add_argument(
            "--wait", type=float, default=180.0, metavar="SECONDS", help="how long to wait for the end (default 180)"
        )
        super().add_arguments(parser)

    def perform(self, **options: Any) -> dict[str, Any]:
        order = follow(self.ask(**options), options["wait"], here=bool(settings.MIGRATE_DATABASE_URL))
        if order.state == Order.State.FAILED:
            raise Conflict(f"The order for {order.company_id!r} failed.", code=order.code)
        self.ended = order.state == Order.State.DONE
        return {
            "company_id": order.company_id,
            "order": str(order.pk),
            "state": order.state,
            "code": order.code,
            "steps": order.steps,
        }

    def ask(self, **options: Any) -> Order:
        raise CommandError(f"{type(self).__module__} orders nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if not self.ended:
            sys.exit(1)


def follow(order: Order, seconds: float, *, here: bool) -> Order:
    """The order at its end, or as far as it is after so many seconds. `here`: worked on in this process."""
    until = time.monotonic() + seconds
    if not here:
        hurry_orders()
    while True:
        if here:
            work_off(order.pk)
        order = find_order(order.pk)
        if not order.is_open or time.monotonic() > until:
            forget_hosts()
            return order
        time.sleep(LOOK_SECONDS)


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
