"""Is the mirror what the helpdesk tells? Every ticket, thread and article as a hash, from both sides.

The helpdesk's side is read through the port, page by page; of what we hold each row is read. Nothing is changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db.models import Prefetch, QuerySet

from apps.platforms.base import ArticleData, MessageData, PlatformAdapter, TicketData
from apps.platforms.models import Article, Connection, Message, Ticket

ROWS = 500  # of ours at a time
SHOWN = 20  # differing ids that are named
Marks = dict[str, bytes]


@dataclass(slots=True)
class Side:
    """Hashes of one side: "ticket 12", "thread 12", "article 7 de"."""

    marks: Marks = field(default_factory=dict)
    messages: int = 0

    def count(self, kind: str) -> int:
        return sum(key.startswith(f"{kind} ") for key in self.marks)

    def counts(self) -> dict[str, int]:
        return {"tickets": self.count("ticket"), "messages": self.messages, "articles": self.count("article")}

    def hash(self) -> str:
        whole = hashlib.sha256()
        for key in sorted(self.marks):
            whole.update(key.encode() + b"\0" + self.marks[key])
        return whole.hexdigest()


def differing(one: Side, other: Side) -> list[str]:
    """What is not the same on both sides, a few of it."""
    keys = sorted(key for key in one.marks.keys() | other.marks.keys() if one.marks.get(key) != other.marks.get(key))
    return keys[:SHOWN]


async def helpdesk_side(adapter: PlatformAdapter) -> Side:
    """What the helpdesk tells now. Only for one that sweeps threads. Raises what its pages raise."""
    side = Side()
    async with adapter as opened:
        async for item in _every(opened.fetch_tickets, opened.first_tickets()):
            side.marks[f"ticket {item.remote_id}"] = _ticket(item)
        async for one in _every(opened.fetch_thread_page, opened.first_threads()):
            if one.messages and f"ticket {one.ticket_id}" in side.marks:
                side.messages += len(one.messages)
                side.marks[f"thread {one.ticket_id}"] = _thread(map(_told_message, one.messages))
        async for article in _every(opened.fetch_articles, opened.first_articles()):
            side.marks[f"article {article.remote_id} {article.language}"] = _article(article)
    return side


async def _every(fetch: Callable[[Any], Any], cursor: Any) -> Any:
    more = True
    while more:
        page = await fetch(cursor)
        for item in page.items:
            yield item
        cursor, more = page.next, page.more


def mirror_side(connection: Connection) -> Side:
    """What we hold of this connection."""
    side = Side()
    messages = Message.objects.exclude(kind=Message.Kind.DESCRIPTION).defer("html")
    rows = Ticket.objects.filter(connection=connection, deleted=False).defer("description_html").prefetch_related(
        Prefetch("messages", queryset=messages, to_attr="entries")
    )
    for row in _in_pages(rows):
        side.marks[f"ticket {row.remote_id}"] = _digest(
            row.subject, row.state, row.status_value, row.priority, row.tags, row.description_text, _time(row.created_at), _time(row.updated_at)
        )
        if row.entries:
            side.messages += len(row.entries)
            side.marks[f"thread {row.remote_id}"] = _thread(
                (one.remote_id, one.author, one.visibility, one.text, _time(one.created_at)) for one in row.entries
            )
    for article in _in_pages(Article.objects.filter(connection=connection, deleted=False)):
        side.marks[f"article {article.remote_id} {article.language}"] = _digest(
            article.title, article.text, article.published, article.visibility, _time(article.updated_at)
        )
    return side


def _in_pages(rows: QuerySet[Any]) -> Iterator[Any]:
    """All rows in the order of ids, some at a time: no statement takes long, however many there are."""
    last: Any = None
    while page := list((rows.filter(pk__gt=last) if last else rows).order_by("pk")[:ROWS]):
        yield from page
        last = page[-1].pk


def _ticket(item: TicketData) -> bytes:
    return _digest(
        item.subject, item.state, str(item.status.value), item.priority, list(item.tags), item.description_text or "",
        _time(item.created_at), _time(item.updated_at),
    )  # fmt: skip


def _article(item: ArticleData) -> bytes:
    return _digest(item.title, item.text, item.published, item.visibility, _time(item.updated_at))


def _told_message(one: MessageData) -> tuple[Any, ...]:
    return one.remote_id, one.author, one.visibility, one.text, _time(one.created_at)


def _thread(rows: Iterable[tuple[Any, ...]]) -> bytes:
    return _digest(*sorted(rows, key=lambda one: str(one[0])))


def _digest(*facts: Any) -> bytes:
    """Of texts as PostgreSQL can hold them."""
    return hashlib.sha256(orjson.dumps(facts).replace(b"\\u0000", b"")).digest()[:16]


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
