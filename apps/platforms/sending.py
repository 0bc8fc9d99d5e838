"""Does what people ordered, in the helpdesk: at least once tried, once done (docs/decisions/0064).

A helpdesk knows no key of ours. So the row says `sending` before any call is made; after a call whose outcome nobody
knows, and after a caller that died, the ticket is read first, and only what is not found there is tried again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.core.audit import record
from apps.core.errors import AppError, EffectUnknown, ExternalUnavailable, NotFound, RateLimited
from apps.platforms.base import MessageData, PlatformAdapter, TicketData
from apps.platforms.changes import TicketChange
from apps.platforms.connecting import open_adapter, refuse, stops_connection
from apps.platforms.markup import same, to_html
from apps.platforms.models import Connection, Message, Ticket
from apps.platforms.outgoing import Outgoing
from apps.platforms.signals import written

CALL_SECONDS = 25  # of a write, its wait for the budget included
LOOK_SECONDS = 20
LEASE_SECONDS = 60  # more than both: whoever is late finds the fence moved
ARRIVES_SECONDS = 30  # a call that nobody heard the end of may arrive so late
SOON_SECONDS = 5  # after an answer, if a bad one
LOOK_SOON_SECONDS = 2  # it was done at once, most times
TRIES = 6
LATE = timedelta(hours=1)  # what waited so long is not sent without asking
SLACK = timedelta(seconds=2)  # of whole seconds
State = Outgoing.State
Done = MessageData | TicketData
Work = Callable[["Turn", PlatformAdapter], Awaitable[Done | None]]
log = structlog.get_logger("deskhand.platforms")


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to try one order, until the lease ends or somebody has a higher fence."""

    order: Outgoing
    fence: int
    doubtful: bool  # a call may have been made: look first
    others: frozenset[str] = frozenset()  # messages of the ticket that other orders became


def due_orders() -> list[UUID]:
    """Orders that nobody works on and that are due."""
    now = timezone.now()
    rows = Outgoing.objects.filter(state__in=Outgoing.OPEN, ended_at=None, due_at__lte=now).exclude(claimed_until__gt=now)
    return list(rows.values_list("pk", flat=True)[:100])


def send(order_id: UUID) -> None:
    """One turn: looks where there is doubt, calls where there is none. Nothing happens when it is not due."""
    turn = _take(order_id)
    if turn is None:
        return
    if turn.doubtful:
        found = _ask(turn, _look, LOOK_SECONDS)
        if found is not None or not _may_repeat(turn.order):
            _settle_look(turn, found)
            return
        if turn.order.attempts >= TRIES:
            _close(turn, State.FAILED, "gave_up")
            return
    if _begin(turn):
        _settle_call(turn, _ask(turn, _call, CALL_SECONDS))


def _take(order_id: UUID) -> Turn | None:
    now = timezone.now()
    with transaction.atomic():
        rows = Outgoing.objects.select_for_update(of=("self",), skip_locked=True)
        rows = rows.filter(pk=order_id, state__in=Outgoing.OPEN, due_at__lte=now).exclude(claimed_until__gt=now)
        order = rows.select_related("ticket__connection", "agent", "user").first()
        if order is None or _waits(order, now):
            return None
        doubtful = order.state != State.QUEUED
        order.fence += 1
        order.claimed_until = now + timedelta(seconds=LEASE_SECONDS)
        order.state = State.UNKNOWN if doubtful else order.state
        order.save(update_fields=["fence", "claimed_until", "state"])
        others = Outgoing.objects.filter(ticket=order.ticket_id).exclude(remote_id="")
        return Turn(order, order.fence, doubtful, frozenset(others.values_list("remote_id", flat=True)))


