"""Threads that a helpdesk tells by table: a walk over all of them once the tickets are listed, then what changed.

A page, its rows and the cursor are one transaction. Until the walk begins no ticket of the first listing owes its own read
but those that agents wait for (decision 0076).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError, transaction
from django.db.models import CharField, Exists, OuterRef
from django.db.models.functions import Cast, Collate

from apps.core.errors import CredentialsRejected, ExternalUnavailable
from apps.ingest import streams
from apps.ingest.deadletters import DELIVERIES
from apps.ingest.files import keep_files
from apps.ingest.models import DeadLetter, Outbox, Stream
from apps.ingest.outbox import owe
from apps.ingest.threads import store_threads
from apps.ingest.timing import Stage, timed
from apps.platforms.base import PlatformAdapter, ThreadPage
from apps.platforms.connecting import open_adapter, stops_connection
from apps.platforms.models import Connection, Ticket
from apps.platforms.threaddata import ThreadData

AT_ONCE = 1000  # tickets somebody waits for that are read before the walk comes to them: 25 calls of 40
WAITED_FOR, CHANGED = 3, 5  # priorities of owed threads


def left_to_walk(connection: Connection, listing: Stream) -> bool:
    """Whether the walk over threads will bring those of all tickets that this listing stores: it has not begun, and does
    not before the listing has ended. The listing's row is locked."""
    walk = Stream.objects.filter(connection=connection, kind=Stream.Kind.THREADS, pages=0, cursor__isnull=True)
    return listing.kind in streams.LISTINGS and listing.first_completed_at is None and walk.exists()


def owe_waiting(connection: Connection) -> None:
    """The first listing has ended: the newest tickets that somebody waits for are read now, the walk brings the rest."""
    rows = Ticket.objects.waiting().filter(connection=connection, thread_version="").order_by("-updated_at", "-pk")
    owe(Outbox.Kind.THREAD, list(rows.values_list("pk", flat=True)[:AT_ONCE]), priority=WAITED_FOR)


def read_thread_page(lease: streams.Lease, stream: Stream) -> bool:
    """One step of the feed: a page. True while there is more. Its cursor is the adapter's."""
    adapter = open_adapter(stream.connection)
    first = adapter.first_threads()
    if first is None:
        return streams.move_on(lease, cursor=None, items=0, more=False)
    cursor = type(first).model_validate(stream.cursor) if stream.cursor else first
    with timed(Stage.READING):
        page, refusal = asyncio.run(_fetch(adapter, cursor, stream.failures))
    if page is None:
        return streams.move_on(lease, cursor=stream.cursor, items=0, more=False, refusal=refusal)
    with timed(Stage.STORING), transaction.atomic():
        streams.locked(lease)
        _store(stream.connection, page, apart=lease.deliveries > DELIVERIES)
        following = page.next.model_dump(mode="json")
        return streams.move_on(lease, cursor=following, items=len(page.items), more=page.more)


async def _fetch(adapter: PlatformAdapter, cursor: Any, in_vain: int) -> tuple[ThreadPage | None, str]:
    """A page, or why this key may not read any."""
    try:
        async with asyncio.timeout(streams.FETCH_SECONDS), adapter as opened:
            opened.in_vain = in_vain
            return await opened.fetch_thread_page(cursor), ""
    except TimeoutError as exc:
        raise ExternalUnavailable("the helpdesk did not give a page in time") from exc
    except CredentialsRejected as exc:
        if stops_connection(exc):
            raise
        return None, exc.code


def _store(connection: Connection, page: ThreadPage, *, apart: bool) -> None:
    """`apart`: the page failed every delivery. One by one, and what cannot be stored is left to the read of its own."""
    if apart:
        for one in page.items:
            _store_apart(connection, one)
    else:
        _store_items(connection, page.items)
    _store_silent(connection, page)


def _store_apart(connection: Connection, one: ThreadData) -> None:
    try:
        with transaction.atomic():
            _store_items(connection, [one])
    except (OperationalError, SoftTimeLimitExceeded):  # not the thread's fault
        raise
    except Exception:  # whatever it is: the read of its own says what, and sets it aside in the end
        _owe(connection, [one.ticket_id])


def _store_items(connection: Connection, items: Sequence[ThreadData]) -> None:
    """What we hold no ticket for is passed over: a ticket that comes later owes its thread."""
    known = _locked(connection, {one.ticket_id for one in items if one.messages is not None})
    store_threads([(known[one.ticket_id], list(one.messages)) for one in items if one.messages is not None and one.ticket_id in known])
    keep_files(connection, {one.ticket_id: one.files for one in items if one.files is not None})
    _owe(connection, [one.ticket_id for one in items if one.messages is None and one.files is None])


def _store_silent(connection: Connection, page: ThreadPage) -> None:
    """Tickets that the page covers and does not name have no entries. A page of files alone says nothing of entries; a
    ticket whose own read is owed, or was set aside, is left to it."""
    of_files = page.items and all(one.messages is None and one.files is not None for one in page.items)
    if page.after is None or page.upto is None or of_files:
        return
    owed = Outbox.objects.filter(kind=Outbox.Kind.THREAD, object_id=OuterRef("pk"))
    aside = DeadLetter.objects.filter(kind=Outbox.Kind.THREAD, key=Cast(OuterRef("pk"), CharField()))
    rows = Ticket.objects.filter(connection=connection, thread_version="", deleted=False)
    rows = rows.alias(place=Collate("remote_id", "C")).filter(place__gt=page.after, place__lte=page.upto)
    rows = rows.exclude(Exists(owed)).exclude(Exists(aside)).exclude(remote_id__in=[one.ticket_id for one in page.items])
    silent = _locked(connection, rows.values_list("remote_id", flat=True))
    store_threads([(ticket, []) for ticket in silent.values()])


def _owe(connection: Connection, remote_ids: Sequence[str]) -> None:
    rows = Ticket.objects.filter(connection=connection, remote_id__in=remote_ids, deleted=False)
    owe(Outbox.Kind.THREAD, list(rows.values_list("pk", flat=True)), priority=CHANGED)


def _locked(connection: Connection, remote_ids: Iterable[str]) -> dict[str, Ticket]:
    """{remote id: ticket} of those we hold: an erasure under way sees what is stored for them, or we see the erasure."""
    rows = Ticket.objects.filter(connection=connection, remote_id__in=list(remote_ids), deleted=False).order_by("pk")
    locked = rows.select_related("customer").select_for_update(no_key=True, of=("self",))
    return {ticket.remote_id: ticket for ticket in locked}
