"""Feeds of a connection: who reads one now (lease and fence), where it stands, when it is due again."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from apps.core.errors import AppError, Conflict, CredentialsRejected, NotFound, RateLimited
from apps.ingest.models import Stream
from apps.ingest.pacing import interval, next_pace
from apps.ingest.sql import take_lease
from apps.platforms.base import Cursor, PlatformAdapter, StatusData, TicketFeed, TicketState
from apps.platforms.connecting import refuse, stops_connection
from apps.platforms.models import Connection
from apps.platforms.registry import adapter_class

LEASE_SECONDS = 45  # a dead worker's feed is free again after it; a late writer is refused by the fence
RETRIES = 3  # of a feed that failed, at once; the next try is its next turn
FORBIDDEN_SECONDS = 3600.0  # until a feed that the key may not read is tried again
FETCH_SECONDS = 35  # of one page, so that a slow helpdesk's answer still finds the lease
KINDS = tuple(Stream.Kind)  # in the order in which they are of use: articles, what is new, trash and spam, the past
SLOW = (Stream.Kind.IDS, Stream.Kind.RECENT, Stream.Kind.REFERENCE, Stream.Kind.CANNED, Stream.Kind.RATINGS,
        Stream.Kind.TIMES, Stream.Kind.ACTIVITIES)  # bring nothing to a first sync
EVERY = {  # x POLL_SECONDS
    Stream.Kind.ARTICLES: 5, Stream.Kind.TICKETS: 1, Stream.Kind.TRASHED: 5, Stream.Kind.SPAM: 5, Stream.Kind.PEOPLE: 5,
    Stream.Kind.THREADS: 1, Stream.Kind.GONE: 5,
}  # fmt: skip
FEEDS: dict[str, TicketFeed] = {Stream.Kind.TICKETS: "live", Stream.Kind.TRASHED: "trashed", Stream.Kind.SPAM: "spam"}
PACED = (*FEEDS, Stream.Kind.THREADS, Stream.Kind.GONE)  # tell changes: more often while there are some
LISTINGS = (Stream.Kind.TICKETS, Stream.Kind.HISTORY)  # together they bring all tickets in use
DAY = timedelta(days=1)
RESTS = DAY  # where the plan or the key has no such list
SLOWLY = {Stream.Kind.IDS: DAY, Stream.Kind.RECENT: DAY, Stream.Kind.REFERENCE: DAY / 24, Stream.Kind.HISTORY: 36_500 * DAY,
          Stream.Kind.COMPANIES: DAY / 24, Stream.Kind.CANNED: DAY, Stream.Kind.RATINGS: DAY / 24,
          Stream.Kind.TIMES: DAY / 24, Stream.Kind.ACTIVITIES: DAY / 4}  # fmt: skip
FIRST_SLOW = {Stream.Kind.CANNED: DAY / 24, Stream.Kind.RATINGS: DAY / 288, Stream.Kind.TIMES: DAY / 288}  # behind a first sync, and not a day behind it
AFTER_TICKETS = (Stream.Kind.THREADS, Stream.Kind.PEOPLE, Stream.Kind.COMPANIES, Stream.Kind.RATINGS, Stream.Kind.TIMES,
                 Stream.Kind.ACTIVITIES)  # say more of what those brought
FIRST_DAYS = timedelta(days=30)  # what changed in them is read first, then the past from new to old


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to move one feed's cursor. A holder whose fence is not the newest is refused."""

    stream_id: UUID
    fence: int
    deliveries: int = 1


def ensure_streams(connection: Connection) -> None:
    """Make the feeds of a connection that are not there, and that its helpdesk has. What was connected before there was a
    feed for the past has none to read: its walk began at the beginning."""
    now = timezone.now()
    adapter = adapter_class(connection.platform)
    fresh = not Stream.objects.filter(connection=connection).exists()
    for kind in KINDS:
        if _lacks(adapter, kind):
            continue
        begun = _first_cursor(adapter, connection, kind, now - FIRST_DAYS) if fresh or kind == Stream.Kind.GONE else None
        slow = kind in SLOW or (kind == Stream.Kind.HISTORY and begun is None)
        facts = {
            "cursor": begun.model_dump(mode="json") if begun else None,
            "next_at": now + FIRST_SLOW.get(kind, SLOWLY[kind]) if slow else now,
            "first_completed_at": now if slow else None,
        }
        Stream.objects.get_or_create(connection=connection, kind=kind, defaults=facts)