def _waits(order: Outgoing, now: datetime) -> bool:
    """Whether it is not its turn: then it says until when it waits, or that it is over."""
    if Outgoing.objects.filter(ticket=order.ticket_id, state__in=Outgoing.OPEN, pk__lt=order.pk).exists():
        order.due_at = now + timedelta(seconds=1)  # one after the other, or none could be told from its neighbour
        order.save(update_fields=["due_at"])
        return True
    late = now - order.ordered_at >= LATE
    if order.state == State.QUEUED and (late or order.agent is None):
        _end(order, State.FAILED, "too_late" if late else "agent_unmapped")
        return True
    if order.ticket.connection.state != Connection.State.ACTIVE:
        order.due_at, order.code = now + timedelta(seconds=30), "connection_paused"
        order.save(update_fields=["due_at", "code"])
        return True
    return False


def _may_repeat(order: Outgoing) -> bool:
    return order.repeat_at is None or order.repeat_at <= timezone.now()


def _begin(turn: Turn) -> bool:
    """Say that a call is being made, before it is. False: the turn is somebody else's by now."""
    now = timezone.now()
    rows = Outgoing.objects.filter(pk=turn.order.pk, fence=turn.fence, state__in=Outgoing.OPEN)
    if turn.order.began_at is None:
        thread = Message.objects.filter(ticket=turn.order.ticket_id).exclude(remote_id="description").order_by("-number")
        rows.update(began_at=now, after=thread.values_list("remote_id", flat=True).first() or "")
    begun = rows.update(
        state=State.SENDING, attempts=F("attempts") + 1, code="", claimed_until=now + timedelta(seconds=LEASE_SECONDS),
        repeat_at=now + timedelta(seconds=CALL_SECONDS + ARRIVES_SECONDS),
    )  # fmt: skip
    return bool(begun)


def _ask(turn: Turn, work: Work, seconds: float) -> Done | AppError | None:
    """Opening needs the database, so it is done before the event loop runs; no transaction is open."""
    try:
        adapter = open_adapter(turn.order.ticket.connection, urgent=True)
    except AppError as exc:
        return exc
    return asyncio.run(_guarded(turn, adapter, work, seconds))


async def _guarded(turn: Turn, adapter: PlatformAdapter, work: Work, seconds: float) -> Done | AppError | None:
    try:
        async with adapter as opened, asyncio.timeout(seconds):
            return await work(turn, opened)
    except TimeoutError:
        return EffectUnknown("the helpdesk did not answer in time")
    except AppError as exc:
        return exc


async def _call(turn: Turn, adapter: PlatformAdapter) -> Done:
    """The one place from which something is written to a helpdesk."""
    order = turn.order
    number, agent = order.ticket.remote_id, order.agent.remote_id if order.agent else ""
    if order.kind == Outgoing.Kind.UPDATE:
        return await adapter.update_ticket(number, TicketChange.model_validate(order.change))
    html = to_html(order.text)
    if order.kind == Outgoing.Kind.REPLY:
        return await adapter.post_reply(number, html, agent_id=agent)
    return await adapter.post_note(number, html, private=True, agent_id=agent)


async def _look(turn: Turn, adapter: PlatformAdapter) -> Done | None:
    """What became of it, read from the helpdesk; None: it is not there."""
    order = turn.order
    if order.kind == Outgoing.Kind.UPDATE:
        ticket = await adapter.fetch_ticket(order.ticket.remote_id)
        return ticket if _is_as_ordered(ticket, TicketChange.model_validate(order.change)) else None
    return await _find(turn, adapter)


async def _find(turn: Turn, adapter: PlatformAdapter) -> MessageData | None:
    """Among what came after the last message known before: the agent's, with these words, not older than the order."""
    order = turn.order
    thread = await adapter.fetch_thread(order.ticket.remote_id)
    places = {one.remote_id: place for place, one in enumerate(thread)}
    since = _since(order, adapter.clock())
    wanted = (order.agent.remote_id if order.agent else "", "public" if order.kind == Outgoing.Kind.REPLY else "private")
    for one in thread[places.get(order.after, -1) + 1 :]:
        fits = (one.author_id, one.visibility) == wanted and one.created_at >= since and one.remote_id not in turn.others
        if fits and same(order.text, one.text, one.html):
            return one
    return None


def _since(order: Outgoing, clock: datetime) -> datetime:
    """When the order began, by the helpdesk's clock."""
    return clock - (timezone.now() - (order.began_at or order.ordered_at)) - SLACK


