"""Look at single tickets: what a walk showed otherwise than we hold it, or did not show at all."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from apps.core.errors import AppError, ExternalUnavailable, NotFound, RateLimited
from apps.ingest.deletions import remove_tickets
from apps.ingest.outbox import Claimed, defer, put_off, settle, still_ours
from apps.ingest.sync import store_tickets
from apps.ingest.threads import FETCH_SECONDS, hidden
from apps.ingest.timing import Stage, timed
from apps.platforms.base import PlatformAdapter, TicketData
from apps.platforms.connecting import open_adapter, refuse, stops_connection
from apps.platforms.models import Connection, Ticket

Seen = TicketData | None | AppError  # None: not there for us


def look_at_tickets(claimed: Sequence[Claimed]) -> None:
    """Worker of Outbox.Kind.LOOK: the ticket as it is, or its removal, or why neither could be told."""
    tickets = {ticket.pk: ticket for ticket in Ticket.objects.filter(pk__in=[one.object_id for one in claimed])}
    by_connection: dict[UUID, list[Ticket]] = defaultdict(list)
    for ticket in tickets.values():
        by_connection[ticket.connection_id].append(ticket)
    for connection in Connection.objects.filter(pk__in=by_connection):
        group = {ticket.pk for ticket in by_connection[connection.pk]}
        seen: dict[UUID, Seen] = {}
        if connection.state == Connection.State.ACTIVE:
            with timed(Stage.READING):
                seen = asyncio.run(_look(open_adapter(connection), by_connection[connection.pk]))
        with timed(Stage.STORING):
            _store(connection, [one for one in claimed if one.object_id in group], seen, tickets)
    settle([one for one in claimed if one.object_id not in tickets])


async def _look(adapter: PlatformAdapter, tickets: Sequence[Ticket]) -> dict[UUID, Seen]:
    until = asyncio.get_running_loop().time() + FETCH_SECONDS

    async def one(ticket: Ticket) -> tuple[UUID, Seen]:
        try:
            async with asyncio.timeout_at(until):
                archived = ticket.state == Ticket.State.ARCHIVED
                return ticket.pk, await opened.fetch_ticket(ticket.remote_id, archived=archived)
        except NotFound:
            return ticket.pk, None
        except AppError as exc:
            return ticket.pk, None if hidden(exc) else exc
        except TimeoutError:
            return ticket.pk, ExternalUnavailable("the helpdesk did not give a ticket in time")

    async with adapter as opened:
        return dict(await asyncio.gather(*(one(ticket) for ticket in tickets)))


def _store(
    connection: Connection, claimed: Sequence[Claimed], seen: dict[UUID, Seen], tickets: dict[UUID, Ticket]
) -> None:
    done: list[Claimed] = []
    there: list[TicketData] = []
    gone: list[UUID] = []
    with transaction.atomic():
        for one in still_ours(claimed):
            answer = seen.get(one.object_id, ExternalUnavailable(code="connection_paused"))
            if isinstance(answer, RateLimited):
                defer([one], seconds=answer.retry_after)
            elif isinstance(answer, AppError):
                put_off([one], code=answer.code, passes=answer.retryable or stops_connection(answer))
            else:
                done.append(one)
                if answer is not None:
                    there.append(answer)
                elif not tickets[one.object_id].deleted:
                    gone.append(one.object_id)
        store_tickets(connection, there)
        # a look that told nothing of files would be owed again whenever somebody opens the ticket
        looked = Ticket.objects.filter(connection=connection, remote_id__in=[one.remote_id for one in there])
        looked.filter(files__isnull=True, deleted=False).update(files=[])
        remove_tickets(connection.pk, gone)
        settle(done)
    for answer in seen.values():
        if isinstance(answer, AppError) and stops_connection(answer):
            refuse(connection.pk, answer.code)
