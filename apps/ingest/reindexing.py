"""Index all of a company once more: a walk over its tickets and articles that owes some at a time, so that they never stand
before other work as a mountain. The walk is a row of the outbox whose object is the id it has come to."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from apps.core.audit import record_on_commit
from apps.ingest.models import Outbox
from apps.ingest.outbox import WALKS, Claimed, owe, owes_more, settle, still_ours
from apps.ingest.second import doubt_second
from apps.platforms.models import Article, Ticket
from apps.search.models import Chunk

STEP = 200  # tickets and articles owed in a transaction
AHEAD = 400  # that may wait to be indexed before more are owed
LATER = 6  # priority: what a helpdesk has just told goes first
START = UUID(int=0)
INDEXES = (Outbox.Kind.INDEX_TICKET, Outbox.Kind.INDEX_ARTICLE)


def reindex_all(*, afresh: bool = False) -> int:
    """Begin the walk, or begin it anew. Returns how many tickets and articles it has before it.

    `afresh`: vectors of unchanged text are computed anew too; a walk that does so is not replaced by one that does not.
    """
    with transaction.atomic():
        under_way = Outbox.objects.filter(kind__in=WALKS)
        afresh = afresh or under_way.filter(kind=Outbox.Kind.REINDEX_AFRESH).exists()
        under_way.delete()  # a worker in the middle of it finds that its step is nobody's any more
        owe(Outbox.Kind.REINDEX_AFRESH if afresh else Outbox.Kind.REINDEX, [START], priority=LATER)
        count = _beyond(START)
        record_on_commit("reindex_ordered", count=count, mode="afresh" if afresh else "changed")
    return count


def reindexing_left() -> int:
    """Tickets and articles that the walk has not come to, and those that wait to be indexed; 0 when it is over."""
    at = Outbox.objects.filter(kind__in=WALKS).values_list("object_id", flat=True).first()
    waiting = Outbox.objects.filter(kind__in=(*INDEXES, Outbox.Kind.SECOND_ARTICLE)).count()
    return waiting + (max(_beyond(at), 1) if at is not None else 0)


def may_walk() -> bool:
    """Whether little enough waits to be indexed."""
    return not any(owes_more(kind, AHEAD) for kind in INDEXES)


def walk_on(claimed: Sequence[Claimed]) -> None:
    """Worker of Outbox.Kind.REINDEX."""
    _step(claimed, afresh=False)


def walk_afresh(claimed: Sequence[Claimed]) -> None:
    """Worker of Outbox.Kind.REINDEX_AFRESH. Raises ExternalUnavailable when the vector engine is down."""
    _step(claimed, afresh=True)


def _step(claimed: Sequence[Claimed], *, afresh: bool) -> None:
    """The next ones are owed and the walk stands behind them in one transaction."""
    kind = Outbox.Kind.REINDEX_AFRESH if afresh else Outbox.Kind.REINDEX
    for one in claimed:
        tickets, articles = _next(Ticket, one.object_id), _next(Article, one.object_id)
        ids = sorted([*tickets, *articles])[:STEP]
        now = set(ids)
        articles = [key for key in articles if key in now]
        if afresh:
            doubt_second(articles)
        with transaction.atomic():
            if not still_ours([one]):
                continue
            index_again([key for key in tickets if key in now], articles, afresh=afresh, priority=LATER)
            if ids:
                owe(kind, [ids[-1]], priority=LATER)
            settle([one])


def index_again(tickets: Sequence[UUID], articles: Sequence[UUID], *, afresh: bool, priority: int) -> None:
    """In the caller's transaction; `afresh` after doubt_second(), for the second meaning follows the article. A chunk whose
    hash is not known counts as new. What is being indexed at this very moment may keep the vectors it has."""
    if afresh:
        Chunk.objects.filter(ticket_id__in=tickets).update(content_hash="")
        Chunk.objects.filter(kind=Chunk.Kind.ARTICLE, source_id__in=articles).update(content_hash="")
    owe(Outbox.Kind.INDEX_TICKET, tickets, priority=priority)
    owe(Outbox.Kind.INDEX_ARTICLE, articles, priority=priority)


def _next(model: type[Ticket] | type[Article], after: UUID) -> list[UUID]:
    return list(model.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:STEP])


def _beyond(at: UUID) -> int:
    return Ticket.objects.filter(pk__gt=at).count() + Article.objects.filter(pk__gt=at).count()