def _is_as_ordered(ticket: TicketData, change: TicketChange) -> bool:
    pairs = (
        (change.status, str(ticket.status.value)), (change.priority, ticket.priority), (change.group_id, ticket.group_id or ""),
        (change.agent_id, ticket.agent_id or ""),
    )  # fmt: skip
    tags = change.tags is None or set(change.tags) == set(ticket.tags)
    return tags and all(wanted is None or wanted == there for wanted, there in pairs)


def _settle_look(turn: Turn, found: Done | AppError | None) -> None:
    now = timezone.now()
    if found is None:
        _put_off(turn, turn.order.repeat_at or now)
    elif not isinstance(found, AppError):
        _close(turn, State.SENT, "", found)
    elif isinstance(found, NotFound):
        _close(turn, State.FAILED, "ticket_gone")
    else:
        if stops_connection(found):
            refuse(turn.order.ticket.connection_id, found.code)
        age = (now - (turn.order.began_at or now)).total_seconds()
        wait = found.retry_after if isinstance(found, RateLimited) else min(max(age / 4, SOON_SECONDS), 600)
        _put_off(turn, now + timedelta(seconds=wait), code=found.code)


def _settle_call(turn: Turn, outcome: Done | AppError | None) -> None:
    now = timezone.now()
    if not isinstance(outcome, AppError):
        _close(turn, State.SENT, "", outcome)
    elif isinstance(outcome, EffectUnknown):
        log.warning("writing_unsure", kind=turn.order.kind, code=outcome.code)
        heard = outcome.code == "answer_unclear"
        _put_off(
            turn, now + timedelta(seconds=LOOK_SOON_SECONDS), state=State.UNKNOWN, code=outcome.code,
            repeat_at=now + timedelta(seconds=SOON_SECONDS if heard else ARRIVES_SECONDS),
        )  # fmt: skip
    elif isinstance(outcome, RateLimited | ExternalUnavailable):  # no call was made, or it was sent away at the door
        wait = outcome.retry_after if isinstance(outcome, RateLimited) else SOON_SECONDS
        _put_off(turn, now + timedelta(seconds=min(wait, 600)), state=State.QUEUED, code=outcome.code)
    else:
        if stops_connection(outcome):
            refuse(turn.order.ticket.connection_id, outcome.code)
        _close(turn, State.FAILED, outcome.code)


def _put_off(turn: Turn, due_at: datetime, **changes: object) -> None:
    rows = Outgoing.objects.filter(pk=turn.order.pk, fence=turn.fence, state__in=Outgoing.OPEN)
    rows.update(due_at=due_at, claimed_until=None, **changes)


def _close(turn: Turn, state: State, code: str, made: Done | None = None) -> None:
    """The end of it, with what it made in the mirror, in one transaction. Nothing when the turn is somebody else's now."""
    with transaction.atomic():
        order = Outgoing.objects.select_for_update().filter(pk=turn.order.pk, fence=turn.fence, state__in=Outgoing.OPEN).first()
        if order is None:
            return
        if isinstance(made, MessageData):
            order.remote_id = made.remote_id
        _end(order, state, code)
        ticket = Ticket.objects.select_related("customer", "connection").get(pk=order.ticket_id)
        if isinstance(made, MessageData):
            written.send(sender=Outgoing, ticket=ticket, message=made, changed=None)
        elif isinstance(made, TicketData):
            written.send(sender=Outgoing, ticket=ticket, message=None, changed=made)


def _end(order: Outgoing, state: State, code: str) -> None:
    order.state, order.code, order.ended_at, order.claimed_until = state, code[:60], timezone.now(), None
    order.save(update_fields=["state", "code", "ended_at", "claimed_until", "remote_id"])
    person = order.user.principal if order.user else ""
    facts = {"kind": str(order.kind), "outcome": str(state)} | ({"code": order.code} if code else {})
    transaction.on_commit(lambda: record("writing_ended", principal=person, subject=f"ticket:{order.ticket_id}", **facts))
