"""Which files are to be read for their words: owed behind everything else, the newest first, if the company wants it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef
from django.db.models.functions import Cast
from django.utils import timezone

from apps.core.filetypes import kind_by_name
from apps.ingest.models import DeadLetter, Outbox
from apps.ingest.outbox import owe
from apps.platforms.filedata import MOST_BYTES
from apps.platforms.models import Attachment, Connection, Ticket

WAITING, RECENT, OLD = 5, 6, 8  # priorities: somebody works on it, it was worked on lately, it may help some day
LATELY = timedelta(days=30)
MOST = 2000  # owed by one look of the sweep
_READ = frozenset({"pdf", "document", "sheet", "slides", "text", "page", "file"})
_UNSAFE = frozenset({"program", "archive"})
_ROW = ("pk", "message__ticket__status_category", "message__ticket__updated_at")


def outcome_at_once(name: str, label: str, size: int) -> str:
    """What is known without a call: by its name a file only ever loses the chance to be read."""
    kind = kind_by_name(name, label)
    if kind in _UNSAFE:
        return Attachment.Outcome.UNSAFE_TYPE
    if kind not in _READ:
        return Attachment.Outcome.NOT_READABLE
    return Attachment.Outcome.TOO_LARGE if size > MOST_BYTES else ""


def owe_files(ticket_ids: Iterable[UUID]) -> None:
    """Owe what of these tickets' files is unread, in the caller's transaction."""
    rows = Attachment.objects.filter(message__ticket__in=list(ticket_ids), outcome="", message__ticket__connection__reads_files=True)
    _owe(rows.values_list(*_ROW))


def sweep_files() -> int:
    """Owe what nobody owes: files of before they were read, or of while they were not to be. The newest tickets first."""
    waiting = Outbox.objects.filter(kind=Outbox.Kind.FILE, object_id=OuterRef("pk"))
    dead = DeadLetter.objects.filter(kind=Outbox.Kind.FILE, key=Cast(OuterRef("pk"), CharField()))
    rows = Attachment.objects.filter(outcome="", message__ticket__connection__reads_files=True, message__ticket__deleted=False)
    rows = rows.exclude(Exists(waiting)).exclude(Exists(dead)).order_by("-message__ticket__updated_at")
    with transaction.atomic():
        return _owe(rows.values_list(*_ROW)[:MOST])


def _owe(rows: Iterable[tuple[UUID, str, datetime]]) -> int:
    since, owed = timezone.now() - LATELY, 0
    by_priority: dict[int, list[UUID]] = {WAITING: [], RECENT: [], OLD: []}
    for pk, category, updated_at in rows:
        open_now = category in (Ticket.Category.OPEN, Ticket.Category.PENDING)
        by_priority[WAITING if open_now else RECENT if updated_at > since else OLD].append(pk)
        owed += 1
    for priority, ids in by_priority.items():
        owe(Outbox.Kind.FILE, ids, priority=priority)
    return owed


def set_reading(*, on: bool) -> int:
    """The company wants its files read, or not: then what was read of them is forgotten and leaves the index.

    Returns how many files are to be read, or were forgotten.
    """
    with transaction.atomic():
        Connection.objects.update(reads_files=on)
        if on:
            return Attachment.objects.filter(outcome="").count()
        read = Attachment.objects.filter(outcome=Attachment.Outcome.READ)
        tickets = list(read.values_list("message__ticket_id", flat=True).distinct())
        count = read.update(outcome="", text="", language="")
        Outbox.objects.filter(kind=Outbox.Kind.FILE).delete()
        owe(Outbox.Kind.INDEX_TICKET, tickets, priority=1)
        return count
