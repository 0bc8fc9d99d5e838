"""Ratings of customers: what is new every hour, what may have changed once a day, all once a month.

The list tells no changes and no removals, and it is walked by numbers while it moves. So what two walks over its time did
not meet is gone; the second one follows in the next turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from django.db import transaction
from django.utils import timezone

from apps.core.errors import CredentialsRejected, ExternalUnavailable, NotFound
from apps.ingest import streams
from apps.ingest.models import Stream
from apps.platforms.base import Page, PlatformAdapter
from apps.platforms.connecting import open_adapter, stops_connection
from apps.platforms.models import Connection, Person, Ticket
from apps.platforms.outcomedata import RatingData
from apps.platforms.ratings import Rating

Width = Literal["new", "late", "all"]
OVERLAP = timedelta(hours=1)
LATE, LATE_EVERY = timedelta(days=14), timedelta(days=1)  # so long a customer may think better of it
ALL_EVERY = timedelta(days=30)
RESTS = timedelta(days=1)  # where the plan or the key has no ratings
FIELDS = ["ticket", "person", "score", "feedback", "created_at", "sweep", "missed"]
Held = dict[str, Any]


def read_ratings(lease: streams.Lease, stream: Stream) -> bool:
    """One step of the feed: a page. True while there is more.

    The feed's cursor: {"at": the adapter's cursor or None between two walks, "began": when this one did, "width": of it,
    "since": its beginning or None for all, and when the last walk of each width began}.
    """
    adapter = open_adapter(stream.connection)
    if adapter.first_ratings() is None:
        return _advance(lease, [], cursor=None, more=False)
    held = stream.cursor or {"at": None}
    if held["at"] is None:
        held = _begin(held, adapter, timezone.now())
    page, refusal = asyncio.run(_page(adapter, type(adapter.first_ratings()).model_validate(held["at"])))
    with transaction.atomic():
        connection = Connection.objects.get(pk=stream.connection_id)
        sweep = streams.locked(lease).sweep
        if refusal:  # what this key may not read (any more) is kept nowhere: nobody would tell us that it was erased
            Rating.objects.filter(connection=connection).delete()
            return _advance(lease, [], cursor=None, more=False, refusal=refusal)
        store_ratings(connection, page.items, sweep)
        Rating.objects.filter(connection=connection, remote_id__in=page.unreadable).update(sweep=sweep)  # there, if of a new shape
        cursor = held | {"at": page.next.model_dump(mode="json")} if page.more else _ended(connection, held, sweep)
        return _advance(lease, page.items, cursor=cursor, more=page.more)


def _begin(held: Held, adapter: PlatformAdapter, now: datetime) -> Held:
    def due(width: Width, every: timedelta) -> bool:
        return width not in held or datetime.fromisoformat(held[width]) + every <= now

    width: Width = "all" if due("all", ALL_EVERY) else "late" if due("late", LATE_EVERY) else "new"
    since = {"all": None, "late": now - LATE}.get(width, datetime.fromisoformat(held.get("new", now.isoformat())) - OVERLAP)
    return held | {
        "at": adapter.first_ratings(since).model_dump(mode="json"), "began": now.isoformat(), "width": width,
        "since": since.isoformat() if since else None,
    }  # fmt: skip


def _ended(connection: Connection, held: Held, sweep: int) -> Held:
    """The cursor between two walks. What a walk missed for the first time has it walked again in the next turn."""
    widths: dict[Width, tuple[Width, ...]] = {"new": ("new",), "late": ("new", "late"), "all": ("new", "late", "all")}
    walked = widths[held["width"]]
    if held["width"] != "new":
        unseen = Rating.objects.filter(connection=connection, sweep__lt=sweep)
        if held["since"] is not None:
            unseen = unseen.filter(created_at__gt=datetime.fromisoformat(held["since"]) + OVERLAP)
        unseen.filter(missed=True).delete()
        if unseen.update(missed=True):
            walked = ("new",)
    kept = {key: held[key] for key in ("new", "late", "all") if key in held}
    return kept | {"at": None} | dict.fromkeys(walked, held["began"])


def store_ratings(connection: Connection, items: Sequence[RatingData], sweep: int) -> None:
    """Those of tickets we hold; in the caller's transaction. A ticket that is erased just now has none left behind: its
    row is locked, so either its erasure sees the rating or we see the erasure."""
    told = {one.remote_id: one for one in items}
    wanted = {one.ticket_id for one in told.values()}
    rows = Ticket.objects.filter(connection=connection, remote_id__in=wanted, deleted=False).order_by("pk")
    tickets = {row.remote_id: row.pk for row in rows.only("pk", "company_id", "remote_id").select_for_update(no_key=True)}
    named = {one.person_id for one in told.values() if one.person_id}
    people = dict(Person.objects.filter(connection=connection, remote_id__in=named).values_list("remote_id", "pk"))
    ratings = [
        Rating(
            connection=connection, ticket_id=tickets[one.ticket_id], person_id=people.get(one.person_id), remote_id=key,
            score=one.score, feedback=one.feedback.replace("\x00", ""), created_at=one.created_at, sweep=sweep,
        )
        for key, one in sorted(told.items())
        if one.ticket_id in tickets
    ]  # fmt: skip
    Rating.objects.bulk_create(ratings, update_conflicts=True, unique_fields=["connection", "remote_id"], update_fields=FIELDS)


async def _page(adapter: PlatformAdapter, cursor: Any) -> tuple[Page[RatingData], str]:
    """A page of the walk, or why this account does not list them."""
    try:
        async with asyncio.timeout(streams.FETCH_SECONDS), adapter as opened:
            return await opened.fetch_ratings(cursor), ""
    except TimeoutError as exc:
        raise ExternalUnavailable("the helpdesk did not list ratings in time") from exc
    except (CredentialsRejected, NotFound) as exc:
        if stops_connection(exc):
            raise
        return Page([], cursor, more=False), exc.code


def _advance(lease: streams.Lease, items: Sequence[RatingData], *, cursor: Any, more: bool, refusal: str = "") -> bool:
    with transaction.atomic():
        stream = streams.locked(lease)
        streams.advance(stream, cursor=cursor, items=len(items), more=more)
        if refusal:  # said once on the page of the sync, and tried once a day: no failure of ours
            stream.last_error, stream.next_at = refusal[:60], timezone.now() + RESTS
            stream.save(update_fields=["last_error", "next_at"])
    return more
