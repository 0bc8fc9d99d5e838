"""Read one page of a feed and store it: rows, cursor and owed work in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError, transaction
from django.utils import timezone

from apps.core.errors import AppError, Conflict, ExternalUnavailable
from apps.core.text import detect_language
from apps.ingest import streams
from apps.ingest.activities import read_activities
from apps.ingest.canned import read_canned
from apps.ingest.deadletters import ARTICLE, DELIVERIES, TICKET, bury, forget_articles, row_key
from apps.ingest.deletions import finish_ids, note_ids, remove_articles
from apps.ingest.files import store_files
from apps.ingest.firms import read_firms, store_firms
from apps.ingest.gone import read_gone
from apps.ingest.links import store_links
from apps.ingest.models import Outbox, Stream
from apps.ingest.names import follow_names, read_names
from apps.ingest.outbox import owe
from apps.ingest.products import brief_again, follow_products, learn_products
from apps.ingest.ratings import LISTS
from apps.ingest.sql import upsert_articles, upsert_tickets
from apps.ingest.threadwalk import left_to_walk, owe_waiting, read_thread_page
from apps.ingest.timing import Stage, timed
from apps.ingest.walks import read_list
from apps.platforms.base import ArticleData, CheckReport, Cursor, Page, PlatformAdapter, Reference, TicketData
from apps.platforms.connecting import open_adapter, refresh_reference
from apps.platforms.models import Article, Connection, Group, Person, Ticket
from apps.platforms.products import Product, portals_of, products_behind

OPEN_FIRST, REST, AGAIN = 3, 5, 6  # priorities of owed threads: what agents wait for comes first
NOBODY = ("", True, "")  # kind, whether it was asked who they are, name
RECENT_DAYS = timedelta(days=7)
STEPS: dict[str, Callable[[streams.Lease, Stream], bool]] = {  # feeds that read and store a page themselves; True: there is more
    Stream.Kind.PEOPLE: read_names, Stream.Kind.COMPANIES: read_firms, Stream.Kind.CANNED: read_canned,
    Stream.Kind.ACTIVITIES: read_activities, Stream.Kind.THREADS: read_thread_page, Stream.Kind.GONE: read_gone,
}  # fmt: skip


class Outcome(StrEnum):
    """How a turn at a feed ended."""

    MORE = "more"  # the turn was over before the feed was
    DONE = "done"
    BUSY = "already_running"  # somebody else reads it, or it is not due; nothing was asked
    FAILED = "failed"  # the feed says why


def sync_page(*, stream_id: UUID) -> bool:
    """Read and store one page. True while more is waiting; False when the feed is done, busy or failing."""
    return read_feed(stream_id=stream_id, go_on=lambda: False) is Outcome.MORE


def read_feed(*, stream_id: UUID, go_on: Callable[[], bool]) -> Outcome:
    """Read and store pages under one lease, until the feed ends or `go_on`, asked after each page, says stop.

    Repeating a page changes nothing; a crash anywhere leaves the cursor where the rows are. A bug is raised after the
    feed was given back.
    """
    lease = streams.take(stream_id)
    if lease is None:
        return Outcome.BUSY
    try:
        while _read_page(lease):
            if not go_on():
                streams.release(lease)
                return Outcome.MORE
    except Conflict:  # the lease ran out while we read: whoever has it now goes on from the cursor
        return Outcome.BUSY
    except AppError as exc:
        streams.fail(lease, exc)
        return Outcome.FAILED
    except Exception as exc:
        streams.broke(lease, type(exc).__name__)
        raise
    return Outcome.DONE


def _read_page(lease: streams.Lease) -> bool:
    stream = Stream.objects.select_related("connection").get(id=lease.stream_id)
    if stream.kind == Stream.Kind.RECENT:
        owe_recent(lease)
        return False
    if stream.kind in LISTS:
        return read_list(lease, stream, LISTS[Stream.Kind(stream.kind)])
    if stream.kind in STEPS:
        return STEPS[Stream.Kind(stream.kind)](lease, stream)
    adapter = open_adapter(stream.connection)
    if stream.kind == Stream.Kind.REFERENCE:
        with timed(Stage.READING):
            told = asyncio.run(_fetch_reference(adapter))
        _store_reference(lease, *told)
        return False
    if stream.kind == Stream.Kind.IDS and adapter.first_ids() is None:
        with transaction.atomic():
            streams.advance(streams.locked(lease), cursor=None, items=0, more=False)
        return False
    with timed(Stage.READING):
        page = asyncio.run(_fetch(adapter, stream))
    with timed(Stage.STORING):
        store_page(lease=lease, page=page)
    return page.more


async def _fetch_reference(adapter: PlatformAdapter) -> tuple[CheckReport, Reference]:
    try:
        async with asyncio.timeout(streams.FETCH_SECONDS), adapter as opened:
            return await opened.check(), await opened.fetch_reference()
    except TimeoutError as exc:
        raise ExternalUnavailable("the helpdesk did not give its lists in time") from exc


def _store_reference(lease: streams.Lease, report: CheckReport, reference: Reference) -> None:
    with transaction.atomic():
        stream = streams.locked(lease)
        connection = Connection.objects.get(id=stream.connection_id)
        products = Product.objects.filter(connection=connection).count()
        refresh_reference(connection, report, reference)
        learn_products(connection, products)
        streams.advance(stream, cursor=None, items=len(reference.agents) + len(reference.groups), more=False)


def owe_recent(lease: streams.Lease) -> None:
    """Notes may be edited and deleted, tickets merged and tagged without a trace in the feeds: both are read again."""
    with transaction.atomic():
        stream = streams.locked(lease)
        since = timezone.now() - RECENT_DAYS
        rows = Ticket.objects.filter(connection=stream.connection_id, updated_at__gte=since, deleted=False)
        ids = list(rows.exclude(thread_version="").values_list("id", flat=True))
        owe(Outbox.Kind.LOOK, ids, priority=AGAIN)
        owe(Outbox.Kind.THREAD, ids, priority=AGAIN)
        streams.advance(stream, cursor=None, items=len(ids), more=False)


async def _fetch(adapter: PlatformAdapter, stream: Stream) -> Page[Any]:
    """One page. Raises ExternalUnavailable when it takes so long that the lease would run out."""
    try:
        async with asyncio.timeout(streams.FETCH_SECONDS), adapter as opened:
            cursor, opened.in_vain = _cursor(opened, stream), stream.failures
            if stream.kind == Stream.Kind.ARTICLES:
                return await opened.fetch_articles(cursor)
            if stream.kind == Stream.Kind.IDS:
                return await opened.fetch_ids(cursor)
            return await opened.fetch_tickets(cursor)
    except TimeoutError as exc:
        raise ExternalUnavailable("the helpdesk did not give a page in time") from exc


def _cursor(adapter: PlatformAdapter, stream: Stream) -> Cursor:
    if stream.kind == Stream.Kind.ARTICLES:
        return adapter.ArticleCursor.model_validate(stream.cursor) if stream.cursor else adapter.first_articles()
    if stream.cursor:
        return adapter.TicketCursor.model_validate(stream.cursor)
    if stream.kind == Stream.Kind.IDS:
        return adapter.first_ids() or adapter.first_tickets()
    return adapter.first_tickets(streams.FEEDS[Stream.Kind(stream.kind)])


def store_page(*, lease: streams.Lease, page: Page[Any]) -> None:
    """Rows, owed work and the cursor in one transaction, behind the fence.

    A page that failed every delivery is stored row by row: those that cannot be are set aside and the feed goes on.
    """
    with transaction.atomic():
        stream = streams.locked(lease)
        connection = Connection.objects.get(id=stream.connection_id)
        apart = lease.deliveries > DELIVERIES
        for remote_id in page.unreadable:
            _set_aside(connection, stream, remote_id, code="malformed_answer")
        _store_items(connection, stream, page.items, lease.deliveries if apart else 0)
        cursor = page.next.model_dump(mode="json")
        if not page.more and stream.kind == Stream.Kind.ARTICLES and page.whole:
            remove_articles(connection, stream)
            forget_articles(connection.pk, stream.completed_at)
        if not page.more and left_to_walk(connection, stream):
            owe_waiting(connection)
        if not page.more and stream.kind == Stream.Kind.IDS:
            finish_ids(connection, stream)
            cursor = None
        streams.advance(stream, cursor=cursor, items=len(page.items), more=page.more)


def _store_items(connection: Connection, stream: Stream, items: Sequence[Any], deliveries: int) -> None:
    def store(some: Sequence[Any]) -> None:
        if stream.kind == Stream.Kind.ARTICLES:
            store_articles(connection, some, sweep=stream.sweep)
        elif stream.kind == Stream.Kind.IDS:
            note_ids(connection, stream, some)
        else:
            store_tickets(connection, some, walked=walked)

    walked = left_to_walk(connection, stream)
    if not deliveries:
        return store(items)
    for item in items:
        try:
            with transaction.atomic():
                store([item])
        except (OperationalError, SoftTimeLimitExceeded):  # not the row's fault
            raise
        except Exception as exc:
            _set_aside(connection, stream, item.remote_id, code=type(exc).__name__, count=deliveries)
    return None


def _set_aside(connection: Connection, stream: Stream, remote_id: str, *, code: str, count: int = 1) -> None:
    kind = ARTICLE if stream.kind == Stream.Kind.ARTICLES else TICKET
    bury(kind, row_key(connection.pk, remote_id), code=code, count=count)


def store_tickets(connection: Connection, items: Sequence[TicketData], *, walked: bool = False) -> int:
    """Upsert tickets and their customers; what changed owes its thread. Returns how many changed.

    `walked`: the walk over threads is still to begin, and brings those that were never read.
    """
    people = _store_customers(connection, items)
    groups = dict(Group.objects.filter(connection=connection).values_list("remote_id", "id"))
    firms = store_firms(connection, items)
    rows = [(*_ticket_row(connection, item, people, groups), firms.get(item.firm_id or "")) for item in items]
    changed = upsert_tickets(rows)
    follow_products(connection, items)
    store_files(connection, items)
    store_links(connection, items, {row[2] for row in changed})
    walk = Stream.objects.filter(connection=connection, kind=Stream.Kind.IDS, cursor__isnull=False).first()
    if walk is not None:  # it may be past them
        Ticket.objects.filter(pk__in=[row[0] for row in changed], sweep=0).update(sweep=walk.sweep)
    left = _unread(changed) if walked else set()
    owing = [row for row in changed if row[0] not in left]
    open_ones = [row[0] for row in owing if row[1] in ("open", "pending")]
    rest = [row[0] for row in owing if row[1] not in ("open", "pending")]
    owe(Outbox.Kind.THREAD, open_ones, priority=OPEN_FIRST)
    owe(Outbox.Kind.THREAD, rest, priority=REST)
    return len(changed)


def _unread(changed: Sequence[tuple[UUID, str, str]]) -> set[UUID]:
    return set(Ticket.objects.filter(pk__in=[row[0] for row in changed], thread_version="").values_list("pk", flat=True))


def _ticket_row(
    connection: Connection, item: TicketData, people: dict[str, UUID], groups: dict[str, UUID]
) -> tuple[Any, ...]:
    text = item.description_text or ""
    language = detect_language(f"{item.subject}\n{text}", hint=item.language or connection.primary_language)
    customer = people.get(item.customer.remote_id) if item.customer else None
    return (
        connection.id, item.remote_id, item.subject, item.state, False, str(item.status.value), item.status.label,
        item.status.category, item.priority, item.source, item.type or "", groups.get(item.group_id or ""),
        people.get(item.agent_id or ""), customer, orjson.dumps(list(item.tags)).decode(),
        language if text or item.subject else "", _clean(item.description_html), _clean(item.description_text),
        item.due_by, item.created_at, item.updated_at, item.raw_hash, item.number[:40],
    )  # fmt: skip


def _store_customers(connection: Connection, items: Iterable[TicketData]) -> dict[str, UUID]:
    """{remote id: our id} of the people the page names: its customers are stored, its agents are known.

    Customers known by number only get a row that says so, and their names later. An answer without a name (of a chat)
    takes none away.
    """
    seen = {item.customer.remote_id: item.customer for item in items if item.customer}
    named = {*seen, *(item.agent_id for item in items if item.agent_id)}
    people = Person.objects.filter(connection=connection, remote_id__in=named)
    held = {one[0]: one[1:] for one in people.values_list("remote_id", "kind", "named", "name")}
    customers = [
        Person(
            connection=connection, remote_id=one.remote_id, name=one.name or "", email=(one.email or "").lower(),
            language=one.language or "", named=one.name is not None,
        )
        for key, one in sorted(seen.items())  # in order: no two pages wait for each other's rows
        if held.get(key, NOBODY)[0] != Person.Kind.AGENT and (one.name != "" or not held.get(key, NOBODY)[2])
    ]  # fmt: skip
    told = [person for person in customers if person.named]
    Person.objects.bulk_create(
        told,
        update_conflicts=True,
        unique_fields=["connection", "remote_id"],
        update_fields=["name", "email", "language", "named"],
    )
    untold = [person for person in customers if not person.named and person.remote_id not in held]
    Person.objects.bulk_create(untold, ignore_conflicts=True)
    known = dict(people.values_list("remote_id", "id"))
    follow_names([known[person.remote_id] for person in told if not held.get(person.remote_id, NOBODY)[1]])
    return known


def store_articles(connection: Connection, items: Sequence[ArticleData], *, sweep: int) -> int:
    """Upsert article languages; what changed owes its index. Returns how many changed."""
    keys = {item.remote_id for item in items}
    rows = Article.objects.filter(connection=connection, remote_id__in=keys)
    held = rows.values_list("remote_id", "language", "raw_hash", "deleted", "products", "readers", "barred")
    before = {(one[0], one[1]): one[2:] for one in held}
    known = portals_of(list(Product.objects.filter(connection=connection)))
    products = {item.remote_id: products_behind(item.portals, known) for item in items}
    upsert_articles([_article_row(connection, item, sweep, products[item.remote_id]) for item in items])
    now = {
        (item.remote_id, item.language): (item.raw_hash, False, products[item.remote_id], list(item.readers), list(item.barred))
        for item in items
    }
    moved = {key for key, facts in now.items() if before.get(key) != facts}
    changed = [pk for pk, *key in rows.values_list("id", "remote_id", "language") if tuple(key) in moved]
    owe(Outbox.Kind.INDEX_ARTICLE, changed, priority=2)
    if any(before[key][2] != now[key][2] for key in moved & before.keys()):
        brief_again(connection)
    return len(changed)


def _article_row(connection: Connection, item: ArticleData, sweep: int, products: list[str]) -> tuple[Any, ...]:
    return (
        connection.id, item.remote_id, item.language, item.title, _clean(item.html), _clean(item.text), item.published,
        str(item.status_value), item.visibility, item.category, item.folder, item.folder_id,
        *(orjson.dumps(one).decode() for one in (item.portals, products, item.readers, item.barred)),
        orjson.dumps(list(item.tags)).decode(), False, item.created_at, item.updated_at, item.raw_hash, sweep,
    )  # fmt: skip


def _clean(text: str | None) -> str:
    """PostgreSQL's text cannot hold NUL; no helpdesk means anything by it."""
    return (text or "").replace("\x00", "")
