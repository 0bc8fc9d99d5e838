"""close_company: everything of a company is erased, for good."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from apps.tenancy.commands import OrderCommand
from apps.tenancy.models import Order
from apps.tenancy.orders import ask_close


class Command(OrderCommand):
    help = (
        "Close a company for good: its tasks stop, then schema, vectors, cached values and messages are erased. What stays "
        "is a tombstone, so that nobody gets its name again. Can be killed and repeated at any time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--confirm", required=True, metavar="COMPANY", help="the company's short name once more")
        super().add_arguments(parser)

    def ask(self, **options: Any) -> Order:
        return ask_close(company_id=options["company"], confirm=options["confirm"])
