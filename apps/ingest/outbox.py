"""Owed work: written with the rows that made it necessary, claimed by workers, settled with its effect."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.core.errors import AppError, RateLimited
from apps.ingest.deadletters import DELIVERIES, LOST, bury
from apps.ingest.models import Outbox
from apps.ingest.sql import claim_rows, held_rows, kinds_due, owe_rows, settle_rows
from apps.ingest.timing import Stage, note

CLAIM_SECONDS = 45  # a dead worker's batch is free again after it; doing one twice changes nothing
WALKS = (Outbox.Kind.REINDEX, Outbox.Kind.REINDEX_AFRESH)
BEHIND = (Outbox.Kind.FILE, Outbox.Kind.SECOND_ARTICLE, Outbox.Kind.NOTICE, *WALKS)  # wait by intention: how long says nothing
log = structlog.get_logger("deskhand.ingest")


@dataclass(frozen=True, slots=True)
class Claimed:
    """One piece of work that is ours until the claim runs out."""

    id: int
    object_id: UUID
    version: int
    attempts: int
    claim: int = 0
    deliveries: int = 1
    aside: int = 0
    waited: float = 0.0  # seconds from when it was due

    @property
    def most(self) -> int:
        """Deliveries it may have: what was set aside before has shown what it does, and is given one."""
        return 1 if self.aside else DELIVERIES


Worker = Callable[[Sequence[Claimed]], None]
_workers: dict[str, tuple[Worker, int | Callable[[], int]]] = {}
_ready: dict[str, Callable[[], bool]] = {}


def register(kind: Outbox.Kind, worker: Worker, *, batch: int | Callable[[], int], ready: Callable[[], bool] | None = None) -> None:
    """Say who does this kind of work. The worker settles what it did in the transaction of its effect.

    While `ready` says no, none is claimed: work that waits for a budget is not taken up and put down all the time.
    """
    _workers[kind] = (worker, batch)
    if ready is not None:
        _ready[kind] = ready


def owe(kind: Outbox.Kind, object_ids: Iterable[UUID], *, priority: int = 5) -> None:
    """Add work in the caller's transaction; asking again while somebody works on it makes it run once more."""
    owe_rows(kind, list(object_ids), priority)


def still_ours(claimed: Sequence[Claimed]) -> list[Claimed]:
    """Those that nobody has claimed since: what we found out about the others is old. Locked in the caller's transaction."""
    held = held_rows([(one.id, one.claim) for one in claimed])
    return [one for one in claimed if one.id in held]


def settle(claimed: Sequence[Claimed]) -> None:
    """The work is done. Rows asked for again meanwhile stay and become free; those claimed by others are left to them."""
    settle_rows([(one.id, one.claim, one.version) for one in claimed])


def put_off(claimed: Sequence[Claimed], *, code: str, seconds: float | None = None, passes: bool = True) -> None:
    """The work did not succeed: try later, ever more rarely. What does not pass by itself is set aside in the end."""
    now = timezone.now()
    for one in claimed:
        if not passes and one.deliveries >= one.most:
            _set_aside(one, code)
            continue
        wait = min(2 ** (one.attempts + 2), 600) * random.uniform(1, 1.3)  # noqa: S311 - no secret: not all at once again
        Outbox.objects.filter(id=one.id, claim=one.claim).update(
            claimed_until=None,
            due_at=now + timedelta(seconds=seconds if seconds is not None else wait),
            attempts=F("attempts") + 1,
            deliveries=0 if passes else F("deliveries"),
            last_error=code[:60],
        )


def defer(claimed: Sequence[Claimed], *, seconds: float) -> None:
    """Not tried at all: nothing is held against the work."""
    due = timezone.now() + timedelta(seconds=seconds)
    for one in claimed:
        Outbox.objects.filter(id=one.id, claim=one.claim).update(claimed_until=None, due_at=due, deliveries=0)


def _set_aside(one: Claimed, code: str) -> None:
    kind = Outbox.objects.filter(id=one.id, claim=one.claim).values_list("kind", flat=True).first()
    if kind is not None:
        with transaction.atomic():
            bury(kind, str(one.object_id), code=code, count=one.deliveries, rounds=one.aside + 1)
            Outbox.objects.filter(id=one.id, claim=one.claim).delete()


def work_off(kind: str) -> int:
    """Claim one batch and do it. Returns how many were claimed; 0 means nothing is due.

    A retryable failure puts the batch off; anything else does too, and is raised after that. What was delivered
    DELIVERIES times without an outcome is set aside.
    """
    worker, batch = _workers[kind]
    if kind in _ready and not _ready[kind]():
        return 0
    with transaction.atomic():
        claimed = [Claimed(*row) for row in claim_rows(kind, batch() if callable(batch) else batch, CLAIM_SECONDS)]
    if not claimed:
        return 0
    if kind not in BEHIND:
        note(Stage.WAITING, max(one.waited for one in claimed))
    if claimed[0].deliveries > claimed[0].most:  # then it is alone, and its last worker never said what became of it
        _set_aside(claimed[0], LOST)
        return 1
    try:
        worker(claimed)
    except RateLimited as exc:
        defer(claimed, seconds=exc.retry_after)
    except AppError as exc:
        log.warning("work_put_off", kind=kind, code=exc.code, count=len(claimed))
        put_off(claimed, code=exc.code, passes=exc.retryable)
    except Exception as exc:
        put_off(claimed, code=type(exc).__name__, passes=False)
        raise
    return len(claimed)


def owes_more(kind: str, than: int) -> bool:
    """Whether more rows of a kind than these may be done now; costs no more however many there are."""
    due = Outbox.objects.filter(kind=kind, due_at__lte=timezone.now())
    return len(due.values_list("pk")[: than + 1]) > than


def due_kinds() -> list[str]:
    """Kinds that have work which may be claimed now."""
    found = kinds_due(list(_workers))
    return [kind for kind in _workers if kind in found and (kind not in _ready or _ready[kind]())]