def _lacks(adapter: type[PlatformAdapter], kind: Stream.Kind) -> bool:
    """Feeds of some helpdesks only, of which nobody asks the others."""
    if kind in (Stream.Kind.TRASHED, Stream.Kind.SPAM):
        return not adapter.capabilities.delete_feed
    first = {Stream.Kind.THREADS: adapter.first_threads, Stream.Kind.GONE: adapter.first_gone}.get(kind)
    return first is not None and first() is None


def _first_cursor(
    adapter: type[PlatformAdapter], connection: Connection, kind: Stream.Kind, border: datetime
) -> Cursor | None:
    """Tickets from the border on; the past up to it; trash and spam from the beginning; deletions from now."""
    if kind == Stream.Kind.GONE:
        return adapter.first_gone()
    statuses = [StatusData.model_validate(row) for row in connection.statuses]
    if kind == Stream.Kind.HISTORY:
        return adapter.first_history(border, statuses=statuses)
    if kind not in FEEDS:
        return None
    split = kind == Stream.Kind.TICKETS and adapter.first_history(border) is not None
    return adapter.first_tickets(FEEDS[kind], since=border if split else None, statuses=statuses)


def begin_again(connection: Connection, state: TicketState) -> None:
    """Read the feed of such tickets from the beginning once more, in the caller's transaction.

    Those in use are the past up to now: what changes meanwhile keeps coming, and no agent waits for it.
    """
    adapter, now = adapter_class(connection.platform), timezone.now()
    kind = {"spam": Stream.Kind.SPAM, "trashed": Stream.Kind.TRASHED}.get(state, Stream.Kind.HISTORY)
    begun = _first_cursor(adapter, connection, kind, now)
    if begun is None:  # one feed brings all
        kind, begun = Stream.Kind.TICKETS, adapter.first_tickets()
    Stream.objects.filter(connection=connection, kind=kind).update(
        cursor=begun.model_dump(mode="json"), next_at=now, first_completed_at=None, lease_until=None,
        fence=F("fence") + 1,  # whoever reads it now began at the old place
    )  # fmt: skip


def due_streams() -> list[UUID]:
    """Feeds of active connections that nobody reads and that are due, the most useful first.

    Threads by table, names of customers, their companies and their ratings are asked for when all tickets were listed once:
    one walk is enough then.
    """
    now = timezone.now()
    rows = Stream.objects.filter(connection__state=Connection.State.ACTIVE, next_at__lte=now)
    unlisted = Stream.objects.filter(connection=OuterRef("connection"), kind__in=LISTINGS, first_completed_at=None)
    rows = rows.exclude(Exists(unlisted), kind__in=AFTER_TICKETS)
    found = rows.exclude(lease_until__gt=now).values_list("kind", "id")
    return [stream_id for _kind, stream_id in sorted(found, key=lambda row: KINDS.index(Stream.Kind(row[0])))]


def hurry(connection: Connection, *, full: bool = False) -> None:
    """Make the feeds due now; with `full` the slow ones too, which find what went away or changed without a word."""
    rows = Stream.objects.filter(connection=connection)
    rows = rows.exclude(kind=Stream.Kind.HISTORY, first_completed_at__isnull=False)
    rows = rows if full else rows.exclude(kind__in=SLOW)
    rows.update(next_at=timezone.now(), failures=0)


def take(stream_id: UUID) -> Lease | None:
    """Take the feed, or None when somebody else has it or it is not due."""
    taken = take_lease(stream_id, LEASE_SECONDS)
    return None if taken is None else Lease(stream_id, *taken)


def locked(lease: Lease) -> Stream:
    """The feed's row, locked in the caller's transaction. Raises Conflict when the lease was lost."""
    stream = Stream.objects.select_for_update().get(id=lease.stream_id)
    if stream.fence != lease.fence:
        raise Conflict("Another worker reads this feed now.", code="lease_lost")
    return stream


