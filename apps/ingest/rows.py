"""Rows of pages that were set aside, tried again: the ticket is asked for by its number, one at a time.

An article needs none of this: the next walk brings it, and its letter goes when a walk ends without it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from apps.core.errors import AppError, ExternalUnavailable, NotFound
from apps.ingest.deadletters import TICKET
from apps.ingest.models import DeadLetter, Outbox
from apps.ingest.outbox import Claimed, owe, put_off, settle, still_ours
from apps.ingest.streams import FETCH_SECONDS
from apps.ingest.sync import store_tickets
from apps.ingest.threads import hidden
from apps.platforms.base import TicketData
from apps.platforms.connecting import open_adapter, refuse, stops_connection
from apps.platforms.models import Connection, Ticket


def read_rows(claimed: Sequence[Claimed]) -> None:
    """Worker of Outbox.Kind.ROW: the letter goes with the row that is stored. Raises what is wrong with it otherwise."""
    for one in claimed:
        letter = DeadLetter.objects.filter(pk=one.object_id.int, kind=TICKET).first()
        connection_id, _, remote_id = letter.key.partition(" ") if letter else ("", "", "")
        connection = Connection.objects.filter(pk=UUID(connection_id)).first() if letter else None
        if letter is None or connection is None:
            _forget(one, letter)
        elif connection.state != Connection.State.ACTIVE:
            put_off([one], code="connection_paused", seconds=60)
        else:
            _read(one, letter, connection, remote_id)


def _forget(one: Claimed, letter: DeadLetter | None) -> None:
    with transaction.atomic():
        if letter is not None:
            letter.delete()
        settle([one])


def _read(one: Claimed, letter: DeadLetter, connection: Connection, remote_id: str) -> None:
    try:
        ticket = asyncio.run(_fetch(connection, remote_id))
    except AppError as exc:
        if not stops_connection(exc):
            raise
        refuse(connection.pk, exc.code)
        put_off([one], code=exc.code)
        return
    with transaction.atomic():
        if not still_ours([one]):
            return
        if ticket is None:  # gone, or not for this key: what we hold of it is looked at like any other
            held = Ticket.objects.filter(connection=connection, remote_id=remote_id, deleted=False)
            owe(Outbox.Kind.LOOK, list(held.values_list("pk", flat=True)))
        else:
            store_tickets(connection, [ticket])
        letter.delete()
        settle([one])


async def _fetch(connection: Connection, remote_id: str) -> TicketData | None:
    try:
        async with asyncio.timeout(FETCH_SECONDS), open_adapter(connection) as opened:
            return await opened.fetch_ticket(remote_id)
    except NotFound:
        return None
    except TimeoutError as exc:
        raise ExternalUnavailable("the helpdesk did not give a ticket in time") from exc
    except AppError as exc:
        if hidden(exc):
            return None
        raise
