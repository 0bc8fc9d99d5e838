"""The JSON store behind the port: pages of lines, read on where the last page ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import ClassVar, TypeVar

from apps.core.errors import NotFound
from apps.platforms.abilities import ABILITIES, Ability
from apps.platforms.adapters.json_store import mapping
from apps.platforms.adapters.json_store.config import JsonStoreConfig
from apps.platforms.adapters.json_store.lines import (
    AGENTS,
    ARTICLES,
    GROUPS,
    PEOPLE,
    THREADS,
    TICKETS,
    AgentLine,
    ArticleLine,
    Gone,
    GroupLine,
    Line,
    PersonLine,
    ThreadLine,
    TicketLine,
)  # fmt: skip
from apps.platforms.adapters.json_store.problems import LineUnreadable, Problem
from apps.platforms.adapters.json_store.store import Store, opened_store
from apps.platforms.base import (
    ArticleData,
    Capabilities,
    CheckReport,
    Cursor,
    Gate,
    MessageData,
    Page,
    PersonData,
    PlatformAdapter,
    RateState,
    Reference,
    StatusData,
    TicketData,
    TicketFeed,
    TicketPlace,
)  # fmt: skip
from apps.platforms.threaddata import ThreadData, ThreadPage

PAGE, PAGE_BYTES = 500, 4 * 1024 * 1024  # of one page: so many lines, and no further line behind so many bytes
_OFFERED = {"thread_feed", "delete_feed", "account", "agents", "articles", "translations"}
L = TypeVar("L", bound=Line)


class LineCursor(Cursor):
    """Where to read on in a file that had this size and hash then: a file that was changed before it is read anew."""

    feed: TicketFeed = "live"
    offset: int = 0
    size: int = 0
    sha256: str = ""


class JsonStoreAdapter(PlatformAdapter):
    """A company's folder. Raises BadInput(code="store_refused") where the operator allows none, or not this one."""

    kind: ClassVar[str] = "json_store"
    label: ClassVar[str] = "JSON store"
    capabilities: ClassVar[Capabilities] = Capabilities(thread_feed=True, gone_feed=True, archive_lookup=True, thread_cost=0)
    Config: ClassVar[type[JsonStoreConfig]] = JsonStoreConfig
    TicketCursor: ClassVar[type[Cursor]] = LineCursor
    ArticleCursor: ClassVar[type[Cursor]] = LineCursor

    def __init__(
        self, config: JsonStoreConfig, *, allow_hosts: frozenset[str] = frozenset(), gate: Gate | None = None
    ) -> None:
        """No network is used: hosts and budget are of no use here."""
        self._root, self._folder = config.allowed()

    @contextmanager
    def _store(self) -> Iterator[Store]:
        with opened_store(self._root, self._folder) as store:
            yield store

    @classmethod
    def first_tickets(
        cls, feed: TicketFeed = "live", *, since: datetime | None = None, statuses: Sequence[StatusData] = ()
    ) -> LineCursor:
        return LineCursor(feed=feed)

    @classmethod
    def first_ids(cls) -> LineCursor:
        return LineCursor()

    @classmethod
    def first_threads(cls) -> LineCursor:
        return LineCursor()

    @classmethod
    def first_gone(cls) -> LineCursor:
        return LineCursor()

    def first_articles(self) -> LineCursor:
        return LineCursor()

    def rate_state(self) -> RateState:
        return RateState()

    async def check(self) -> CheckReport:
        with self._store() as store:
            tickets = store.books[TICKETS]
            return CheckReport(
                account=f"{self._folder}@{self.kind}",
                agent_name="",
                agent_email=None,
                ticket_scope="all",
                calls_per_minute=None,
                primary_language=store.company.primary_language,
                languages=store.company.languages,
                statuses=mapping.statuses(store.company),
                abilities=tuple([_ability(name) for name in ABILITIES]),
                warnings=("lines_unreadable",) if any(book.skipped for book in store.books.values()) else (),
                tickets=tickets.live(),
            )

    async def fetch_reference(self) -> Reference:
        with self._store() as store:
            return Reference(
                statuses=mapping.statuses(store.company),
                groups=tuple([mapping.group(one) for one in _every(store, GROUPS, GroupLine)]),
                agents=tuple([mapping.agent(one) for one in _every(store, AGENTS, AgentLine)]),
                primary_language=store.company.primary_language,
                languages=store.company.languages,
            )

    async def fetch_tickets(self, cursor: Cursor) -> Page[TicketData]:
        """The live feed brings every state: a line says its own."""
        at = _at(cursor)
        if at.feed != "live":
            return Page([], at, more=False)
        with self._store() as store:
            lines, following, odd = _page(store, TICKETS, TicketLine, at)
            known = {str(one.value): one for one in mapping.statuses(store.company)}
            items = [mapping.ticket(line, known, _Customers(store)) for line in lines]
            return Page(items, following, following.offset < following.size, tuple([one.place for one in odd]))

    async def fetch_ids(self, cursor: Cursor) -> Page[TicketPlace]:
        with self._store() as store:
            lines, following, _odd = _page(store, TICKETS, TicketLine, _at(cursor))
            places = [TicketPlace(remote_id=one.id, updated_at=one.updated_at.replace(microsecond=0), state=one.state) for one in lines]
            return Page(places, following, following.offset < following.size)

    async def fetch_gone(self, cursor: Cursor) -> Page[str]:
        """Tombstones, from the first one on."""
        with self._store() as store:
            lines, following, _odd = _page(store, TICKETS, Gone, _at(cursor), gone=True)
            return Page([one.key() for one in lines], following, following.offset < following.size)

    async def fetch_thread_page(self, cursor: Cursor) -> ThreadPage:
        with self._store() as store:
            lines, following, _odd = _page(store, THREADS, ThreadLine, _at(cursor))
            return ThreadPage([_thread(one) for one in lines], following, following.offset < following.size)

    async def fetch_threads(self, ticket_ids: Sequence[str]) -> list[ThreadData]:
        """Those of tickets that are there and can be read; of the others nothing is told."""
        told = []
        with self._store() as store:
            for ticket_id in ticket_ids:
                try:
                    told.append(ThreadData(ticket_id=ticket_id, messages=tuple(_messages(store, ticket_id))))
                except (NotFound, LineUnreadable):
                    continue
        return told

    async def fetch_thread(self, ticket_id: str) -> list[MessageData]:
        with self._store() as store:
            return _messages(store, ticket_id)

    async def fetch_ticket(self, ticket_id: str, *, archived: bool = False) -> TicketData:
        """`ticket_id` may be the place of a line that could not be read ("tickets.jsonl:12"): NotFound once it is mended."""
        with self._store() as store:
            if store.books[TICKETS].is_bad(ticket_id):
                raise LineUnreadable(ticket_id)
            line = store.find(TICKETS, ticket_id)
            if not isinstance(line, TicketLine):
                raise NotFound(f"there is no ticket {ticket_id[:40]!r} in the store")
            known = {str(one.value): one for one in mapping.statuses(store.company)}
            return mapping.ticket(line, known, _Customers(store))

    async def fetch_person(self, remote_id: str, ticket_id: str) -> PersonData:
        with self._store() as store:
            line = store.find(PEOPLE, remote_id)
            if not isinstance(line, PersonLine):
                raise NotFound("people.jsonl does not tell who they are")
            return mapping.person(line)

    async def fetch_articles(self, cursor: Cursor) -> Page[ArticleData]:
        with self._store() as store:
            lines, following, odd = _page(store, ARTICLES, ArticleLine, _at(cursor))
            more = following.offset < following.size
            items = [mapping.article(line) for line in lines]
            return Page(items, following if more else LineCursor(), more, tuple([one.place for one in odd]))


