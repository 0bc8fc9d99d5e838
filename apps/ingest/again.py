"""Read single tickets, or index single things, once more because somebody says so (all of a company: reindexing.py)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.core.audit import record
from apps.core.errors import BadInput, Conflict, NotFound, RateLimited
from apps.ingest.hints import CHOSEN, tell
from apps.ingest.models import Hint, Outbox
from apps.ingest.reindexing import index_again
from apps.ingest.second import doubt_second
from apps.platforms.models import Article, Connection, Ticket
from apps.platforms.registry import adapter_class

_NUMBER, _NAME = re.compile(r"[0-9]{1,20}"), re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}")
AT_ONCE = 100  # numbers of a kind in one call: 200 credits
WAITING_MOST = 1000  # chosen tickets and others that wait to be read, before more may be chosen
PRIORITY = 2  # somebody asked for it
LEADS_TO_INDEX = (Outbox.Kind.THREAD, Outbox.Kind.LOOK, Outbox.Kind.INDEX_TICKET)
ENDS = (*LEADS_TO_INDEX, Outbox.Kind.INDEX_ARTICLE, Outbox.Kind.SECOND_ARTICLE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: `hints` to read, `objects` (tickets and articles) whose work follows. `unknown`: numbers that
    nothing is held of."""

    objects: list[UUID]
    hints: list[UUID] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def left(self) -> int:
        """Steps that are still owed for it; 0 when all is mirrored and indexed, or could not be (`failed`)."""
        found = self.objects + self._found()
        waiting = Q(kind=Outbox.Kind.HINT, object_id__in=self.hints) | Q(kind__in=ENDS, object_id__in=found)
        return Outbox.objects.filter(waiting).count()

    def failed(self) -> dict[str, str]:
        """{number: code} of tickets whose last read brought nothing."""
        return dict(Hint.objects.filter(pk__in=self.hints).exclude(error="").values_list("remote_id", "error"))

    def _found(self) -> list[UUID]:
        """Tickets that were not held when they were asked for."""
        if not (self.unknown and self.hints):
            return []
        mine = Hint.objects.filter(pk__in=self.hints, remote_id__in=self.unknown).values("connection_id")
        return list(Ticket.objects.filter(connection_id__in=mine, remote_id__in=self.unknown).values_list("pk", flat=True))


def sync_tickets(numbers: Sequence[str]) -> Asked:
    """Have these tickets read as they are now, each with its thread: two credits (one we do not hold: three), out of what
    background work may use of the account. Asked for again before it is read, a ticket is read once.

    `numbers` are the helpdesk's; one that is held is asked for in its account, any other in every account. What has not
    changed is neither stored nor indexed again. Raises BadInput, NotFound without a connection, Conflict when their
    connection is not read, RateLimited when too many wait.
    """
    wanted = numbers_of("tickets", numbers)
    if not wanted:
        raise BadInput("tickets: no number. Name the tickets by the numbers the helpdesk shows, for example 4711.", code="nothing_named")
    states = dict(Connection.objects.values_list("pk", "state"))
    if not states:
        raise NotFound("This company has no connection. Make one with connect.", code="connection_missing")
    active = [key for key, state in states.items() if state == Connection.State.ACTIVE]
    if not active:
        raise Conflict("No connection of this company is being read.", code="sync_paused")
    held = list(Ticket.objects.named(*wanted).values_list("connection_id", "remote_id", "pk", "number"))
    readable = {name for row in held if row[0] in active for name in (row[1], row[3]) if name}
    if stuck := sum(readable.isdisjoint((row[1], row[3])) for row in held):
        raise Conflict(f"tickets: {stuck} of them belong to a connection that is not being read.", code="sync_paused")
    if Outbox.objects.filter(kind=Outbox.Kind.HINT).count() >= WAITING_MOST:
        raise RateLimited(f"{WAITING_MOST} tickets wait to be read already", retry_after=60, code="too_many_waiting")
    unknown = [one for one in wanted if readable.isdisjoint((one, one.upper()))]
    record("tickets_synced", count=len(wanted))
    hints: list[UUID] = []
    for connection_id in active:
        mine = [row[1] for row in held if row[0] == connection_id] + unknown
        tell(connection_id, mine, priority=CHOSEN)
        hints += Hint.objects.filter(connection=connection_id, remote_id__in=mine).values_list("pk", flat=True)
    return Asked([row[2] for row in held if row[0] in active], hints, unknown)


def reindex(*, tickets: Sequence[str] = (), articles: Sequence[str] = (), afresh: bool = False) -> Asked:
    """Owe the index of these, by the helpdesk's numbers. Nothing is asked of the helpdesk.

    Unchanged text keeps its vectors unless `afresh`: then those of both meanings are computed anew, and serve until they
    are. Raises BadInput when nothing or too much is named, ExternalUnavailable when the vector engine is down (`afresh`).
    """
    named = {"tickets": numbers_of("tickets", tickets), "articles": numbers_of("articles", articles)}
    if not any(named.values()):
        raise BadInput("tickets, articles: nothing is named. Name some by the helpdesk’s numbers, or all.", code="nothing_named")
    held = list(Ticket.objects.named(*named["tickets"]).values_list("pk", "remote_id", "number"))
    books = list(Article.objects.filter(remote_id__in=named["articles"]).values_list("pk", "remote_id"))
    record("reindex_ordered", count=len(held) + len(books), mode="afresh" if afresh else "changed")
    found = [row[0] for row in held], [row[0] for row in books]
    if afresh:
        doubt_second(found[1])
    with transaction.atomic():
        index_again(*found, afresh=afresh, priority=PRIORITY)
    known = {name for row in held for name in row[1:] if name}, {row[1] for row in books}
    unknown = [one for some, here in zip(named.values(), known, strict=True) for one in some if here.isdisjoint((one, one.upper()))]
    return Asked([*found[0], *found[1]], unknown=unknown)


def numbers_of(name: str, given: Sequence[str]) -> list[str]:
    """Numbers or ids of the connected helpdesks without doubles. Raises BadInput, which says where and how to mend it."""
    digits = all(adapter_class(one).ids_are_numbers for one in Connection.objects.values_list("platform", flat=True).distinct())
    wanted = list(dict.fromkeys(one.strip() for one in given if one.strip()))
    if len(wanted) > AT_ONCE:
        raise BadInput(f"{name}: {len(wanted)} numbers, at most {AT_ONCE} at once. Send the rest in another call.", code="too_many")
    for place, one in enumerate(wanted, start=1):
        if not (_NUMBER if digits else _NAME).fullmatch(one):
            raise BadInput(f"{name}: entry {place} is not a number. Use those the helpdesk shows, for example 4711.", code="number_invalid")
    return wanted
