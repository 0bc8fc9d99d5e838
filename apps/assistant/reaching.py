"""The brief somebody of limited reach gets: briefs are made once, of all a company knows, and shown to many.

Nothing of a ticket or article out of reach is shown, nor of what belongs to another product by now. What lists tickets and articles
loses those; a suggested reply that rests on one is not shown at all, and the brief is composed anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from apps.accounts.reach import Reach
from apps.assistant import shapes
from apps.assistant.linked import is_merged
from apps.assistant.loading import load_threads
from apps.assistant.models import Brief
from apps.assistant.services import compose
from apps.platforms.articles import article_in_reach
from apps.platforms.models import Article, Ticket
from apps.platforms.products import article_serves, serves
from apps.tenancy.cache import declare

# Composed for a reach, by thread and reach: a page that looks for news every half minute makes it once.
COMPOSED = declare("assistant.briefs", seconds=300, most=500)


def brief_for(ticket: Ticket, reach: Reach) -> Brief | None:
    """The brief as somebody of this reach may see it; None when there is none, and for a ticket that went into another
    one. Not to be saved.

    Asks the vector engine when it has to be composed: no transaction may be open then. Raises ExternalUnavailable.
    """
    stored = Brief.objects.filter(ticket=ticket).first()
    if stored is not None and is_merged(ticket):
        return None
    if stored is None or (reach.everything and ticket.product_id is None):
        return stored
    shape = within(stored.shape(), reach, ticket.product_id) or _composed(ticket, stored, reach)
    return None if shape is None else _row(stored, shape)


def within(brief: shapes.Brief, reach: Reach, product: UUID | None = None) -> shapes.Brief | None:
    """The brief without what is out of reach or of another product, as the rows say now; None when its draft may rest on
    such a source."""
    held = _held(_named(brief), reach, product)
    similar = [_counted(one, held) for one in brief.similar if one.ticket_id in held]
    if any(quote.source.kind != "article" and quote.source.ticket_id not in held for quote in brief.draft.citations):
        return None
    foreign, numbers = _foreign(brief, reach, product)
    if any(quote.source.id in foreign for quote in brief.draft.citations):
        return None
    articles = [one for one in brief.articles if one.article_id not in foreign]
    fewer = len(similar) < len(brief.similar) or len(articles) < len(brief.articles)
    if brief.draft.outcome == "ask_customer" and fewer:  # it cites nothing, and may rest on one
        return None
    why = [one for one in brief.why if one.ticket_id in held or (one.kind == "article" and one.remote_id not in numbers)]
    return brief.model_copy(update={"similar": similar, "articles": articles, "why": why})


def similar_counts(briefs: Iterable[Brief], reach: Reach) -> dict[UUID, int]:
    """{ticket: similar tickets of its stored brief that are within reach}, for many at once."""
    counts = {one.ticket_id: one.similar_count for one in briefs}
    if reach.everything or not counts:
        return counts
    rows = Brief.objects.filter(ticket__in=counts).values_list("ticket_id", "data__similar")
    named = {ticket: [one["ticket_id"] for one in similar or []] for ticket, similar in rows}
    held = _held({one for ids in named.values() for one in ids}, reach)
    return {ticket: sum(one in held for one in ids) for ticket, ids in named.items()}


def _held(ids: Collection[str], reach: Reach, product: UUID | None = None) -> frozenset[str]:
    rows = Ticket.objects.shown().within(reach).filter(serves(product), pk__in=ids)
    return frozenset(map(str, rows.values_list("pk", flat=True)))


def _foreign(brief: shapes.Brief, reach: Reach, product: UUID | None) -> tuple[frozenset[str], frozenset[str]]:
    """Our ids, and the helpdesk's, of the brief's articles that belong to other products by now, or are not for this reader:
    the lines of the trace know the latter alone."""
    if product is None and reach.met is None:
        return frozenset(), frozenset()
    named = {quote.source.id for quote in brief.draft.citations if quote.source.kind == "article"}
    named |= {one.article_id for one in brief.articles}
    traced = {line.remote_id for line in brief.why if line.kind == "article"}
    rows = Article.objects.filter(Q(pk__in=named) | Q(remote_id__in=traced)).exclude(article_serves(product) & article_in_reach(reach))
    found = list(rows.values_list("pk", "remote_id"))
    return frozenset(str(pk) for pk, _ in found), frozenset(number for _, number in found)


def _named(brief: shapes.Brief) -> set[str]:
    """Every ticket something of the brief comes from, itself left out."""
    similar = {one for found in brief.similar for one in (found.ticket_id, *found.also)}
    cited = {quote.source.ticket_id for quote in brief.draft.citations}
    return {one for one in (*similar, *cited, *(line.ticket_id for line in brief.why)) if one is not None}


def _counted(similar: shapes.SimilarTicket, held: frozenset[str]) -> shapes.SimilarTicket:
    """How often it was seen says nothing of what is out of reach."""
    also = [one for one in similar.also if one in held]
    return similar.model_copy(update={"also": also, "seen": 1 + len(also)})


def _composed(ticket: Ticket, stored: Brief, reach: Reach) -> shapes.Brief | None:
    """Made for this reach. The rows decide once more: what was kept may be older than a move of a ticket."""

    def made() -> Any:
        thread = load_threads([ticket])[str(ticket.pk)]
        return compose(thread, now=timezone.now(), reach=reach).model_dump(mode="json")

    product = ticket.product_id
    key = (str(ticket.pk), ticket.thread_version, stored.made_at.isoformat(), str(product or ""), *reach.key)
    kept = within(shapes.Brief.model_validate(COMPOSED.get_or_make(*key, make=made)), reach, product)
    return kept or within(shapes.Brief.model_validate(made()), reach, product)


def _row(stored: Brief, shape: shapes.Brief) -> Brief:
    return Brief(
        pk=stored.pk, company_id=stored.company_id, ticket_id=stored.ticket_id, thread_version=shape.thread_version,
        outcome=shape.draft.outcome, mood=stored.mood, similar_count=len(shape.similar),
        data=shape.model_dump(mode="json"), made_at=stored.made_at,
    )  # fmt: skip
