"""Read the threads of changed tickets and store them, a batch in one transaction."""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.core.errors import AppError, CredentialsRejected, ExternalUnavailable, NotFound, RateLimited
from apps.core.text import detect_language, normalise
from apps.ingest.deletions import remove_tickets
from apps.ingest.files import hang_files, keep_files
from apps.ingest.links import store_merges
from apps.ingest.models import Outbox
from apps.ingest.outbox import Claimed, defer, owe, put_off, settle, still_ours
from apps.ingest.sql import move_versions, upsert_messages
from apps.ingest.timing import Stage, timed
from apps.ingest.unread import outcome_at_once, owe_files
from apps.platforms.base import AttachmentData, Fate, MessageData, PlatformAdapter
from apps.platforms.budget import AccountGate
from apps.platforms.connecting import open_adapter, refuse, stops_connection
from apps.platforms.models import Attachment, Connection, Message, Person, Ticket
from apps.platforms.registry import adapter_class
from apps.platforms.threaddata import ThreadData

IN_FLIGHT = 4  # threads asked for at once, of one connection: one more than its gate lets through, and waits there
FETCH_SECONDS = 35  # of a batch: what comes later would find the claim gone and be read twice
APART, TOGETHER = 20, 40  # tickets of a batch: asked for one by one; told in few calls
Read = ThreadData | Fate | AppError


def read_threads(claimed: Sequence[Claimed]) -> None:
    """Worker of Outbox.Kind.THREAD. Tickets that cannot be read are put off one by one."""
    rows = Ticket.objects.select_related("customer").filter(pk__in=[one.object_id for one in claimed])
    tickets = {ticket.pk: ticket for ticket in rows}
    by_connection: dict[UUID, list[Ticket]] = defaultdict(list)
    for ticket in tickets.values():
        by_connection[ticket.connection_id].append(ticket)
    answers: dict[UUID, Read] = {}
    for connection in Connection.objects.filter(pk__in=by_connection):
        group = by_connection[connection.pk]
        if connection.state == Connection.State.ACTIVE:
            answers |= _ask(connection, group)
    with timed(Stage.STORING):
        _store([one for one in claimed if one.object_id in answers or one.object_id not in tickets], tickets, answers)
    for one in claimed:
        if one.object_id in tickets and one.object_id not in answers:
            put_off([one], code="connection_paused", seconds=60)


def may_read() -> bool:
    """Whether an account that is read may be called now."""
    active = Connection.objects.filter(state=Connection.State.ACTIVE).values_list("pk", flat=True)
    return any(AccountGate(connection_id).wait() == 0 for connection_id in active)


def at_once() -> int:
    """How many tickets a batch has, by how the helpdesks that are read tell of threads."""
    active = Connection.objects.filter(state=Connection.State.ACTIVE).values_list("platform", flat=True).distinct()
    return TOGETHER if all(adapter_class(one).capabilities.thread_feed for one in active) else APART


def _ask(connection: Connection, tickets: Sequence[Ticket]) -> dict[UUID, Read]:
    try:
        adapter = open_adapter(connection)
    except AppError as exc:  # of this connection only: others of the batch are read all the same
        return {ticket.pk: exc for ticket in tickets}
    with timed(Stage.READING):
        return asyncio.run(_fetch(adapter, tickets))


async def _fetch(adapter: PlatformAdapter, tickets: Sequence[Ticket]) -> dict[UUID, Read]:
    gate = asyncio.Semaphore(IN_FLIGHT)
    until = asyncio.get_running_loop().time() + FETCH_SECONDS
    read = _fate if adapter.capabilities.thread_feed else _read

    async def one(ticket: Ticket) -> tuple[UUID, Read]:
        try:
            async with asyncio.timeout_at(until), gate:
                return ticket.pk, await read(opened, ticket)
        except TimeoutError:
            return ticket.pk, ExternalUnavailable("the helpdesk did not give a thread in time")

    async with adapter as opened:
        told = await _together(opened, tickets, until) if adapter.capabilities.thread_feed else {}
        rest = [ticket for ticket in tickets if ticket.pk not in told]
        return told | dict(await asyncio.gather(*(one(ticket) for ticket in rest)))


async def _together(adapter: PlatformAdapter, tickets: Sequence[Ticket], until: float) -> dict[UUID, Read]:
    """The threads that the helpdesk tells at once. What it does not name is missing: what became of it is still to be asked."""
    try:
        async with asyncio.timeout_at(until):
            told = await adapter.fetch_threads([ticket.remote_id for ticket in tickets])
    except TimeoutError:
        late = ExternalUnavailable("the helpdesk did not give the threads in time")
        return {ticket.pk: late for ticket in tickets}
    except AppError as exc:  # says nothing of a single ticket
        return {ticket.pk: exc for ticket in tickets}
    whole = {one.ticket_id: one for one in told if one.messages is not None}
    return {ticket.pk: whole[ticket.remote_id] for ticket in tickets if ticket.remote_id in whole}


