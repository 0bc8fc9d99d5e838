"""Turn changed tickets and articles into chunks and vectors; unchanged text is never embedded again.

What a point says beside its words (whose it is, who may see it) follows by itself, told without new vectors.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction

from apps.core.text import own_words, visible
from apps.ingest.chunking import ChunkText, chunk
from apps.ingest.models import Outbox
from apps.ingest.outbox import Claimed, owe, settle
from apps.ingest.second import owe_second, place_of_article
from apps.ingest.sql import name_authors
from apps.ingest.timing import Stage, timed
from apps.llm.registry import embeddings
from apps.platforms.models import Article, Attachment, Message, Ticket
from apps.platforms.signals import left
from apps.search.index import (
    PROFILE,
    Point,
    Sparse,
    ensure_collection,
    open_index,
    point_id,
    products_told,
)
from apps.search.lexical import document_vector
from apps.search.models import Chunk
from apps.search.placing import CLOSED, PLACE, placed
from apps.tenancy.context import current_company

log = structlog.get_logger("deskhand.ingest")


@dataclass(frozen=True, slots=True)
class Indexable:
    """One source as the index sees it: a message's own words or an article, with what its payload says."""

    kind: str
    source_id: UUID
    remote_id: str
    header: str
    text: str
    language: str
    visibility: str
    updated_at: datetime
    payload: dict[str, Any]
    ticket_id: UUID | None = None


def index_tickets(claimed: Sequence[Claimed]) -> None:
    """Worker of Outbox.Kind.INDEX_TICKET. Whose customer has no name yet waits for it: the name owes the index again."""
    ids = [one.object_id for one in claimed]
    name_authors(ids)
    tickets = Ticket.objects.filter(pk__in=ids).select_related("customer", "group")
    shown = [ticket for ticket in tickets if ticket.state in ("live", "archived") and not ticket.deleted]
    nameless = {ticket.pk for ticket in shown if ticket.customer is not None and not ticket.customer.named}
    shown, ids = [one for one in shown if one.pk not in nameless], [key for key in ids if key not in nameless]
    sources = [source for ticket in shown for source in _message_sources(ticket)]
    existing = list(Chunk.objects.filter(ticket_id__in=ids))
    waiting = [ticket.pk for ticket in shown if ticket.status_category in ("open", "pending")]
    _refresh(sources, existing, claimed, briefs=waiting)


def index_articles(claimed: Sequence[Claimed]) -> None:
    """Worker of Outbox.Kind.INDEX_ARTICLE. Drafts and removed articles leave the index."""
    ids = [one.object_id for one in claimed]
    sources = [_article_source(article) for article in Article.objects.usable().filter(pk__in=ids)]
    existing = list(Chunk.objects.filter(kind=Chunk.Kind.ARTICLE, source_id__in=ids))
    gone = sorted({row.source_id for row in existing} - {source.source_id for source in sources})
    _refresh(sources, existing, claimed, briefs=[], second=ids, gone=gone)


def _message_sources(ticket: Ticket) -> Iterable[Indexable]:
    """Its messages and what was read of their files, which may be seen by whoever may see the message."""
    payload = {
        "connection": str(ticket.connection_id),
        "group": str(ticket.group_id) if ticket.group_id else "",
        "agent": str(ticket.agent_id) if ticket.agent_id else "",
        "customer": _customer_mark(ticket.customer.email or ticket.customer.remote_id) if ticket.customer else "",
        "products": products_told([str(ticket.product_id)] if ticket.product_id else []),
    }
    for message in Message.objects.filter(ticket=ticket):
        own = own_words(message.text, message.author_name)
        if own.strip():
            yield Indexable(
                Chunk.Kind.MESSAGE, message.pk, ticket.remote_id, ticket.subject, own, message.language,
                message.visibility, message.updated_at, payload | {"message_id": str(message.pk)}, ticket.pk,
            )  # fmt: skip
    for file in Attachment.objects.filter(message__ticket=ticket, outcome=Attachment.Outcome.READ).select_related("message"):
        message = file.message
        yield Indexable(
            Chunk.Kind.ATTACHMENT, file.pk, ticket.remote_id, f"{ticket.subject}\n{visible(file.name)}", file.text,
            file.language, message.visibility, message.updated_at, payload | {"message_id": str(message.pk)}, ticket.pk,
        )  # fmt: skip


def _article_source(article: Article) -> Indexable:
    return Indexable(
        Chunk.Kind.ARTICLE, article.pk, article.remote_id, article.title, article.text, article.language,
        article.visibility, article.updated_at, place_of_article(article),
    )  # fmt: skip


