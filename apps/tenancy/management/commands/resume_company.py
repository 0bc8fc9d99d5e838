"""resume_company: a suspended company goes on where it was."""

from __future__ import annotations

from typing import Any

from apps.tenancy.commands import OrderCommand
from apps.tenancy.models import Order
from apps.tenancy.orders import ask_resume


class Command(OrderCommand):
    help = "Resume a suspended company: people get in again, and the helpdesk is read on from where it was."

    def ask(self, **options: Any) -> Order:
        return ask_resume(company_id=options["company"])