def advance(stream: Stream, *, cursor: dict[str, Any] | None, items: int, more: bool) -> None:
    """Move the cursor with the rows it covers (same transaction). None: the next pass begins at the beginning."""
    now = timezone.now()
    stream.cursor = cursor
    stream.pages += 1
    stream.items += items
    stream.failures = stream.deliveries = 0
    stream.last_error = ""
    if more:
        stream.lease_until = now + timedelta(seconds=LEASE_SECONDS)
    else:
        stream.completed_at = now
        stream.first_completed_at = stream.first_completed_at or now
        stream.sweep += 1
        stream.lease_until = None
        stream.pace = next_pace(stream.pace, news=items > 0)
        stream.next_at = now + _until_next(stream)
    stream.save()


def move_on(lease: Lease, *, cursor: dict[str, Any] | None, items: int, more: bool, refusal: str = "") -> bool:
    """`advance` of a feed that an account may lack, under its lease. `refusal`: why this one does, said on the page of the
    sync and asked for again a day later; no failure of ours. Returns `more`."""
    with transaction.atomic():
        stream = locked(lease)
        advance(stream, cursor=cursor, items=items, more=more)
        if refusal:
            stream.last_error, stream.next_at = refusal[:60], timezone.now() + RESTS
            stream.save(update_fields=["last_error", "next_at"])
    return more


def _until_next(stream: Stream) -> timedelta:
    kind = Stream.Kind(stream.kind)
    if kind in SLOWLY:
        return SLOWLY[kind]
    usual = float(settings.POLL_SECONDS * EVERY[kind])
    if kind not in PACED:  # a walk over everything, news or not
        return timedelta(seconds=usual)
    told = Connection.objects.filter(pk=stream.connection_id).values_list("calls_per_minute", flat=True).first()
    return timedelta(seconds=interval(
        usual, stream.pace, fastest=settings.POLL_FASTEST_SECONDS, slowest=settings.POLL_SLOWEST_SECONDS, calls_per_minute=told
    ))  # fmt: skip


def fail(lease: Lease, error: AppError) -> None:
    """Give the feed back after a failure; a key that is refused or cannot be opened stops the whole connection.

    Being asked to wait is no failure. What the key may not read is asked again in an hour.
    """
    now = timezone.now()
    with transaction.atomic():
        stream = Stream.objects.select_for_update().get(id=lease.stream_id)
        if stream.fence != lease.fence:
            return
        stream.lease_until = None
        stream.deliveries = 0
        stream.next_at = now + timedelta(seconds=_pause(error, stream.failures, Stream.Kind(stream.kind)))
        if not isinstance(error, RateLimited):
            stream.failures += 1
            stream.last_error = error.code[:60]
            if stream.kind == Stream.Kind.ARTICLES and isinstance(error, NotFound):
                stream.cursor = None  # a folder went away while we walked: the walk begins again, and nothing counts as gone
        stream.save()
    if stops_connection(error):
        refuse(stream.connection_id, error.code)


def _pause(error: AppError, failures: int, kind: Stream.Kind) -> float:
    """Seconds until the next try: RETRIES soon, then not before the feed's next turn, ever more rarely.

    Spread, so that all who met the same trouble do not come back together.
    """
    if isinstance(error, RateLimited):
        return error.retry_after + random.uniform(0.05, 0.3)  # noqa: S311 - no secret
    if isinstance(error, CredentialsRejected):
        return FORBIDDEN_SECONDS
    turn = 0 if failures < RETRIES else settings.POLL_SECONDS * EVERY.get(kind, 1)
    return float(min(max(2**failures * 5, turn), 900)) * random.uniform(1, 1.3)  # noqa: S311


def broke(lease: Lease, code: str) -> None:
    """Give the feed back after a bug of ours: what it met is counted as a delivery."""
    now = timezone.now()
    Stream.objects.filter(id=lease.stream_id, fence=lease.fence).update(
        lease_until=None, failures=F("failures") + 1, last_error=code[:60], next_at=now + timedelta(seconds=5)
    )


def release(lease: Lease) -> None:
    """Let the feed go between two pages."""
    Stream.objects.filter(id=lease.stream_id, fence=lease.fence).update(lease_until=None)
