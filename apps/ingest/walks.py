"""Lists that tell no changes and no removals: what is new every hour, what may have changed once a day, all once a month.

They are walked by numbers while they move. So what two walks over its time did not meet is gone; the second one follows in
the next turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.core.errors import CredentialsRejected, ExternalUnavailable, NotFound
from apps.ingest import streams
from apps.ingest.models import Stream
from apps.platforms.base import Page, PlatformAdapter
from apps.platforms.connecting import open_adapter, stops_connection
from apps.platforms.models import Connection, Ticket

Width = Literal["new", "late", "all"]
WALKED: dict[Width, tuple[Width, ...]] = {"new": ("new",), "late": ("new", "late"), "all": ("new", "late", "all")}  # with each
LATE, LATE_EVERY = timedelta(days=14), timedelta(days=1)  # so long somebody may think better of it
ALL_EVERY = timedelta(days=30)
Held = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of the helpdesk: the methods of the port that begin a walk and read a page, the rows that mirror it, with
    `remote_id`, `connection`, `sweep` and `missed`, how a page is stored, and by which time the list is asked for."""

    rows: Any
    first: str
    fetch: str
    store: Callable[[Connection, Sequence[Any], int], None]
    time: str
    overlap: timedelta  # by which a walk begins before the last one: what is told late


def read_list(lease: streams.Lease, stream: Stream, one: Listing) -> bool:
    """One step of the feed: a page. True while there is more.

    The feed's cursor: {"at": the adapter's cursor or None between two walks, "began": when this one did, "width": of it,
    "since": its beginning or None for all, and when the last walk of each width began}.
    """
    adapter = open_adapter(stream.connection)
    first = getattr(adapter, one.first)
    if first() is None:
        return streams.move_on(lease, items=0, cursor=None, more=False)
    held = stream.cursor or {"at": None}
    if held["at"] is None:
        held = _begin(held, first, timezone.now(), one.overlap)
    page, refusal = asyncio.run(_page(adapter, one, type(first()).model_validate(held["at"])))
    with transaction.atomic():
        connection = Connection.objects.get(pk=stream.connection_id)
        sweep = streams.locked(lease).sweep
        rows = one.rows.objects.filter(connection=connection)
        if refusal:  # what this key may not read (any more) is kept nowhere: nobody would tell us that it was erased
            rows.delete()
            return streams.move_on(lease, items=0, cursor=None, more=False, refusal=refusal)
        one.store(connection, page.items, sweep)
        rows.filter(remote_id__in=page.unreadable).update(sweep=sweep)  # there, if of a new shape
        cursor = held | {"at": page.next.model_dump(mode="json")} if page.more else _ended(rows, held, sweep, one)
        return streams.move_on(lease, items=len(page.items), cursor=cursor, more=page.more)


def lock_tickets(connection: Connection, numbers: Iterable[str]) -> dict[str, UUID]:
    """{remote id: our id} of those we hold, locked in the caller's transaction: an erasure under way sees what is stored for
    them, or we see the erasure."""
    rows = Ticket.objects.filter(connection=connection, remote_id__in=set(numbers), deleted=False).order_by("pk")
    return {row.remote_id: row.pk for row in rows.only("pk", "company_id", "remote_id").select_for_update(no_key=True)}


def _begin(held: Held, first: Callable[..., Any], now: datetime, overlap: timedelta) -> Held:
    def due(width: Width, every: timedelta) -> bool:
        return width not in held or datetime.fromisoformat(held[width]) + every <= now

    width: Width = "all" if due("all", ALL_EVERY) else "late" if due("late", LATE_EVERY) else "new"
    since = {"all": None, "late": now - LATE}.get(width, datetime.fromisoformat(held.get("new", now.isoformat())) - overlap)
    return held | {
        "at": first(since).model_dump(mode="json"), "began": now.isoformat(), "width": width,
        "since": since.isoformat() if since else None,
    }  # fmt: skip


def _ended(rows: Any, held: Held, sweep: int, one: Listing) -> Held:
    """The cursor between two walks. What a walk missed for the first time has it walked again in the next turn."""
    walked = WALKED[held["width"]]
    if held["width"] != "new":
        unseen = rows.filter(sweep__lt=sweep)
        if held["since"] is not None:
            unseen = unseen.filter(**{f"{one.time}__gt": datetime.fromisoformat(held["since"]) + one.overlap})
        unseen.filter(missed=True).delete()
        if unseen.update(missed=True):
            walked = ("new",)
    kept = {key: held[key] for key in WALKED if key in held}
    return kept | {"at": None} | dict.fromkeys(walked, held["began"])


async def _page(adapter: PlatformAdapter, one: Listing, cursor: Any) -> tuple[Page[Any], str]:
    """A page of the walk, or why this account does not have such a list."""
    try:
        async with asyncio.timeout(streams.FETCH_SECONDS), adapter as opened:
            return await getattr(opened, one.fetch)(cursor), ""
    except TimeoutError as exc:
        raise ExternalUnavailable("the helpdesk did not give a page in time") from exc
    except (CredentialsRejected, NotFound) as exc:
        if stops_connection(exc):
            raise
        return Page([], cursor, more=False), exc.code