async def _read(adapter: PlatformAdapter, ticket: Ticket) -> Read:
    """The thread, or what became of a ticket that is not there, or why neither could be read."""
    try:
        thread = await adapter.fetch_thread(ticket.remote_id)
        return ThreadData.model_construct(ticket_id=ticket.remote_id, messages=tuple(thread), files=None)
    except NotFound:
        return await _fate(adapter, ticket)
    except AppError as exc:
        return "forbidden" if hidden(exc) else exc


def hidden(error: AppError) -> bool:
    """The key is good, and may not see this ticket (any more)."""
    return isinstance(error, CredentialsRejected) and not stops_connection(error)


async def _fate(adapter: PlatformAdapter, ticket: Ticket) -> Read:
    try:
        return await adapter.probe(ticket.remote_id)
    except AppError as exc:
        return "forbidden" if hidden(exc) else exc


def _store(claimed: Sequence[Claimed], tickets: dict[UUID, Ticket], answers: dict[UUID, Read]) -> None:
    done: list[Claimed] = []
    threads: dict[UUID, ThreadData] = {}
    gone: dict[UUID, list[UUID]] = defaultdict(list)
    with transaction.atomic():
        for one in still_ours(claimed):
            answer = answers.get(one.object_id)
            if isinstance(answer, RateLimited):
                defer([one], seconds=answer.retry_after)
                continue
            if isinstance(answer, AppError):
                passes = answer.retryable or stops_connection(answer) or hidden(answer)
                put_off([one], code=answer.code, passes=passes)
                continue
            if answer in ("gone", "forbidden"):
                gone[tickets[one.object_id].connection_id].append(one.object_id)
            elif isinstance(answer, str):
                _lay_down(tickets[one.object_id], answer)
                put_off([one], code="thread_moved", seconds=5, passes=False)  # it was there a moment later: read it there
                continue
            elif answer is not None:
                threads[one.object_id] = answer
            done.append(one)
        store_threads([(tickets[key], list(thread.messages or ())) for key, thread in threads.items()])
        _keep_files(tickets, threads)
        for connection_id, ids in gone.items():
            remove_tickets(connection_id, ids)
        settle(done)
    refused = {
        tickets[key].connection_id: answer.code
        for key, answer in answers.items()
        if isinstance(answer, AppError) and stops_connection(answer)
    }
    for connection_id, code in refused.items():
        refuse(connection_id, code)


def _keep_files(tickets: dict[UUID, Ticket], threads: dict[UUID, ThreadData]) -> None:
    """Those that came with the threads."""
    told: dict[UUID, dict[str, Sequence[AttachmentData]]] = defaultdict(dict)
    for key, thread in threads.items():
        if thread.files is not None:
            told[tickets[key].connection_id][thread.ticket_id] = thread.files
    for connection in Connection.objects.filter(pk__in=told):
        keep_files(connection, told[connection.pk])


def _lay_down(ticket: Ticket, fate: str) -> None:
    """The thread is not where it was: the ticket moved to spam, trash or archive."""
    if fate != "live":
        Ticket.objects.filter(pk=ticket.pk).update(state=fate)
    owe(Outbox.Kind.INDEX_TICKET, [ticket.pk], priority=1)


def store_threads(threads: Sequence[tuple[Ticket, list[MessageData]]]) -> None:
    """Messages of several tickets by one COPY; what is no longer in a thread goes; versions move."""
    _lock([ticket.pk for ticket, _ in threads])
    people = names_of(threads)
    rows = [row for ticket, thread in threads for row in message_rows(ticket, thread, people)]
    upsert_messages(rows)
    _remove_messages(threads)
    _store_attachments(threads)
    hang_files([ticket.pk for ticket, _ in threads])
    owe_files([ticket.pk for ticket, _ in threads])
    store_merges(threads)
    move_versions([version_of(ticket, thread) for ticket, thread in threads])
    owe(Outbox.Kind.INDEX_TICKET, [ticket.pk for ticket, _ in threads if not ticket.is_solved], priority=3)
    owe(Outbox.Kind.INDEX_TICKET, [ticket.pk for ticket, _ in threads if ticket.is_solved], priority=4)


def _lock(ticket_ids: Sequence[UUID]) -> None:
    """In the order of ids, before the first row of theirs: two who store the same threads, a walk and a read of its own, wait
    for each other once and never in a ring."""
    rows = Ticket.objects.select_for_update(no_key=True).filter(pk__in=ticket_ids)
    list(rows.order_by("pk").values_list("pk"))