def _customer_mark(who: str) -> str:
    """A keyed hash: finds a customer's chunks for erasure without holding an address in the engine."""
    key = f"{settings.SECRET_KEY}/{current_company().company_id}".encode()
    return hmac.new(key, who.encode(), hashlib.sha256).hexdigest()[:24]


def _refresh(
    sources: Sequence[Indexable],
    existing: Sequence[Chunk],
    claimed: Sequence[Claimed],
    *,
    briefs: list[UUID],
    second: Sequence[UUID] = (),
    gone: Sequence[UUID] = (),
) -> None:
    """Engine first, then rows and the settled claim in one transaction: a crash in between repeats harmlessly."""
    old = {row.pk: row for row in existing}
    with timed(Stage.CHUNKING):
        wanted = {row.pk: (row, source) for source in sources for row in _rows(source)}
    fresh = [(row, source) for row, source in wanted.values() if _hash(old.get(row.pk)) != row.content_hash]
    moved = [
        (row, source) for row, source in wanted.values()
        if row.pk in old and old[row.pk].content_hash == row.content_hash and old[row.pk].placed != row.placed
    ]  # fmt: skip
    stale = [key for key in old if key not in wanted]
    index = open_index()
    if fresh or moved:
        ensure_collection()  # an engine that is down is met before anything is computed for it
    points = _points(fresh) if fresh else []
    with timed(Stage.PLACING):
        if points:
            index.put(points)
        for place, ids in _by_place(moved):
            index.place(ids, place)
        index.delete(stale)
    with transaction.atomic():
        Chunk.objects.filter(pk__in=stale).delete()
        Chunk.objects.bulk_create(
            [row for row, _ in wanted.values()],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["header", "text", "language", "visibility", "content_hash", "updated_at", "start", "end", "placed"],
        )
        owe(Outbox.Kind.BRIEF, briefs, priority=3)
        owe_second(second)
        if gone:
            left.send(sender=Article, ids=gone)
        settle(claimed)
    log.info("indexed", sources=len(sources), chunks=len(wanted), embedded=len(fresh), removed=len(stale), placed=len(moved))


def _rows(source: Indexable) -> list[Chunk]:
    return [_row(source, piece) for piece in chunk(source.text, source.language, source.header)]


def _row(source: Indexable, piece: ChunkText) -> Chunk:
    return Chunk(
        id=point_id(PROFILE, source.source_id, source.kind, piece.position), profile=PROFILE, kind=source.kind,
        source_id=source.source_id, ticket_id=source.ticket_id, remote_id=source.remote_id, position=piece.position,
        start=piece.start, end=piece.end, header=source.header, text=piece.text, language=source.language,
        visibility=source.visibility, content_hash=piece.content_hash, updated_at=source.updated_at,
        placed=placed(_place(source)),
    )  # fmt: skip


def _place(source: Indexable) -> dict[str, Any]:
    """What of the payload may change while the words stay."""
    told = source.payload | {"visibility": source.visibility}
    return {key: told[key] for key in (*PLACE, *CLOSED) if key in told}


def _by_place(moved: Sequence[tuple[Chunk, Indexable]]) -> Iterable[tuple[dict[str, Any], list[UUID]]]:
    """Chunks that say the same now, together: one call of the engine each."""
    together: dict[str, tuple[dict[str, Any], list[UUID]]] = {}
    for row, source in moved:
        together.setdefault(row.placed, (_place(source), []))[1].append(row.pk)
    return together.values()


def _hash(row: Chunk | None) -> str:
    return row.content_hash if row else ""


def _points(fresh: Sequence[tuple[Chunk, Indexable]]) -> list[Point]:
    with timed(Stage.EMBEDDING):
        vectors = embeddings().embed([row.embedded for row, _ in fresh])
    return [
        Point(
            id=row.pk,
            dense=vector,
            sparse=_sparse(f"{row.header}\n{row.text}", row.language),
            payload=source.payload | {
                "kind": row.kind, "remote_id": row.remote_id, "source_id": str(row.source_id),
                "ticket_id": str(row.ticket_id) if row.ticket_id else "", "visibility": row.visibility,
                "language": row.language, "updated_at": int(row.updated_at.timestamp()),
                "content_hash": row.content_hash, "position": row.position,
            },
        )
        for (row, source), vector in zip(fresh, vectors, strict=True)
    ]  # fmt: skip


def _sparse(text: str, language: str) -> Sparse:
    vector = document_vector(text, language)
    return Sparse(list(vector.indices), list(vector.values))
