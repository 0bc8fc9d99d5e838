"""suspend_company: nobody gets in, tasks stop, data stay."""

from __future__ import annotations

from typing import Any

from apps.tenancy.commands import OrderCommand
from apps.tenancy.models import Order
from apps.tenancy.orders import ask_suspend


class Command(OrderCommand):
    help = "Suspend a company: its pages and API refuse, its tasks stop within seconds, its data stay as they are."

    def ask(self, **options: Any) -> Order:
        return ask_suspend(company_id=options["company"])
