"""What a company tells the operators of itself: counts and one word on its health."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from apps.accounts.models import User
from apps.console.models import CompanyFigures, Health
from apps.core.models import AuditEvent
from apps.ingest.models import Outbox, Stream
from apps.platforms.models import Connection, Ticket

COUNTS = ("people", "tickets", "owed", "audit_entries")


def count_company() -> dict[str, Any]:
    """The figures of the bound company, as they travel: numbers, a moment and a word, no content."""
    with transaction.atomic():
        synced = Stream.objects.aggregate(at=Max("completed_at"))["at"]
        return {
            "told_at": timezone.now().isoformat(),
            "people": User.objects.active().count(),
            "tickets": Ticket.objects.shown().count(),
            "owed": Outbox.objects.count(),
            "audit_entries": AuditEvent.objects.aggregate(last=Max("seq"))["last"] or 0,
            "synced_at": synced.isoformat() if synced else None,
            "health": str(_health()),
        }


def keep_figures(target: str, told: dict[str, Any]) -> None:
    """Keep what a company told, unless something newer is known. For the operators' company."""
    at = datetime.fromisoformat(told["told_at"])
    values: dict[str, Any] = {name: int(told[name]) for name in COUNTS} | {
        "told_at": at,
        "synced_at": datetime.fromisoformat(told["synced_at"]) if told["synced_at"] else None,
        "health": Health(told["health"]).value,
    }
    with transaction.atomic():
        row, made = CompanyFigures.objects.select_for_update().get_or_create(target=target, defaults=values)
        if not made and row.told_at < at:
            CompanyFigures.objects.filter(pk=row.pk).update(**values)


def _health() -> Health:
    states = set(Connection.objects.values_list("state", flat=True))
    if not states:
        return Health.UNCONNECTED
    if Connection.State.REJECTED in states:
        return Health.REFUSED
    feeds = Stream.objects.values_list("first_completed_at", "failures")
    if any(first is None for first, _failures in feeds):
        return Health.SYNCING
    return Health.DELAYED if any(failures for _first, failures in feeds) else Health.FINE
