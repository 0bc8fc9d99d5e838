"""What nobody owes and somebody should: looked for by beat, in case a message, a worker or a release lost it."""

from __future__ import annotations

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef
from django.db.models.functions import Cast

from apps.ingest.deadletters import revive
from apps.ingest.hints import sweep_hints
from apps.ingest.models import DeadLetter, Outbox, Stream
from apps.ingest.outbox import owe
from apps.ingest.unread import sweep_files
from apps.platforms.models import Ticket
from apps.search.models import Chunk

MOST = 5000  # of one look
UNPLACED = 6  # priority: behind all that is new


def sweep_owed() -> int:
    """Owe the threads that were never read, and what was set aside and is to be tried again. Returns how much."""
    sweep_hints()
    again = revive(due=True)
    return again + owe_unread() + _owe_unplaced() + sweep_files()


def owe_unread() -> int:
    """Owe the threads that were never read, that no walk will bring, and that nobody owes. Returns how many."""
    waiting = Outbox.objects.filter(kind=Outbox.Kind.THREAD, object_id=OuterRef("pk"))
    dead = DeadLetter.objects.filter(kind=Outbox.Kind.THREAD, key=Cast(OuterRef("pk"), CharField()))
    walks = Stream.objects.filter(connection=OuterRef("connection"), kind=Stream.Kind.THREADS, first_completed_at=None)
    unread = Ticket.objects.filter(thread_version="", deleted=False).exclude(Exists(waiting)).exclude(Exists(dead))
    unread = unread.exclude(Exists(walks))  # they are on their way
    with transaction.atomic():
        missing = list(unread.values_list("pk", flat=True)[:MOST])
        owe(Outbox.Kind.THREAD, missing)
    return len(missing)


def _owe_unplaced() -> int:
    """Points of a release that did not tell the engine whose they are: indexed again, without new vectors."""
    chunks, owed = Chunk.objects.filter(placed=""), 0
    with transaction.atomic():
        for kind, which, key in (
            (Outbox.Kind.INDEX_TICKET, chunks.exclude(ticket_id=None), "ticket_id"),
            (Outbox.Kind.INDEX_ARTICLE, chunks.filter(kind=Chunk.Kind.ARTICLE), "source_id"),
        ):
            waiting = Outbox.objects.filter(kind=kind, object_id=OuterRef(key))
            dead = DeadLetter.objects.filter(kind=kind, key=Cast(OuterRef(key), CharField()))
            ids = list(which.exclude(Exists(waiting)).exclude(Exists(dead)).values_list(key, flat=True).distinct()[:MOST])
            owe(kind, ids, priority=UNPLACED)
            owed += len(ids)
    return owed
