"""Work that failed every delivery: set aside with a code and a count, seen in the status, tried again on request."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from apps.ingest.models import DeadLetter, Outbox
from apps.ingest.sql import owe_rows

DELIVERIES = 3  # then it is set aside
RETRY_AFTER = timedelta(days=1)  # by itself: a bug may have been mended, a helpdesk may answer better
ROWS = ("ticket", "article")  # rows of a page, named by connection and remote id
PRIORITY = 7  # behind everything that has not failed
log = structlog.get_logger("deskhand.ingest")


def bury(kind: str, key: str, *, code: str, count: int) -> None:
    """Set it aside in the caller's transaction, and tell the operator once."""
    facts = {"code": code[:60], "count": count, "at": timezone.now()}
    DeadLetter.objects.update_or_create(kind=kind, key=key[:100], defaults=facts)
    log.error("work_set_aside", kind=kind, code=code[:60], count=count)


def row_key(connection_id: UUID, remote_id: str) -> str:
    return f"{connection_id} {remote_id}"


def dead_counts() -> list[dict[str, Any]]:
    """[{"kind", "code", "count"}], most first."""
    rows = DeadLetter.objects.values("kind", "code").annotate(letters=Count("id")).order_by("-letters", "kind", "code")
    return [{"kind": row["kind"], "code": row["code"], "count": row["letters"]} for row in rows]


def revive(kind: str = "", *, older_than: timedelta | None = None) -> int:
    """Owe again what was set aside (of one kind, or all). Returns how many; rows of pages are not among them."""
    letters = DeadLetter.objects.exclude(kind__in=ROWS)
    letters = letters.filter(kind=kind) if kind else letters
    if older_than is not None:
        letters = letters.filter(at__lt=timezone.now() - older_than)
    with transaction.atomic():
        rows = list(letters.select_for_update().values_list("id", "kind", "key"))
        for one in Outbox.Kind.values:
            owe_rows(one, [UUID(key) for _, kind, key in rows if kind == one], PRIORITY)
        DeadLetter.objects.filter(id__in=[row[0] for row in rows]).delete()
    return len(rows)
