"""Work that failed every delivery: set aside with a code and a count, seen in the status, tried again on request."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from apps.ingest.models import DeadLetter, Outbox, Stream
from apps.ingest.sql import owe_rows

DELIVERIES = 3  # then it is set aside
RETRY_AFTER = timedelta(days=1)  # by itself: a bug may have been mended, a helpdesk may answer better
LOST = "worker_lost"  # code of work whose worker never said what became of it
SOON, SLOWER = timedelta(minutes=5), 6  # it may have been near by chance only: tried again soon, then ever more rarely
TICKET, ARTICLE = "ticket", "article"
ROWS = (TICKET, ARTICLE)  # rows of a page, named by connection and remote id
KINDS = (*(kind for kind in Outbox.Kind.values if kind != Outbox.Kind.ROW), *ROWS)
PRIORITY = 7  # behind everything that has not failed
log = structlog.get_logger("deskhand.ingest")


def bury(kind: str, key: str, *, code: str, count: int, rounds: int = 1) -> None:
    """Set it aside in the caller's transaction, and tell the operator once; `rounds`: how often it was, in a row."""
    now = timezone.now()
    if kind == Outbox.Kind.ROW:  # its letter is there all the time, and says what is wrong now
        again = {"code": code[:60], "count": count, "at": now, "again_at": now + RETRY_AFTER}
        DeadLetter.objects.filter(pk=UUID(key).int).update(**again)
        return
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


def tickets_aside(connection_id: UUID, remote_ids: Iterable[str]) -> set[str]:
    """Which of these tickets were set aside: they are tried again by themselves."""
    keys = [row_key(connection_id, one) for one in remote_ids]
    found = DeadLetter.objects.filter(kind=TICKET, key__in=keys).values_list("key", flat=True)
    return {key.partition(" ")[2] for key in found}


def dead_counts() -> list[dict[str, Any]]:
    """[{"kind", "code", "count"}], most first."""
    rows = DeadLetter.objects.values("kind", "code").annotate(letters=Count("id")).order_by("-letters", "kind", "code")
    return [{"kind": row["kind"], "code": row["code"], "count": row["letters"]} for row in rows]


def revive(kind: str = "", *, due: bool = False) -> int:
    """Owe again what was set aside (of one kind, or all; only what is due). Returns how many.

    What lost its workers stays suspected: it is claimed alone, behind everything that has not failed. The letters of
    rows of pages stay until the row is stored.
    """
    letters = DeadLetter.objects.filter(kind=kind) if kind else DeadLetter.objects.all()
    letters = letters.filter(again_at__lte=timezone.now()) if due else letters
    with transaction.atomic():
        found = list(letters.select_for_update())
        _owe_work([letter for letter in found if letter.kind not in ROWS])
        _owe_rows_of_pages([letter for letter in found if letter.kind in ROWS])
    return len(found)


def _owe_work(letters: list[DeadLetter]) -> None:
    alike: dict[tuple[str, int], list[UUID]] = defaultdict(list)
    for letter in letters:
        alike[letter.kind, letter.rounds if letter.code == LOST else 0].append(UUID(letter.key))
    for (kind, aside), ids in alike.items():
        owe_rows(kind, ids, PRIORITY, aside=aside)
    DeadLetter.objects.filter(pk__in=[letter.pk for letter in letters]).delete()


def _owe_rows_of_pages(letters: list[DeadLetter]) -> None:
    """A ticket is asked for by its number; articles come with the next walk, which is due now."""
    now = timezone.now()
    owe_rows(Outbox.Kind.ROW, [UUID(int=letter.pk) for letter in letters if letter.kind == TICKET], PRIORITY)
    walked = {UUID(letter.key.split()[0]) for letter in letters if letter.kind == ARTICLE}
    Stream.objects.filter(connection__in=walked, kind=Stream.Kind.ARTICLES).update(next_at=now)
    DeadLetter.objects.filter(pk__in=[letter.pk for letter in letters]).update(again_at=now + RETRY_AFTER)


def forget_articles(connection_id: UUID, since: datetime | None) -> None:
    """A walk has ended that began after `since`, the end of the one before: what it did not set aside again is mended."""
    if since is not None:
        letters = DeadLetter.objects.filter(kind=ARTICLE, key__startswith=row_key(connection_id, ""), at__lt=since)
        letters.delete()
