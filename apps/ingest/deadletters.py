"""Work that failed every delivery: set aside with a code and a count, seen in the status, tried again on request."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from apps.ingest.models import DeadLetter
from apps.ingest.sql import owe_rows

DELIVERIES = 3  # then it is set aside
RETRY_AFTER = timedelta(days=1)  # by itself: a bug may have been mended, a helpdesk may answer better
LOST = "worker_lost"  # code of work whose worker never said what became of it
SOON, SLOWER = timedelta(minutes=5), 6  # it may have been near by chance only: tried again soon, then ever more rarely
ROWS = ("ticket", "article")  # rows of a page, named by connection and remote id
PRIORITY = 7  # behind everything that has not failed
log = structlog.get_logger("deskhand.ingest")


def bury(kind: str, key: str, *, code: str, count: int, rounds: int = 1) -> None:
    """Set it aside in the caller's transaction, and tell the operator once; `rounds`: how often it was, in a row."""
    now = timezone.now()
    facts = {"code": code[:60], "count": count, "at": now, "rounds": rounds, "again_at": now + _wait(code, rounds)}
    _, first = DeadLetter.objects.update_or_create(kind=kind, key=key[:100], defaults=facts)
    if first and rounds == 1:
        log.error("work_set_aside", kind=kind, code=code[:60], count=count)
    else:
        log.warning("work_set_aside", kind=kind, code=code[:60], count=count)


def _wait(code: str, rounds: int) -> timedelta:
    """Until it is tried again by itself: minutes, growing to a day, for a lost worker; a day for what said why."""
    return min(SOON * SLOWER ** min(rounds - 1, 9), RETRY_AFTER) if code == LOST else RETRY_AFTER


def row_key(connection_id: UUID, remote_id: str) -> str:
    return f"{connection_id} {remote_id}"


def dead_counts() -> list[dict[str, Any]]:
    """[{"kind", "code", "count"}], most first."""
    rows = DeadLetter.objects.values("kind", "code").annotate(letters=Count("id")).order_by("-letters", "kind", "code")
    return [{"kind": row["kind"], "code": row["code"], "count": row["letters"]} for row in rows]


def revive(kind: str = "", *, due: bool = False) -> int:
    """Owe again what was set aside (of one kind, or all; only what is due). Returns how many; rows of pages are not
    among them.

    What lost its workers stays suspected: it is claimed alone, behind everything that has not failed.
    """
    letters = DeadLetter.objects.exclude(kind__in=ROWS)
    letters = letters.filter(kind=kind) if kind else letters
    letters = letters.filter(again_at__lte=timezone.now()) if due else letters
    with transaction.atomic():
        rows = list(letters.select_for_update())
        alike: dict[tuple[str, int], list[UUID]] = defaultdict(list)
        for row in rows:
            alike[row.kind, row.rounds if row.code == LOST else 0].append(UUID(row.key))
        for (each, aside), ids in alike.items():
            owe_rows(each, ids, PRIORITY, aside=aside)
        DeadLetter.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)
