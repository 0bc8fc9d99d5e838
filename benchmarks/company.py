"""A company for a benchmark, and rows like those a helpdesk gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from apps.tenancy.models import Company
from apps.tenancy.provisioning import create_company

NOW = datetime(2026, 11, 1, tzinfo=UTC)
TEXT = "Since the update the left earbud no longer charges in the case, what can I do? " * 4


def company_named(company_id: str) -> Company:
    """The company of this id, opened when there is none yet."""
    return Company.objects.filter(company_id=company_id).first() or create_company(company_id=company_id, name="Bench")


def ticket_rows(
    connection_id: UUID, count: int, *, start: int = 0, raw_hash: str = "0" * 64, subject: str = "Subject of ticket"
) -> list[tuple[Any, ...]]:
    """Open tickets in TICKET_COLUMNS order, numbered from `start`."""
    return [
        (
            connection_id, str(number), f"{subject} {number}", "live", False, "2", "Open", "open", 2, "email",
            "", None, None, None, "[]", "en", f"<p>{TEXT}</p>", TEXT, None, NOW, NOW + timedelta(seconds=number), raw_hash, "", None,
        )
        for number in range(start, start + count)
    ]  # fmt: skip