def _at(cursor: Cursor) -> LineCursor:
    return LineCursor.model_validate(cursor.model_dump())


def _page(store: Store, name: str, shape: type[L], at: LineCursor, *, gone: bool = False) -> tuple[list[L], LineCursor, list[Problem]]:
    """Lines that count from the cursor on, where to read on, and what could not be read between."""
    book = store.books[name]
    offset = at.offset if at.sha256 and store.digest(name, at.size) == at.sha256 else 0
    spots, following = book.walk(offset, PAGE, PAGE_BYTES, gone=gone)
    lines = [line for spot in spots if isinstance(line := store.read(name, spot), shape)]
    cursor = LineCursor(feed=at.feed, offset=following, size=book.size, sha256=store.digest(name, book.size))
    return lines, cursor, book.unreadable(offset, following)


def _every(store: Store, name: str, shape: type[L]) -> list[L]:
    spots = [spot for spot in store.books[name].spots.values() if not spot.gone]
    return [line for spot in spots if isinstance(line := store.read(name, spot), shape)]


class _Customers:
    """Customers by id, of one answer. Who is not in people.jsonl has no name, as customers of a chat have none."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, PersonData] = {}

    def __call__(self, remote_id: str) -> PersonData:
        if remote_id not in self._known:
            try:
                line = self._store.find(PEOPLE, remote_id)
            except LineUnreadable:
                line = None
            told = mapping.person(line) if isinstance(line, PersonLine) else PersonData(remote_id=remote_id)
            self._known[remote_id] = told
        return self._known[remote_id]


def _messages(store: Store, ticket_id: str) -> list[MessageData]:
    """Raises NotFound for a ticket that is gone, LineUnreadable for a thread that cannot be read."""
    if store.books[TICKETS].spot(ticket_id) is None:
        raise NotFound(f"there is no ticket {ticket_id[:40]!r} in the store")
    line = store.find(THREADS, ticket_id)
    return mapping.thread(line) if isinstance(line, ThreadLine) else []


def _thread(line: ThreadLine) -> ThreadData:
    return ThreadData(ticket_id=line.ticket_id, messages=tuple(mapping.thread(line)))


def _ability(name: str) -> Ability:
    offered = name in _OFFERED
    value = 0 if name == "per_ticket_thread_cost" else None
    return Ability.model_validate(
        {"name": name, "state": "yes" if offered or value is not None else "no", "reason": "documented" if offered else "not_offered", "value": value}
    )
