"""llm_status: which models a company uses, and what is left of its budgets."""

from __future__ import annotations

from typing import Any

from apps.llm.connecting import status
from apps.tenancy.commands import CompanyCommand


class Command(CompanyCommand):
    help = "Print connections to models with their state and last error, what each is used for, and how far budgets are used."

    def perform(self, **options: Any) -> dict[str, Any]:
        return status()

    def show(self, result: dict[str, Any]) -> None:
        if not result["connections"]:
            self.stdout.write("no model is connected: words are quoted")
        for one in result["connections"]:
            used = ", ".join(one["used_for"]) or "nothing"
            error = f" ({one['last_error']})" if one["last_error"] else ""
            self.stdout.write(f"{one['label']}: {one['state']}{error}, {one['address']}, {one['region']}, used for {used}")
        for one in result["budgets"]:
            self.stdout.write(f"budget {one['scope']} {one['period']}: {one['used']} of {one['most']} {one['unit']}")
