"""The walk over tickets: each table once by sys_id, then what changed, table by table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pydantic import AwareDatetime

from apps.core.errors import CredentialsRejected, ExternalError, NotFound
from apps.platforms.adapters.servicenow import mapping
from apps.platforms.adapters.servicenow import payloads as wire
from apps.platforms.adapters.servicenow.client import FIRST_SIZE, NARROW, Rows, ServiceNowClient
from apps.platforms.adapters.servicenow.config import CASE, INCIDENT
from apps.platforms.adapters.servicenow.walk import OVERLAP, Keyset, Row, Told, Window
from apps.platforms.base import Cursor, Page, TicketData, TicketPlace

ASK_AGAIN = timedelta(days=1)  # a plugin may be installed, or a right be given, at any time
R = TypeVar("R", bound=wire.Record)
SHAPES: dict[str, type[wire.Incident] | type[wire.Case]] = {INCIDENT: wire.Incident, CASE: wire.Case}


class TablePlace(Cursor):
    """Where one table is read: by `keys` until they are through, then by `window`. `absent`: since when it is not there."""

    table: str
    keys: Keyset | None = None
    window: Window | None = None
    began: AwareDatetime | None = None  # the instance's clock at the first answer
    absent: AwareDatetime | None = None
    size: int = FIRST_SIZE


class TicketCursor(Cursor):
    """`turn`: the table that is read now. `ids`: a walk over ids alone, which ends."""

    since: AwareDatetime | None = None
    ids: bool = False
    turn: int = 0
    places: tuple[TablePlace, ...] = ()


def begun(at: TicketCursor, tables: Sequence[str]) -> TicketCursor:
    """With a place for every table that is wanted; one that is wanted newly is read from its beginning."""
    held = {one.table: one for one in at.places}
    size = NARROW if at.ids else FIRST_SIZE
    places = [held.get(table) or _first(table, at.since, size) for table in tables]
    return at.model_copy(update={"places": tuple(places), "turn": at.turn if at.turn < len(places) else 0})


def _first(table: str, since: datetime | None, size: int) -> TablePlace:
    if since is None:
        return TablePlace(table=table, keys=Keyset(), size=size)
    return TablePlace(table=table, window=Window.of(since), size=size)


async def fetch(client: ServiceNowClient, at: TicketCursor) -> Page[TicketData]:
    place = at.places[at.turn]
    rows = await _read(client, place, SHAPES[place.table])
    if rows is None:
        return Page([], *_after(at, place.model_copy(update={"absent": client.server_time}), False, client.server_time))
    found, more, fresh = step(place, rows, client.server_time)
    items = [mapping.ticket(row) for row in rows.good if row.sys_id in fresh]
    odd = tuple(row.sys_id for row in rows.odd if row.sys_id in fresh)
    return Page(items, *_after(at, found, more, client.server_time), odd)


async def fetch_ids(client: ServiceNowClient, at: TicketCursor) -> Page[TicketPlace]:
    """Ten thousand a page; after the last one the cursor is at the beginning again."""
    place = at.places[at.turn]
    rows = await _read(client, place, wire.Changed)
    if rows is None:
        return Page([], *_after(at, place.model_copy(update={"absent": client.server_time}), False, client.server_time))
    found, more, _ = step(place, rows, client.server_time)
    items = [TicketPlace(remote_id=row.sys_id, updated_at=row.sys_updated_on, state="live") for row in rows.good]
    following, more = _after(at, found, more, client.server_time)
    return Page(items, following if more else TicketCursor(ids=True), more)


async def _read(client: ServiceNowClient, place: TablePlace, shape: type[R]) -> Rows[R] | None:
    """A page of the table; None where there is none, or none for us. Without incidents there is nothing to read at all."""
    query = place.keys.query() if place.keys is not None else (place.window or Window.of(client.server_time)).query("sys_updated_on")
    offset, counted = _asks(place)
    try:
        return await client.page(
            place.table, query, shape, limit=place.size, offset=offset, counted=counted, display="all", least=wire.Changed
        )
    except (ExternalError, NotFound) as exc:
        if place.table == INCIDENT or not is_absent(exc):
            raise
        return None


def is_absent(error: ExternalError | NotFound) -> bool:
    """Whether a table is not there, or not for us. Which of 400 and 404 an instance says is not known (contract 8)."""
    if isinstance(error, CredentialsRejected):
        return error.code == "access_denied"
    return isinstance(error, NotFound) or error.code == "table_unknown"


def _asks(place: TablePlace) -> tuple[int, bool]:
    if place.keys is not None:
        return place.keys.offset, place.keys.counts(place.size)
    window = place.window
    if window is not None and window.crowd is not None:
        return window.crowd.offset, window.crowd.counts(place.size)
    return window.offset if window is not None else 0, True


def step(place: TablePlace, rows: Rows[Any], now: datetime) -> tuple[TablePlace, bool, set[str]]:
    """(pure) Where the table is read on, whether at once, and the ids of rows that were not handed over before."""
    told = Told([row_of(one) for one in rows.all], rows.total, rows.limit)
    kept = {"size": rows.next_limit, "absent": None, "began": place.began or now}
    if place.keys is not None:
        keys = place.keys.past(told)
        if not keys.done:
            return place.model_copy(update={**kept, "keys": keys}), True, {row.id for row in told.rows}
        window = Window.of((place.began or now) - OVERLAP)
        return place.model_copy(update={**kept, "keys": None, "window": window}), False, {row.id for row in told.rows}
    old = place.window or Window.of(now - OVERLAP)
    window, more = old.past(told, now)
    return place.model_copy(update={**kept, "window": window}), more, old.fresh(told.rows)


def row_of(row: wire.Record) -> Row:
    at = getattr(row, "sys_updated_on", None) or getattr(row, "sys_created_on", None)
    return Row(row.sys_id, at, getattr(row, "sys_mod_count", ""))


def _after(at: TicketCursor, place: TablePlace, more: bool, now: datetime) -> tuple[TicketCursor, bool]:
    """The cursor with this place; on to the next table when this one has no more, until all had their turn."""
    places = tuple(place if index == at.turn else one for index, one in enumerate(at.places))
    if more:
        return at.model_copy(update={"places": places}), True
    for turn in range(at.turn + 1, len(places)):
        absent = places[turn].absent
        if absent is None or now - absent >= ASK_AGAIN:
            return at.model_copy(update={"places": places, "turn": turn}), True
    return at.model_copy(update={"places": places, "turn": 0}), False
