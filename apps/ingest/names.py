"""Customers whose tickets came without their names: named by a walk over all customers, then one by one.

A ticket waits for nobody: it is in the queue at once, its thread can be read. Only what is made of its words waits (chunks,
briefs), because names are what keeps one customer's words out of another one's answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Min

from apps.core.errors import AppError, CredentialsRejected, ExternalError, ExternalUnavailable, NotFound
from apps.ingest import streams
from apps.ingest.models import Outbox, Stream
from apps.ingest.outbox import owe
from apps.ingest.sql import name_authors, name_rows
from apps.platforms.base import Page, PersonData, PlatformAdapter
from apps.platforms.connecting import open_adapter, stops_connection
from apps.platforms.models import Connection, Person, Ticket

FEW = 10  # so many are asked one by one, and so many pages may bring no name, before a walk counts as dear
ONES = 20  # asked one by one under one lease
SOLVED, WAITING = 4, 3  # priorities of the index


def nameless(connection_id: UUID) -> Any:
    return Person.objects.filter(connection=connection_id, named=False)


def read_names(lease: streams.Lease, stream: Stream) -> bool:
    """One step of the feed. True while more is to be asked. Nobody without a name: nothing is asked.

    The feed's cursor: {"walk": the adapter's cursor, or None once the walk is over, "pages", "names": of this walk}.
    """
    connection = stream.connection
    missing = nameless(connection.pk).count()
    adapter = open_adapter(connection)
    begin = adapter.first_people()
    if not missing or begin is None:
        return _store(lease, [], cursor=None, more=False)
    at = stream.cursor or {"walk": begin.model_dump(mode="json"), "pages": 0, "names": 0}
    if at["walk"] is None or (missing <= FEW and not at["pages"]):
        return _read_ones(lease, connection, adapter)
    page = asyncio.run(_page(adapter, type(begin).model_validate(at["walk"])))
    with transaction.atomic():
        count = name_people(connection, page.items)
        at = {"walk": page.next.model_dump(mode="json"), "pages": at["pages"] + 1, "names": at["names"] + count}
        worth = at["pages"] <= at["names"] + FEW and missing - count > FEW
        if not (page.more and worth):
            at["walk"] = None
        return _advance(lease, count, cursor=at, more=missing > count)


async def _page(adapter: PlatformAdapter, cursor: Any) -> Page[PersonData]:
    """A page of the walk; what the key may not list is a walk that has ended."""
    try:
        async with asyncio.timeout(streams.FETCH_SECONDS), adapter as opened:
            return await opened.fetch_people(cursor)
    except TimeoutError as exc:
        raise ExternalUnavailable("the helpdesk did not list people in time") from exc
    except CredentialsRejected as exc:
        if stops_connection(exc):
            raise
        return Page([], cursor, more=False)


def _read_ones(lease: streams.Lease, connection: Connection, adapter: PlatformAdapter) -> bool:
    """The next few by number. An error is raised after what was told is stored."""
    rows = nameless(connection.pk).annotate(ticket=Min("tickets__remote_id")).order_by("remote_id")[:ONES]
    wanted = {person.remote_id: person.ticket or "" for person in rows}
    told = asyncio.run(_ones(adapter, wanted))
    people = [one for one in told.values() if isinstance(one, PersonData)]
    errors = [one for one in told.values() if isinstance(one, AppError)]
    with transaction.atomic():
        count = name_people(connection, people)
        more = nameless(connection.pk).exists()
        _advance(lease, count, cursor={"walk": None, "pages": 0, "names": 0} if more else None, more=more)
    if errors:
        raise errors[0]
    return more


async def _ones(adapter: PlatformAdapter, wanted: dict[str, str]) -> dict[str, PersonData | AppError]:
    until = asyncio.get_running_loop().time() + streams.FETCH_SECONDS

    async def one(remote_id: str, ticket_id: str) -> tuple[str, PersonData | AppError]:
        try:
            async with asyncio.timeout_at(until):
                return remote_id, await opened.fetch_person(remote_id, ticket_id)
        except TimeoutError:
            return remote_id, ExternalUnavailable("the helpdesk did not tell a name in time")
        except AppError as exc:
            return remote_id, PersonData(remote_id=remote_id) if _nobody_tells(exc) else exc

    async with adapter as opened:
        return dict(await asyncio.gather(*(one(*pair) for pair in wanted.items())))


def _nobody_tells(error: AppError) -> bool:
    """They stay without a name, as customers of a chat do."""
    if isinstance(error, NotFound):
        return True
    return isinstance(error, ExternalError) and not error.retryable and not stops_connection(error)


def _store(lease: streams.Lease, people: Sequence[PersonData], *, cursor: dict[str, Any] | None, more: bool) -> bool:
    with transaction.atomic():
        return _advance(lease, len(people), cursor=cursor, more=more)


def _advance(lease: streams.Lease, count: int, *, cursor: dict[str, Any] | None, more: bool) -> bool:
    streams.advance(streams.locked(lease), cursor=cursor if more else None, items=count, more=more)
    return more


def name_people(connection: Connection, people: Sequence[PersonData]) -> int:
    """Name those who wait for it, in the caller's transaction; nobody else is stored. Returns how many."""
    told = {one.remote_id: one for one in people if one.name is not None}
    waiting = nameless(connection.pk).select_for_update().filter(remote_id__in=told).order_by("remote_id")
    rows = [(pk, told[remote_id]) for pk, remote_id in waiting.values_list("pk", "remote_id")]
    name_rows([(pk, _fit(one.name, 300), _fit(one.email, 320).lower(), one.language or "") for pk, one in rows])
    follow_names([pk for pk, _ in rows])
    return len(rows)


def _fit(text: str | None, most: int) -> str:
    """One name that the database cannot hold must not stop the walk that names all others."""
    return (text or "").replace("\x00", "")[:most]


def follow_names(person_ids: Sequence[UUID]) -> None:
    """What was read of their tickets before they had names: its authors, and the index that waited for it."""
    rows = Ticket.objects.filter(customer__in=person_ids).exclude(thread_version="")
    solved = {pk: ticket in ("solved", "closed") for pk, ticket in rows.values_list("pk", "status_category")}
    name_authors(list(solved))
    owe(Outbox.Kind.INDEX_TICKET, [pk for pk, is_solved in solved.items() if not is_solved], priority=WAITING)
    owe(Outbox.Kind.INDEX_TICKET, [pk for pk, is_solved in solved.items() if is_solved], priority=SOLVED)
