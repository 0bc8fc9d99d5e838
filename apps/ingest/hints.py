"""Hints: a ticket may have changed (its helpdesk said so), or is open on somebody's screen. Each makes it due for a read of
its own, before all other work; what a hint says is not believed, and whatever hints miss the feeds bring (decision 0065)."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import compress
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from apps.core.errors import AppError, ExternalUnavailable, NotFound, RateLimited
from apps.ingest.models import Hint, Outbox, Stream
from apps.ingest.outbox import Claimed, defer, owe, put_off, settle, still_ours
from apps.ingest.sql import hint_rows
from apps.ingest.streams import FETCH_SECONDS
from apps.ingest.sync import OPEN_FIRST, store_tickets
from apps.ingest.threads import IN_FLIGHT, fingerprint_of, hidden, store_threads
from apps.ingest.timing import Stage, timed
from apps.platforms.base import Case, PlatformAdapter, StatusData
from apps.platforms.budget import AccountGate
from apps.platforms.connecting import open_adapter, refuse, stops_connection
from apps.platforms.models import Connection, Ticket
from apps.tenancy import looks
from apps.tenancy.context import current_company

OPENED, TOLD, CHOSEN = 0, 1, 2  # priorities: an agent waits; a helpdesk told; somebody chose it, perhaps one of a thousand
APART_SECONDS = 10  # between two reads of a ticket, however many hints come
OPENED_SECONDS = 60  # a ticket that is opened again and again is asked for once in so many
PATIENCE = timedelta(seconds=20)  # after it a page no longer says that it is asking
TRIES = 5  # then the feeds bring it
KEPT = timedelta(days=1)
WAITS = "ingest.hint"  # name of the mark: a hint of this ticket waits to be read
Seen = Case | None | AppError  # None: not there for us


@dataclass(frozen=True, slots=True)
class Live:
    """How fresh a ticket on a screen is. `as_of`: when the helpdesk was last asked; `asking`: it is being asked now;
    `error`: a code, why the last question brought nothing; '' otherwise."""

    as_of: datetime | None
    asking: bool = False
    error: str = ""


def tell(connection_id: UUID, remote_ids: Iterable[str], *, priority: int = TOLD) -> int:
    """These tickets may have changed. Returns for how many that was news: of the others a hint waits already.

    Cheap enough for a thousand a second: what waits costs a question to the cache server. Enqueues nothing.
    """
    numbers = list(dict.fromkeys(remote_ids))
    marks = [mark(connection_id, one) for one in numbers]
    news = looks.announce_all(current_company().company_id, marks, APART_SECONDS)
    return owe_reads(connection_id, list(compress(numbers, news)), priority=priority)


def mark(connection_id: UUID, remote_id: str) -> looks.Look:
    """What stands in the cache server while a hint of this ticket waits."""
    return WAITS, (str(connection_id), remote_id)


def owe_reads(connection_id: UUID, fresh: Sequence[str], *, priority: int = TOLD) -> int:
    """A hint of each ticket, whose mark the caller has just set; how many. Without them none waits, and no mark stays."""
    if not fresh:
        return 0
    try:
        with transaction.atomic():
            hint_rows(connection_id, list(fresh), kind=Outbox.Kind.HINT, priority=priority, seconds=APART_SECONDS)
    except Exception:
        for one in fresh:
            looks.begin(current_company().company_id, *mark(connection_id, one), {})
        raise
    return len(fresh)


def live(ticket: Ticket) -> Live:
    """What is known, asking nothing."""
    hint = Hint.objects.filter(connection=ticket.connection_id, remote_id=ticket.remote_id).first()
    feed = Stream.objects.filter(connection=ticket.connection_id, kind=Stream.Kind.TICKETS)
    read = feed.values_list("completed_at", flat=True).first()
    known = [one for one in (read, hint.seen_at if hint else None) if one is not None]
    as_of = max(known, default=None)
    if hint is None:
        return Live(as_of)
    waits = hint.read_at is None or hint.read_at < hint.heard_at or (hint.seen_at != hint.read_at and not hint.error)
    asking = waits and timezone.now() - hint.heard_at < PATIENCE
    return Live(as_of, asking, "" if asking else hint.error or ("late" if waits else ""))


def opened(ticket: Ticket, connection: Connection) -> bool:
    """An agent opens the ticket: the helpdesk is asked, unless it was within the last minute. Whether a worker is wanted."""
    if connection.state != Connection.State.ACTIVE:
        return False
    recent = Hint.objects.filter(connection=connection, remote_id=ticket.remote_id)
    if recent.filter(heard_at__gt=timezone.now() - timedelta(seconds=OPENED_SECONDS)).exists():
        chosen = Outbox.objects.filter(kind=Outbox.Kind.HINT, object_id__in=recent.values("pk"), priority__gt=TOLD)
        return bool(chosen.update(priority=OPENED))
    return bool(tell(connection.pk, [ticket.remote_id], priority=OPENED))


def may_ask() -> bool:
    """Whether an account may be called by somebody who waits."""
    active = Connection.objects.filter(state=Connection.State.ACTIVE).values_list("pk", flat=True)
    return any(AccountGate(connection_id, urgent=True).wait() == 0 for connection_id in active)


def sweep_hints() -> int:
    """Forget those that have had their day. How many."""
    owed = Outbox.objects.filter(kind=Outbox.Kind.HINT, object_id=OuterRef("pk"))
    return Hint.objects.filter(heard_at__lt=timezone.now() - KEPT).exclude(Exists(owed)).delete()[0]


def read_hints(claimed: Sequence[Claimed]) -> None:
    """Worker of Outbox.Kind.HINT: the ticket with its thread, as it is now."""
    hints = {one.pk: one for one in Hint.objects.select_related("connection").filter(pk__in=[one.object_id for one in claimed])}
    began = _begin(claimed, hints.values())
    # What was chosen takes of the account what background work may take, and leaves the rest to whoever waits.
    chosen = set(Outbox.objects.filter(id__in=[one.id for one in claimed], priority__gt=TOLD).values_list("object_id", flat=True))
    groups: dict[tuple[Connection, bool], list[Hint]] = defaultdict(list)
    for hint in hints.values():
        groups[hint.connection, hint.pk not in chosen].append(hint)
    for (connection, urgent), group in groups.items():
        mine = [one for one in claimed if one.object_id in {hint.pk for hint in group}]
        if connection.state != Connection.State.ACTIVE:
            settle(mine)
            continue
        held = dict(Ticket.objects.filter(connection=connection, remote_id__in=[one.remote_id for one in group]).values_list("remote_id", "thread_version"))
        try:
            adapter = open_adapter(connection, urgent=urgent)
        except AppError as exc:
            seen: dict[UUID, Seen] = {hint.pk: exc for hint in group}
        else:
            with timed(Stage.READING):
                seen = asyncio.run(_fetch(adapter, connection, group, set(held)))
        with timed(Stage.STORING):
            _store(connection, mine, hints, seen, held, began)
    settle([one for one in claimed if one.object_id not in hints])


def _begin(claimed: Sequence[Claimed], hints: Iterable[Hint]) -> datetime:
    """What is heard from now on is another read, APART_SECONDS from now at the earliest."""
    began, company_id = timezone.now(), current_company().company_id
    with transaction.atomic():
        _lock(one.pk for one in hints)
        for one in claimed:
            Outbox.objects.filter(id=one.id, claim=one.claim).update(due_at=began + timedelta(seconds=APART_SECONDS))
        Hint.objects.filter(pk__in=[one.pk for one in hints]).update(read_at=began, error="")
    for hint in hints:
        looks.begin(company_id, *mark(hint.connection_id, hint.remote_id), {})
    return began


def _lock(ids: Iterable[UUID]) -> None:
    """The hints before what is owed for them, in the order in which they are told: nobody waits for who waits for them."""
    list(Hint.objects.select_for_update().filter(pk__in=list(ids)).order_by("connection_id", "remote_id").values_list("pk"))


async def _fetch(adapter: PlatformAdapter, connection: Connection, hints: Sequence[Hint], known: set[str]) -> dict[UUID, Seen]:
    statuses = [StatusData.model_validate(row) for row in connection.statuses]
    gate, until = asyncio.Semaphore(IN_FLIGHT), asyncio.get_running_loop().time() + FETCH_SECONDS

    async def one(hint: Hint) -> tuple[UUID, Seen]:
        try:
            async with asyncio.timeout_at(until), gate:
                named = hint.remote_id not in known
                return hint.pk, await opened_one.fetch_case(hint.remote_id, statuses=statuses, named=named)
        except NotFound:
            return hint.pk, None
        except AppError as exc:
            return hint.pk, None if hidden(exc) else exc
        except TimeoutError:
            return hint.pk, ExternalUnavailable("the helpdesk did not give a ticket in time")

    async with adapter as opened_one:
        return dict(await asyncio.gather(*(one(hint) for hint in hints)))


def _store(
    connection: Connection, claimed: Sequence[Claimed], hints: dict[UUID, Hint], seen: dict[UUID, Seen],
    held: dict[str, str], began: datetime,
) -> None:  # fmt: skip
    done: list[Claimed] = []
    cases: list[Case] = []
    errors: dict[UUID, str] = {}
    with transaction.atomic():
        _lock(one.object_id for one in claimed)
        for one in still_ours(claimed):
            answer = seen[one.object_id]
            if isinstance(answer, AppError):
                errors[one.object_id] = answer.code[:60]
                _later(one, answer, done)
                continue
            done.append(one)
            if answer is not None:
                cases.append(answer)
            else:  # gone, archived or out of the key's sight: a look tells which, and removes what is to be removed
                gone = Ticket.objects.filter(connection=connection, remote_id=hints[one.object_id].remote_id, deleted=False)
                owe(Outbox.Kind.LOOK, list(gone.values_list("pk", flat=True)), priority=TOLD)
        _store_cases(connection, cases, held)
        settle(done)
        for pk, code in errors.items():
            Hint.objects.filter(pk=pk).update(error=code)
        Hint.objects.filter(pk__in=[one.object_id for one in done]).exclude(pk__in=errors).update(seen_at=began, error="")
    for answer in seen.values():
        if isinstance(answer, AppError) and stops_connection(answer):
            refuse(connection.pk, answer.code)


def _later(one: Claimed, error: AppError, done: list[Claimed]) -> None:
    """A few tries, at least APART_SECONDS apart; then it is done with."""
    if isinstance(error, RateLimited):
        defer([one], seconds=max(error.retry_after, APART_SECONDS))
    elif one.attempts + 1 < TRIES:
        put_off([one], code=error.code, seconds=max(APART_SECONDS, 2 ** (one.attempts + 3)))
    else:
        done.append(one)


def _store_cases(connection: Connection, cases: Sequence[Case], held: dict[str, str]) -> None:
    """Rows and threads as they were read; a thread that somebody else stored meanwhile, or reads now, is owed once more."""
    if not cases:
        return
    store_tickets(connection, [ticket for ticket, _ in cases])
    threads = {ticket.remote_id: thread for ticket, thread in cases}
    rows = Ticket.objects.select_for_update(of=("self",)).select_related("customer").filter(connection=connection, remote_id__in=threads)
    tickets = list(rows.order_by("pk"))
    owed = Outbox.objects.filter(kind=Outbox.Kind.THREAD, object_id__in=[one.pk for one in tickets])
    under_way = set(owed.filter(claimed_until__gt=timezone.now()).values_list("object_id", flat=True))
    asked = set(owed.values_list("object_id", flat=True))  # by what has just changed, too
    moved = [one for one in tickets if one.thread_version not in ("", held.get(one.remote_id, ""))]
    read = [one for one in tickets if one not in moved]
    changed = [one for one in read if one.pk in asked or fingerprint_of(one, threads[one.remote_id]) != one.thread_version]
    store_threads([(one, threads[one.remote_id]) for one in changed])
    Outbox.objects.filter(kind=Outbox.Kind.INDEX_TICKET, object_id__in=[one.pk for one in changed]).update(priority=TOLD)
    Ticket.objects.filter(pk__in=[one.pk for one in read], files__isnull=True).update(files=[])  # as a look would
    free = Q(claimed_until=None) | Q(claimed_until__lte=timezone.now())
    answered = Outbox.objects.filter(free, kind__in=(Outbox.Kind.THREAD, Outbox.Kind.LOOK))
    answered.filter(object_id__in=[one.pk for one in read]).delete()  # what they ask for has just been read
    owe(Outbox.Kind.THREAD, [one.pk for one in tickets if one in moved or one.pk in under_way], priority=OPEN_FIRST)
