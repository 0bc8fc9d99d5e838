"""The Freshdesk adapter: the port's questions, asked in the cheapest way that loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar, TypeVar

from apps.core.errors import CredentialsRejected, ExternalError, ExternalUnavailable, NotFound
from apps.platforms.adapters.freshdesk import canned, files, mapping, outside, solutions, walk, writing
from apps.platforms.adapters.freshdesk import payloads as wire
from apps.platforms.adapters.freshdesk.checking import REFUSALS, abilities, count_tickets
from apps.platforms.adapters.freshdesk.client import PER_PAGE, FreshdeskClient
from apps.platforms.adapters.freshdesk.config import FreshdeskConfig
from apps.platforms.adapters.freshdesk.firms import ReadsFirms
from apps.platforms.adapters.freshdesk.probing import probe
from apps.platforms.base import (
    TICKET_FEEDS,
    WAITING,
    ArticleData,
    Capabilities,
    Case,
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
)
from apps.platforms.changes import TicketChange
from apps.platforms.filedata import FileData, FileRef
from apps.platforms.probing import ProbeReport, Tell

T = TypeVar("T")
_CLOSED = 5  # the highest of Freshdesk's first statuses
_VIEWED = 10  # entries of a thread that a view shows at most
_FEWEST_CALLS = 100  # a minute; below it a first sync takes days
_FULL, _NAMELESS = "description,requester", "description"
_NAMED_AT_ONCE = timedelta(days=3)  # what changed in them is worked on: its customers' names come with it
_STATUSES_LAST = timedelta(hours=1)
_STATUSES_LEAST = timedelta(minutes=5)  # a status that nobody names must not be looked up for every page


class PeopleCursor(Cursor):
    """A numbered walk: the list has no documented order to walk by."""

    page: int = 1


class FreshdeskAdapter(ReadsFirms, canned.ReadsCanned, outside.OfFreshdesk, PlatformAdapter):
    """One Freshdesk account. Raises BadInput(code="address_refused") for a host that is not Freshdesk's or allowed."""

    kind: ClassVar[str] = "freshdesk"
    label: ClassVar[str] = "Freshdesk"
    capabilities: ClassVar[Capabilities] = Capabilities(delete_feed=True, archive_lookup=True, write_back=True)
    Config: ClassVar[type[FreshdeskConfig]] = FreshdeskConfig
    TicketCursor: ClassVar[type[Cursor]] = walk.TicketCursor
    ArticleCursor: ClassVar[type[Cursor]] = solutions.ArticleCursor

    def __init__(
        self, config: FreshdeskConfig, *, allow_hosts: frozenset[str] = frozenset(), gate: Gate | None = None
    ) -> None:
        """`allow_hosts` are the operator's "host:port" pairs that may be plain http or private."""
        key = config.api_key.get_secret_value()
        self._client = FreshdeskClient(config.base_url, key, frozenset(allow_hosts), gate)
        self._storage = files.Storage.of(self._client.target, frozenset(allow_hosts))
        self._statuses: mapping.Statuses | None = None
        self._settings: wire.HelpdeskSettings | None = None
        self._asking = asyncio.Lock()

    async def close(self) -> None:
        await self._client.close()

    @classmethod
    def first_tickets(
        cls, feed: TicketFeed = "live", *, since: datetime | None = None, statuses: Sequence[StatusData] = ()
    ) -> walk.TicketCursor:
        begin = since or walk.BEGINNING
        return _knowing(walk.TicketCursor(feed=feed, since=begin, floor=begin), statuses)

    @classmethod
    def first_history(cls, before: datetime, *, statuses: Sequence[StatusData] = ()) -> walk.TicketCursor:
        return _knowing(walk.history(before), statuses)

    @classmethod
    def first_ids(cls) -> walk.TicketCursor:
        return walk.TicketCursor()

    async def fetch_ids(self, cursor: Cursor) -> Page[TicketPlace]:
        """Every feed in turn: live, trash, spam; a credit for a hundred numbers."""
        at = walk.TicketCursor.model_validate(cursor)
        rows, _ = await self._list(at, wire.TicketPlace)
        places = [
            TicketPlace(
                remote_id=str(row.id), updated_at=row.updated_at, state="archived" if row.archived else at.feed
            )
            for row in rows
        ]
        following, more = self._next(at, rows)
        last = TICKET_FEEDS.index(at.feed) == len(TICKET_FEEDS) - 1
        if more or last:
            return Page(places, following, more)
        return Page(places, walk.TicketCursor(feed=TICKET_FEEDS[TICKET_FEEDS.index(at.feed) + 1]), True)

    def first_articles(self) -> solutions.ArticleCursor:
        return solutions.ArticleCursor()

    def rate_state(self) -> RateState:
        return self._client.rate

    @classmethod
    async def probe_account(cls, config: FreshdeskConfig, *, allow_hosts: frozenset[str], tell: Tell) -> ProbeReport:
        return await probe(config.base_url, config.api_key.get_secret_value(), allow_hosts, tell)

    async def check(self) -> CheckReport:
        me = await self._client.one("/agents/me", wire.Agent)
        settings = await self._read_settings()
        warnings, account = [], wire.Account()
        try:
            account = await self._client.one("/account", wire.Account)
        except (CredentialsRejected, NotFound):
            warnings.append("account_unreadable")
        scope = mapping.scope(me.ticket_scope)
        total = self._client.rate.total
        if scope != "all":
            warnings.append("scope_limited")
        if total is not None and total < _FEWEST_CALLS:
            warnings.append("few_calls")
        found = await abilities(self._client, settings, account_readable="account_unreadable" not in warnings)
        return CheckReport(
            account=self._account_host(account),
            agent_name=me.contact.name,
            agent_email=me.contact.email,
            ticket_scope=scope,
            calls_per_minute=total,
            primary_language=mapping.language(settings.primary_language),
            languages=_languages(settings),
            statuses=tuple((await self._known_statuses()).values()),
            abilities=found,
            warnings=tuple(warnings),
            tickets=await count_tickets(self._client),
        )

    async def _read_settings(self) -> wire.HelpdeskSettings:
        """Once an adapter's life, which is a page's."""
        if self._settings is None:
            self._settings = await self._client.one("/settings/helpdesk", wire.HelpdeskSettings)
        return self._settings

    def _account_host(self, account: wire.Account) -> str:
        """The host we call. Where the operator allowed an address by hand, the account's own name for itself."""
        target = self._client.target
        if target.trusted:
            return account.account_domain or f"{target.host}:{target.port}"
        return target.host

    async def fetch_reference(self) -> Reference:
        settings = await self._read_settings()
        return Reference(
            statuses=tuple((await self._known_statuses()).values()),
            groups=tuple([mapping.group(row) for row in await self._readable("/groups", wire.Group)]),
            agents=tuple([mapping.agent(row) for row in await self._readable("/agents", wire.Agent)]),
            products=tuple([mapping.product(row) for row in await self._readable("/products", wire.Product)]),
            primary_language=mapping.language(settings.primary_language),
            languages=_languages(settings),
        )

    async def _readable(self, path: str, shape: type[T]) -> list[T]:
        """A list that only admins may read, or that not every plan has, is empty where it is not given."""
        try:
            return [row async for row in self._client.every(path, shape)]
        except NotFound:
            return []
        except CredentialsRejected as exc:
            if exc.code not in REFUSALS:
                raise
            return []

    async def _known_statuses(self) -> mapping.Statuses:
        async with self._asking:  # many tickets are looked at side by side
            if self._statuses is None:
                fields, _ = await self._client.rows("/ticket_fields", wire.TicketField)
                self._statuses = mapping.statuses(fields)
        return self._statuses

    async def fetch_tickets(self, cursor: Cursor) -> Page[TicketData]:
        at = walk.TicketCursor.model_validate(cursor)
        if at.waiting:
            return await self._fetch_waiting(at)
        if (at.polling or at.feed != "live") and at.page == 1 and at.started is None:  # nothing new, or nothing at all
            places = await self._list(at, wire.TicketPlace)
            if all(walk.is_known(at, _row(row)) for row in places[0]):
                return Page([], *self._next(at, places[0]))  # an idle poll costs one credit
        if at.round is not None and at.round.light:
            here, odd = await self._list(at, wire.TicketPlace)
            return Page([], *self._next(at, [*here, *odd]))
        at = await self._asking_for_names(at)
        rows, odd = await self._list(at, wire.Ticket, include=_NAMELESS if self._names_later(at) else _FULL)
        border = self._client.server_time - walk.FRESH
        following, more = self._next(at, [*rows, *odd])
        following = await self._with_statuses(following, rows)
        statuses = {int(status.value): status for status in following.statuses}
        items = [mapping.ticket(row, statuses, at.feed, settled=row.updated_at <= border, listed=True) for row in rows]
        return Page(items, following, more, tuple([str(row.id) for row in odd]))

    async def _fetch_waiting(self, at: walk.TicketCursor) -> Page[TicketData]:
        """A page of the list by status: open and pending have the lowest numbers, a company's own the highest.

        The first one is looked at for a credit: most accounts have nothing there that is older than what is read anyway.
        """
        known = {int(status.value): status for status in at.statuses}
        others = any(status.category in WAITING for value, status in known.items() if value > _CLOSED)
        if at.page == 1:
            look, _ = await self._list(at, wire.Ticket)
            old = [row for row in look if at.until is None or row.updated_at < at.until]
            if not any(mapping.status(row.status).category in WAITING for row in old):
                return Page([], walk.next_waiting(at, on=False, others=others), True)
        rows, odd = await self._list(at, wire.Ticket, include=_FULL)
        border = self._client.server_time - walk.FRESH
        items = [mapping.ticket(row, known, at.feed, settled=row.updated_at <= border, listed=True) for row in rows]
        on = len(rows) + len(odd) >= PER_PAGE and bool(items) and items[-1].status.category in WAITING
        return Page(items, walk.next_waiting(at, on=on, others=others), True, tuple([str(row.id) for row in odd]))

    async def _asking_for_names(self, at: walk.TicketCursor) -> walk.TicketCursor:
        """The cursor of a long first walk knows whether this key may list customers: names by that list cost a third."""
        if at.polling or at.feed != "live" or at.apart is not None:
            return at
        try:
            await self._client.rows("/contacts", wire.Numbered, {"per_page": 1})
        except NotFound:
            return at.model_copy(update={"apart": False})
        except CredentialsRejected as exc:
            if exc.code != "access_denied":
                raise
            return at.model_copy(update={"apart": False})
        return at.model_copy(update={"apart": True})

    def _names_later(self, at: walk.TicketCursor) -> bool:
        """Whether this page's customers are named by the walk over customers."""
        return bool(at.apart) and not at.polling and at.since < self._client.server_time - _NAMED_AT_ONCE

    @classmethod
    def first_people(cls) -> PeopleCursor:
        return PeopleCursor()

    async def fetch_people(self, cursor: Cursor) -> Page[PersonData]:
        page = PeopleCursor.model_validate(cursor.model_dump()).page
        params: dict[str, str | int] = {"page": page, "per_page": PER_PAGE}
        rows, odd = await self._client.rows_apart("/contacts", wire.Contact, wire.Numbered, params)
        full = len(rows) + len(odd) >= PER_PAGE
        return Page([mapping.contact(row) for row in rows], PeopleCursor(page=page + 1), full)

    async def fetch_person(self, remote_id: str, ticket_id: str) -> PersonData:
        number = _number(remote_id)
        try:
            return mapping.contact(await self._client.one(f"/contacts/{number}", wire.Contact))
        except ExternalUnavailable:
            raise
        except (NotFound, ExternalError) as exc:  # an agent, or deleted; or not for this key
            if isinstance(exc, CredentialsRejected) and exc.code != "access_denied":
                raise
        row = await self._client.one(f"/tickets/{_number(ticket_id)}", wire.Ticket, {"include": "requester"})
        if row.requester is None or row.requester.id != number:
            raise NotFound("the ticket is somebody else's now")
        return PersonData(remote_id=remote_id, name=row.requester.name, email=row.requester.email)

    def _next(self, at: walk.TicketCursor, rows: Sequence[wire.Place]) -> tuple[walk.TicketCursor, bool]:
        """Where to read on, by the server's clock of the answer that brought the rows."""
        return walk.next_cursor(at, [_row(row) for row in rows], now=self._client.server_time, per_page=PER_PAGE)

    async def _with_statuses(self, at: walk.TicketCursor, rows: list[wire.Ticket]) -> walk.TicketCursor:
        """The cursor with the account's statuses: read once an hour, sooner when a row shows one we do not know."""
        now = self._client.server_time
        known = {status.value for status in at.statuses}
        familiar = all(row.status in known for row in rows)
        if familiar and known and at.statuses_at is None:  # those of connecting
            return at.model_copy(update={"statuses_at": now})
        patience = _STATUSES_LAST if familiar else _STATUSES_LEAST
        if not rows or (at.statuses_at is not None and now - at.statuses_at < patience):
            return at
        statuses = tuple((await self._known_statuses()).values())
        return at.model_copy(update={"statuses": statuses, "statuses_at": now})

    async def _list(
        self, at: walk.TicketCursor, shape: type[T], *, include: str = ""
    ) -> tuple[list[T], list[wire.TicketPlace]]:
        params: dict[str, str | int] = {
            "updated_since": (walk.BEGINNING if at.waiting else at.since).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "order_by": "status" if at.waiting else "updated_at",
            "order_type": at.waiting or "asc",
            "per_page": PER_PAGE,
            "page": at.page,
        }
        if include:
            params["include"] = include
        if at.feed != "live":
            params["filter"] = "deleted" if at.feed == "trashed" else "spam"
        return await self._client.rows_apart("/tickets", shape, wire.TicketPlace, params)

    async def fetch_ticket(self, ticket_id: str, *, archived: bool = False) -> TicketData:
        statuses = await self._known_statuses()
        number = _number(ticket_id)
        ways = (self._view, self._view_archived)
        first, second = reversed(ways) if archived else ways
        try:
            row = await first(number)
        except NotFound:
            row = await second(number)
        return mapping.ticket(row, statuses, settled=row.updated_at <= self._client.server_time - walk.FRESH)

    async def _view(self, number: int) -> wire.Ticket:
        return await self._client.one(f"/tickets/{number}", wire.Ticket, {"include": "requester"})

    async def _view_archived(self, number: int) -> wire.Ticket:
        row = await self._client.one(f"/tickets/archived/{number}", wire.Ticket)
        return row.model_copy(update={"archived": True})

    async def fetch_thread(self, ticket_id: str) -> list[MessageData]:
        number = _number(ticket_id)
        try:
            rows = await self._conversations(f"/tickets/{number}/conversations")
        except NotFound:
            rows = await self._conversations(f"/tickets/archived/{number}/conversations")
        return mapping.thread(rows, number)

    async def fetch_case(self, ticket_id: str, *, statuses: Sequence[StatusData] = (), named: bool = True) -> Case:
        """Two credits, one more with the customer's name; the rest of a long thread a credit for a hundred entries."""
        number = _number(ticket_id)
        names = {"include": "conversations,requester" if named else "conversations"}
        row = await self._client.one(f"/tickets/{number}", wire.Case, names)
        settled, known = row.updated_at <= self._client.server_time - walk.FRESH, {int(one.value): one for one in statuses}
        if row.status not in known:
            known = await self._known_statuses()
        thread: Sequence[wire.Conversation] = row.conversations
        if len(thread) >= _VIEWED:
            thread = await self._conversations(f"/tickets/{number}/conversations")
        plain = wire.Ticket.model_validate(row.model_dump(include=row.model_fields_set - {"conversations"}))
        return mapping.ticket(plain, known, settled=settled), mapping.thread(thread, number)

    async def _conversations(self, path: str) -> list[wire.Conversation]:
        return [row async for row in self._client.every(path, wire.Conversation)]

    async def post_note(self, ticket_id: str, html: str, *, private: bool, agent_id: str) -> MessageData:
        row = await writing.post_note(self._client, _number(ticket_id), html, private=private, agent_id=agent_id)
        return mapping.message(row, ticket_id)

    async def post_reply(self, ticket_id: str, html: str, *, agent_id: str) -> MessageData:
        return mapping.message(await writing.post_reply(self._client, _number(ticket_id), html, agent_id=agent_id), ticket_id)

    async def update_ticket(self, ticket_id: str, change: TicketChange) -> TicketData:
        statuses = await self._known_statuses()  # before: what fails after the change would hide that it was made
        return mapping.ticket(await writing.update_ticket(self._client, _number(ticket_id), change), statuses, settled=False)

    def clock(self) -> datetime:
        return self._client.server_time

    async def open_attachment(self, ref: FileRef, *, most: int) -> FileData:
        return await files.open_attachment(self._client, self._storage, ref, most)

    async def open_image(self, url: str, *, most: int) -> bytes:
        return await self._storage.image(url, most)

    async def fetch_articles(self, cursor: Cursor) -> Page[ArticleData]:
        return await solutions.step(self._client, solutions.ArticleCursor.model_validate(cursor))


def _knowing(at: walk.TicketCursor, statuses: Sequence[StatusData]) -> walk.TicketCursor:
    if not statuses:
        return at
    return at.model_copy(update={"statuses": tuple(statuses)})


def _row(row: wire.Place) -> walk.Row:
    return walk.Row(row.id, row.updated_at)


def _number(ticket_id: str) -> int:
    """Freshdesk's ids are numbers; anything else would be a path of somebody's choice."""
    if not ticket_id.isdecimal():
        raise NotFound("Freshdesk knows tickets by number")
    return int(ticket_id)


def _languages(settings: wire.HelpdeskSettings) -> tuple[str, ...]:
    """Primary first, each once, in our codes."""
    codes = (settings.primary_language, *settings.supported_languages)
    return tuple(dict.fromkeys(mapping.language(code) for code in codes))
