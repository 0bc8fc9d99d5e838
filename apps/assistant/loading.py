"""Rows of the mirror as the assistant's plain inputs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import transaction

from apps.accounts.reach import Reach
from apps.assistant.extractive.inputs import Passage, Thread, ThreadMessage
from apps.assistant.shapes import Source
from apps.core.text import headings, normalise, own_words, sentences, visible
from apps.platforms.models import Article, Attachment, Message, Ticket, in_reach
from apps.platforms.products import article_serves, serves
from apps.search.models import Chunk
from apps.search.ranking import Ranked
from apps.search.retrieval import Hit

# What a passage is made of: a ticket's row has its description twice, and a search loads a hundred rows. Whose a row is
# is looked at where it is read (CompanyModel.from_db), so that comes too.
_OF_ARTICLE = ("company_id", "connection", "remote_id", "language", "title", "html", "text", "visibility", "updated_at")
_OF_FILE = (
    "company_id", "name", "text", "language", "message__company_id", "message__author", "message__visibility",
    "message__updated_at", "message__ticket__company_id", "message__ticket__remote_id", "message__ticket__number", "message__ticket__state",
)  # fmt: skip
_OF_MESSAGE = (
    "company_id", "author", "text", "language", "visibility", "updated_at", "ticket__company_id", "ticket__remote_id", "ticket__number",
    "ticket__subject", "ticket__state",
)  # fmt: skip


def load_threads(tickets: Iterable[Ticket]) -> dict[str, Thread]:
    """{our ticket id: thread}; tickets must come with their customers."""
    tickets = list(tickets)
    entries: dict[UUID, list[Message]] = defaultdict(list)
    for message in Message.objects.filter(ticket__in=tickets).order_by("number"):
        entries[message.ticket_id].append(message)
    return {str(ticket.pk): _thread(ticket, entries[ticket.pk]) for ticket in tickets}


def _thread(ticket: Ticket, messages: list[Message]) -> Thread:
    return Thread(
        ticket_id=str(ticket.pk), remote_id=ticket.name, subject=ticket.subject, status=ticket.status_label,
        solved=ticket.is_solved, language=ticket.language or "en",
        customer_name=ticket.customer.name if ticket.customer else "",
        messages=tuple(_message(one) for one in messages), version=ticket.thread_version, product=ticket.product_id,
    )  # fmt: skip


def _message(message: Message) -> ThreadMessage:
    own = own_words(message.text, message.author_name)
    language = message.language or "en"
    return ThreadMessage(
        id=str(message.pk), number=message.number, author=message.author, author_name=message.author_name,  # type: ignore[arg-type]
        private=message.is_private, text=normalise(message.text), own=len(normalise(own)),
        language=language, created_at=message.created_at, spans=tuple(sentences(own, language)),
    )  # fmt: skip


def message_source(message: Message, ticket: Ticket) -> Source:
    return Source(
        kind="message", id=str(message.pk), ticket_id=str(ticket.pk), remote_id=ticket.name, title=ticket.subject,
        language=message.language or "en", visibility=_visibility(message.visibility), updated_at=message.updated_at,
    )  # fmt: skip


def file_source(file: Attachment) -> Source:
    """Whoever may read its message may read it. `file` must come with message and ticket."""
    message, ticket = file.message, file.message.ticket
    return Source(
        kind="attachment", id=str(file.pk), ticket_id=str(ticket.pk), remote_id=ticket.name, title=visible(file.name),
        language=file.language or "en", visibility=_visibility(message.visibility), updated_at=message.updated_at,
    )  # fmt: skip


def article_source(article: Article) -> Source:
    return Source(
        kind="article", id=str(article.pk), remote_id=article.remote_id, title=article.title,
        language=article.language, visibility=_visibility(article.visibility), updated_at=article.updated_at,
    )  # fmt: skip


def _visibility(value: str) -> str:
    return value if value in ("public", "private", "restricted") else "private"


def load_passages(ranked: Sequence[Ranked[Hit]], reach: Reach, product: UUID | None = None) -> list[Passage]:
    """Passages in the given order that serve the product. The source row decides visibility, reach and product; a chunk
    whose words moved is left out."""
    chunks = [one.item.chunk for one in ranked]
    with transaction.atomic(savepoint=False):  # both in one: alone, each is bound and ended by itself
        articles = (
            Article.objects.usable()
            .within(reach)
            .filter(article_serves(product))
            .only(*_OF_ARTICLE)
            .in_bulk({one.source_id for one in chunks if one.kind == Chunk.Kind.ARTICLE})
        )
        messages = {
            message.pk: message
            for message in Message.objects.filter(
                pk__in={one.source_id for one in chunks if one.kind == Chunk.Kind.MESSAGE}, ticket__deleted=False
            ).filter(in_reach(reach, "ticket__"), serves(product, "ticket__")).select_related("ticket").only(*_OF_MESSAGE)
        }  # fmt: skip
        files = _files({one.source_id for one in chunks if one.kind == Chunk.Kind.ATTACHMENT}, reach, product)
    found = []
    for one in ranked:
        chunk = one.item.chunk
        article, message, file = (rows.get(chunk.source_id) for rows in (articles, messages, files))
        if article is not None:
            source, written, above = article_source(article), article.text, headings(article.html)
            family, author = f"{article.connection_id}/{article.remote_id}", ""
        elif message is not None and message.ticket.state in (Ticket.State.LIVE, Ticket.State.ARCHIVED):
            source, written, above = message_source(message, message.ticket), message.text, frozenset[str]()
            family, author = str(message.ticket_id), message.author
        elif file is not None:
            source, written, above = file_source(file), file.text, frozenset[str]()
            family, author = str(file.message.ticket_id), file.message.author
        else:
            continue
        if normalise(written)[chunk.start : chunk.end] == chunk.text:
            found.append(
                Passage(
                    source, written, chunk.start, chunk.end, one.item.dense, one.lexical, one.fused, family, above,
                    second=one.item.second, author=author,
                )
            )  # fmt: skip
    return found


def _files(ids: set[UUID], reach: Reach, product: UUID | None) -> dict[UUID, Attachment]:
    """No statement where no file was found: most searches find none."""
    if not ids:
        return {}
    shown = Attachment.objects.filter(pk__in=ids, message__ticket__deleted=False, message__ticket__state__in=[Ticket.State.LIVE, Ticket.State.ARCHIVED])
    rows = shown.filter(in_reach(reach, "message__ticket__"), serves(product, "message__ticket__")).select_related("message__ticket").only(*_OF_FILE)
    return {row.pk: row for row in rows}