def names_of(threads: Sequence[tuple[Ticket, list[MessageData]]]) -> dict[tuple[UUID, str], str]:
    """{(connection, remote id): name}"""
    wanted: dict[UUID, set[str]] = defaultdict(set)
    for ticket, thread in threads:
        wanted[ticket.connection_id] |= {message.author_id for message in thread if message.author_id}
    query = Q(pk__in=[])
    for connection_id, remote_ids in wanted.items():
        query |= Q(connection_id=connection_id, remote_id__in=remote_ids)
    rows = Person.objects.filter(query).values_list("connection_id", "remote_id", "name", "email")
    return {(connection_id, remote_id): name or email for connection_id, remote_id, name, email in rows}


def message_rows(
    ticket: Ticket, thread: list[MessageData], people: dict[tuple[UUID, str], str]
) -> list[tuple[Any, ...]]:
    customer = ticket.customer.name or ticket.customer.email if ticket.customer else ""
    digest = hashlib.sha256((ticket.description_html + "\0" + ticket.description_text).encode()).hexdigest()
    hint = ticket.language or "en"
    first = (
        ticket.pk, "description", 1, Message.Kind.DESCRIPTION, Message.Author.CUSTOMER, customer,
        ticket.customer.remote_id if ticket.customer else "", "public", ticket.description_html,
        ticket.description_text, hint, ticket.created_at, ticket.created_at, digest,
    )  # fmt: skip
    rows = [first]
    for number, message in enumerate(sorted(thread, key=_order), start=2):
        name = people.get((ticket.connection_id, message.author_id or ""), "")
        kind = Message.Kind.REPLY if message.visibility == "public" else Message.Kind.NOTE
        text = message.text.replace("\x00", "")
        rows.append((
            ticket.pk, message.remote_id, number, kind, message.author, name, message.author_id or "",
            message.visibility, message.html.replace("\x00", ""), text, detect_language(text, hint=hint),
            message.created_at, message.updated_at, message.raw_hash,
        ))  # fmt: skip
    return rows


def _order(message: MessageData) -> tuple[Any, int, str]:
    """Times may be equal: the id decides (contract 2.2)."""
    number = int(message.remote_id) if message.remote_id.isdecimal() else 0
    return (message.created_at, number, message.remote_id)


def _remove_messages(threads: Sequence[tuple[Ticket, list[MessageData]]]) -> None:
    kept = {(ticket.pk, message.remote_id) for ticket, thread in threads for message in thread}
    held = Message.objects.filter(ticket__in=[ticket.pk for ticket, _ in threads]).exclude(remote_id="description")
    rows = held.values_list("ticket_id", "remote_id", "id")
    if stale := [row[2] for row in rows if row[:2] not in kept]:
        Message.objects.filter(pk__in=stale).delete()


def _store_attachments(threads: Sequence[tuple[Ticket, list[MessageData]]]) -> None:
    files = [(ticket.pk, one.remote_id, file) for ticket, thread in threads for one in thread for file in one.attachments]
    kept = {(ticket_id, file.remote_id) for ticket_id, _, file in files}
    held = Attachment.objects.filter(message__ticket__in=[ticket.pk for ticket, _ in threads])
    held = held.exclude(message__kind=Message.Kind.DESCRIPTION)
    rows = held.values_list("message__ticket_id", "remote_id", "id")
    if stale := [row[2] for row in rows if row[:2] not in kept]:
        Attachment.objects.filter(pk__in=stale).delete()
    if not files:
        return
    messages = Message.objects.filter(ticket__in={row[0] for row in files}, remote_id__in={row[1] for row in files})
    ids = {row[:2]: row[2] for row in messages.values_list("ticket_id", "remote_id", "id")}
    Attachment.objects.bulk_create(
        [
            Attachment(
                message_id=ids[ticket_id, remote_id], remote_id=file.remote_id, name=file.name[:300],
                content_type=file.content_type[:120], size=file.size,
                outcome=outcome_at_once(file.name, file.content_type, file.size),
            )
            for ticket_id, remote_id, file in files
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def fingerprint_of(ticket: Ticket, thread: list[MessageData]) -> str:
    """A fingerprint of all that a brief is made from, so a repeat gives the same one."""
    mark = hashlib.sha256()
    mark.update(f"{ticket.subject}\0{normalise(ticket.description_text)}\0{ticket.status_category}".encode())
    for message in sorted(thread, key=_order):
        mark.update(f"\0{message.remote_id}\0{message.visibility}\0{normalise(message.text)}".encode())
    return mark.hexdigest()[:32]


def version_of(ticket: Ticket, thread: list[MessageData]) -> tuple[UUID, str, int, datetime | None]:
    last = max((message.created_at for message in thread), default=ticket.created_at)
    solved_at = (ticket.solved_at or last) if ticket.is_solved else None
    return ticket.pk, fingerprint_of(ticket, thread), len(thread) + 1, solved_at
