"""Owed work: written with the rows that made it necessary, claimed by workers, settled with its effect."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.core.errors import AppError, RateLimited
from apps.ingest.models import Outbox
from apps.ingest.sql import claim_rows, owe_rows

CLAIM_SECONDS = 45  # a dead worker's batch is free again after it; doing one twice changes nothing
GIVE_UP_AFTER = 8  # attempts; then once a day, and the progress page says so
log = structlog.get_logger("deskhand.ingest")


@dataclass(frozen=True, slots=True)
class Claimed:
    """One piece of work that is ours until the claim runs out."""

    id: int
    object_id: UUID
    version: int
    attempts: int


Worker = Callable[[Sequence[Claimed]], None]
_workers: dict[str, tuple[Worker, int]] = {}


def register(kind: Outbox.Kind, worker: Worker, *, batch: int) -> None:
    """Say who does this kind of work. The worker settles what it did in the transaction of its effect."""
    _workers[kind] = (worker, batch)


def owe(kind: Outbox.Kind, object_ids: Iterable[UUID], *, priority: int = 5) -> None:
    """Add work in the caller's transaction; asking again while somebody works on it makes it run once more."""
    owe_rows(kind, list(object_ids), priority)


def settle(claimed: Sequence[Claimed]) -> None:
    """The work is done. Rows asked for again meanwhile stay and become free."""
    for one in claimed:
        done, _ = Outbox.objects.filter(id=one.id, version=one.version).delete()
        if not done:
            Outbox.objects.filter(id=one.id).update(claimed_until=None)


def put_off(claimed: Sequence[Claimed], *, code: str, seconds: float | None = None) -> None:
    """The work did not succeed: try later, ever more rarely."""
    now = timezone.now()
    for one in claimed:
        wait = 86_400 if one.attempts >= GIVE_UP_AFTER else min(2 ** (one.attempts + 2), 600)
        Outbox.objects.filter(id=one.id).update(
            claimed_until=None,
            due_at=now + timedelta(seconds=seconds if seconds is not None else wait),
            attempts=F("attempts") + 1,
            last_error=code[:60],
        )


def work_off(kind: str) -> int:
    """Claim one batch and do it. Returns how many were claimed; 0 means nothing is due.

    A retryable failure puts the batch off; anything else does too, and is raised after that.
    """
    worker, batch = _workers[kind]
    with transaction.atomic():
        claimed = [Claimed(*row) for row in claim_rows(kind, batch, CLAIM_SECONDS)]
    if not claimed:
        return 0
    try:
        worker(claimed)
    except RateLimited as exc:
        put_off(claimed, code=exc.code, seconds=exc.retry_after)
    except AppError as exc:
        log.warning("work_put_off", kind=kind, code=exc.code, count=len(claimed))
        put_off(claimed, code=exc.code)
    except Exception as exc:
        put_off(claimed, code=type(exc).__name__)
        raise
    return len(claimed)


def due_kinds() -> list[str]:
    """Kinds that have work which may be claimed now."""
    now = timezone.now()
    rows = Outbox.objects.filter(due_at__lte=now).exclude(claimed_until__gt=now)
    found = set(rows.values_list("kind", flat=True).distinct())
    return [kind for kind in _workers if kind in found]
