"""How many things of each kind a helpdesk has, the mirror holds and the index knows, a connection at a time.

Counting a large company takes seconds, so an answer is kept: the longer it took, the longer (decision 0048).
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncMonth, TruncWeek
from django.utils import timezone

from apps.ingest.deadletters import TICKET, row_key
from apps.ingest.models import DeadLetter, Outbox, Stream
from apps.platforms.models import Article, Connection, Message, Person, Ticket
from apps.search.models import Chunk
from apps.tenancy.cache import MISS, declare

COUNTS = declare("ingest.counts", seconds=600, most=1)
KEPT_SECONDS, KEPT_TIMES = 5.0, 20  # at least so long; so many times what counting took: a twentieth of the time goes into it
MOST_WEEKS, MOST_MONTHS = 26, 36  # bars of a chart that can still be told apart
UNREAD = (Outbox.Kind.THREAD, Outbox.Kind.INDEX_TICKET)  # what a ticket lacks that nobody can find by its words
UNINDEXED = (Outbox.Kind.INDEX_ARTICLE,)
Rows = dict[UUID, list[dict[str, Any]]]


def count_things() -> dict[str, Any]:
    """{"at", "totals": {"tickets", "messages", "articles", "chunks"}, "connections": {id: {"resources", "bars", "by"}}}.

    A resource: name, language of articles, `source` (None: not known) as told at `source_at`, `mirrored`, `indexed` (None: not
    a thing of the index). A bar: the tickets of a week or month, named by its first day; `read` of them with their thread.
    """
    kept = COUNTS.get("all")
    if kept is not MISS and time.time() < kept["until"]:
        found: dict[str, Any] = kept["found"]
        return found
    began = time.monotonic()
    found = {"at": timezone.now().isoformat(), "totals": totals(), "connections": _by_connection()}
    lasts = min(max(KEPT_SECONDS, KEPT_TIMES * (time.monotonic() - began)), COUNTS.seconds)
    COUNTS.put("all", value={"until": time.time() + lasts, "found": found})
    return found


def totals() -> dict[str, int]:
    """Of the company, counted now."""
    return {
        "tickets": Ticket.objects.shown().count(),
        "messages": Message.objects.count(),
        "articles": Article.objects.filter(deleted=False).count(),
        "chunks": Chunk.objects.count(),
    }


def _by_connection() -> dict[str, dict[str, Any]]:
    tickets, articles, people = _tickets(), _articles(), _people()
    by, bars = _bars()
    return {
        str(pk): {"resources": [*tickets[pk], *articles[pk], *people[pk]], "bars": bars[pk], "by": by}
        for pk in Connection.objects.values_list("pk", flat=True)
    }


def _resource(name: str, mirrored: int, *, indexed: int | None = None, source: int | None = None, at: Any = None, language: str = "") -> dict[str, Any]:
    told = at.isoformat() if isinstance(at, datetime) else at
    return {"name": name, "language": language, "source": source, "source_at": told, "mirrored": mirrored, "indexed": indexed}


def _tickets() -> Rows:
    """Tickets and their messages. The source is the helpdesk's own count, else what the last walk over all numbers met."""
    rows = Ticket.objects.filter(deleted=False).values_list("connection_id", "state")
    held: dict[UUID, Counter[str]] = defaultdict(Counter)
    messages: Counter[UUID] = Counter()
    for connection_id, state, count, entries in rows.annotate(Count("pk"), Sum("message_count")):
        held[connection_id][state] += count
        messages[connection_id] += entries or 0
    late = Ticket.objects.shown().filter(Q(thread_version="") | Q(pk__in=_owed(UNREAD)) | Q(pk__in=_set_aside(UNREAD)))
    unread = dict(late.values_list("connection_id").annotate(Count("pk")))
    found: Rows = defaultdict(list)
    for connection in Connection.objects.all():
        here, pk = held[connection.pk], connection.pk
        source, at = connection.check_report.get("tickets"), connection.checked_at
        if source is None:
            source, at = _walked(connection)
        archived, live = here[Ticket.State.ARCHIVED], here[Ticket.State.LIVE]
        found[pk] += [
            _resource("tickets", live, indexed=max(0, live - unread.get(pk, 0)), source=source, at=at),
            _resource("messages", messages[pk]),
        ]
        if archived:
            found[pk].append(_resource("archive", archived))
    return found


def _walked(connection: Connection) -> tuple[int | None, datetime | None]:
    walk = Stream.objects.filter(connection=connection, kind=Stream.Kind.IDS).exclude(completed_at=None).first()
    if walk is None:
        return None, None
    met = Ticket.objects.filter(connection=connection, state=Ticket.State.LIVE, sweep__gte=walk.sweep - 1).count()
    return met + _rows_aside(connection.pk, TICKET), walk.completed_at


def _articles() -> Rows:
    """Published articles, a language at a time. A walk over all of them that has ended has met every one."""
    rows = Article.objects.usable().values_list("connection_id", "language").annotate(Count("pk")).order_by("language")
    late = Article.objects.usable().filter(Q(pk__in=_owed(UNINDEXED)) | Q(pk__in=_set_aside(UNINDEXED)))
    owed = {(pk, language): count for pk, language, count in late.values_list("connection_id", "language").annotate(Count("pk"))}
    walks = dict(Stream.objects.filter(kind=Stream.Kind.ARTICLES).values_list("connection_id", "completed_at"))
    found: Rows = defaultdict(list)
    for pk, language, count in rows:
        read = walks.get(pk)
        indexed = count - owed.get((pk, language), 0)
        found[pk].append(_resource("articles", count, indexed=indexed, source=count if read else None, at=read, language=language))
    return found


def _people() -> Rows:
    rows = Person.objects.filter(kind=Person.Kind.CUSTOMER).values_list("connection_id").annotate(Count("pk"))
    return defaultdict(list, {pk: [_resource("customers", count)] for pk, count in rows})


def _bars() -> tuple[str, Rows]:
    """Tickets agents may meet by the week they were created, by month when that would be too many bars."""
    by, counts = "week", _created(TruncWeek)
    if len({begins for _pk, begins, _count, _read in counts}) > MOST_WEEKS:
        by, counts = "month", _created(TruncMonth)
    found: Rows = defaultdict(list)
    for pk, begins, count, read in counts:
        found[pk].append({"begins": begins.date().isoformat(), "count": count, "read": read})
    return by, defaultdict(list, {pk: bars[-MOST_MONTHS:] for pk, bars in found.items()})


def _created(cut: type[TruncWeek | TruncMonth]) -> list[tuple[UUID, datetime, int, int]]:
    rows = Ticket.objects.shown().annotate(begins=cut("created_at")).values_list("connection_id", "begins")
    return list(rows.annotate(Count("pk"), read=Count("pk", filter=~Q(thread_version=""))).order_by("begins"))


def _owed(kinds: Iterable[str]) -> Any:
    return Outbox.objects.filter(kind__in=kinds).values("object_id")


def _set_aside(kinds: Iterable[str]) -> list[UUID]:
    return [UUID(key) for key in DeadLetter.objects.filter(kind__in=kinds).values_list("key", flat=True)]


def _rows_aside(connection_id: UUID, kind: str) -> int:
    return DeadLetter.objects.filter(kind=kind, key__startswith=row_key(connection_id, "")).count()


