"""Many companies that know the same: articles and tickets with their chunks, in the mirror and in the index."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction

from apps.core.ids import uuid7s
from apps.ingest.chunking import ChunkText, chunk
from apps.ingest.sql import upsert_tickets
from apps.llm.registry import embeddings, second_embeddings
from apps.platforms.models import Article, Connection, Message, Ticket
from apps.search.index import CHUNKS, PROFILE, SECOND, ensure_collection, point_id
from apps.search.lexical import document_vector
from apps.search.models import Chunk
from apps.tenancy.context import bind_company
from benchmarks.company import NOW, company_named, ticket_rows
from benchmarks.index import write_points
from benchmarks.texts import Writer, question_about
from embedded.vectors.process import VectorsProcess

MESSAGES = 4  # of a ticket: an agent writes every second one


@dataclass(frozen=True, slots=True)
class Written:
    """One text and its chunks."""

    title: str
    text: str
    chunks: list[ChunkText]

    @classmethod
    def by(cls, writer: Writer, sentences: int) -> Written:
        title, text = writer.subject(), writer.text(sentences)
        return cls(title, text, chunk(text, "en", title))


@dataclass(frozen=True, slots=True)
class Library:
    """What every company knows: about a fifth of its chunks are of articles."""

    articles: list[Written]
    messages: list[Written]

    @classmethod
    def of(cls, articles: int, tickets: int) -> Library:
        writer = Writer(9)
        return cls([Written.by(writer, 9) for _ in range(articles)], [Written.by(writer, 4) for _ in range(MESSAGES * tickets)])


    def questions(self, count: int) -> list[str]:
        """Different ones, each about a sentence of one of the articles."""
        dice = random.Random(13)
        said = {sentence for one in self.articles for sentence in one.text.split(". ")}
        return [question_about(one) for one in dice.sample(sorted(said), count)]


def fill_company(engine: VectorsProcess, company_id: str, library: Library) -> int:
    """Open the company with all that the library holds, both meanings filled in. Returns its chunks."""
    with bind_company(company_named(company_id).binding()):
        account = Connection.objects.create(platform="freshdesk", account=company_id, credentials="")
        with transaction.atomic():
            upsert_tickets(ticket_rows(account.pk, len(library.messages) // MESSAGES))
            tickets = list(Ticket.objects.values_list("pk", "remote_id"))
            rows = _articles(account, library.articles) + _messages(tickets, library.messages)
            Chunk.objects.bulk_create(rows, batch_size=1000)
    for space in (CHUNKS, SECOND):
        ensure_collection(space)
        held = [row for row in rows if space is CHUNKS or row.kind == Chunk.Kind.ARTICLE]
        provider = embeddings() if space is CHUNKS else second_embeddings()
        assert provider is not None
        write_points(
            engine, company_id, [row.pk for row in held], provider.embed([row.embedded for row in held]),
            [document_vector(f"{row.header}\n{row.text}", "en") for row in held] if space.words else None,
            [{"kind": row.kind, "source_id": str(row.source_id), "ticket_id": str(row.ticket_id or ""), "language": "en",
              "visibility": row.visibility, "position": row.position, "remote_id": row.remote_id, "group": "",
              "connection": str(account.pk), "content_hash": row.content_hash} for row in held],
            space,
        )  # fmt: skip
    return len(rows)


def _articles(account: Connection, texts: Sequence[Written]) -> list[Chunk]:
    made = Article.objects.bulk_create(
        [
            Article(
                id=key, connection=account, remote_id=str(place), language="en", title=one.title, text=one.text,
                html=f"<p>{one.text}</p>", published=True, status_value="2", visibility="public", created_at=NOW,
                updated_at=NOW, raw_hash="0" * 64,
            )
            for key, (place, one) in zip(uuid7s(len(texts)), enumerate(texts), strict=True)
        ],
        batch_size=1000,
    )  # fmt: skip
    return [row for article, one in zip(made, texts, strict=True)
            for row in _chunks(Chunk.Kind.ARTICLE, article.pk, None, article.remote_id, one, "public")]  # fmt: skip


def _messages(tickets: Sequence[tuple[UUID, str]], texts: Sequence[Written]) -> list[Chunk]:
    rows, chunks = [], []
    for place, (key, one) in enumerate(zip(uuid7s(len(texts)), texts, strict=True)):
        (ticket, number), entry = tickets[place // MESSAGES], place % MESSAGES
        when = NOW + timedelta(hours=entry)
        rows.append(Message(
            id=key, ticket_id=ticket, remote_id=str(place), number=entry + 1, kind="reply", html=f"<p>{one.text}</p>",
            author="agent" if entry % 2 else "customer", author_name="Mara Lind" if entry % 2 else "Priya Raman",
            visibility="private" if place % 7 == 0 else "public", text=one.text, language="en", created_at=when,
            updated_at=when, raw_hash="0" * 64,
        ))  # fmt: skip
        chunks += _chunks(Chunk.Kind.MESSAGE, key, ticket, number, one, rows[-1].visibility)
    Message.objects.bulk_create(rows, batch_size=1000)
    return chunks


def _chunks(kind: str, source: UUID, ticket: UUID | None, number: str, one: Written, visibility: str) -> list[Chunk]:
    return [
        Chunk(
            id=point_id(PROFILE, source, kind, piece.position), profile=PROFILE, kind=kind, source_id=source,
            ticket_id=ticket, remote_id=number, position=piece.position, start=piece.start, end=piece.end,
            header=one.title, text=piece.text, language="en", visibility=visibility, content_hash=piece.content_hash,
            updated_at=NOW,
        )
        for piece in one.chunks
    ]  # fmt: skip
