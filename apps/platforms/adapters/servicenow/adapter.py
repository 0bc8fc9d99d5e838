"""The ServiceNow adapter: the port's questions, asked table by table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from apps.core.errors import ExternalError, NotFound
from apps.platforms.adapters.servicenow import (
    checking,
    files,
    gone,
    knowledge,
    mapping,
    probing,
    push,
    query,
    tickets,
    writing,
)
from apps.platforms.adapters.servicenow import payloads as wire
from apps.platforms.adapters.servicenow.client import ServiceNowClient
from apps.platforms.adapters.servicenow.config import ServiceNowConfig
from apps.platforms.adapters.servicenow.journals import Marks
from apps.platforms.adapters.servicenow.reference import reference
from apps.platforms.adapters.servicenow.threads import ThreadCursor, Threads
from apps.platforms.base import (
    ArticleData,
    Capabilities,
    Case,
    CheckReport,
    Cursor,
    Gate,
    MessageData,
    Page,
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
from apps.platforms.threaddata import ThreadData, ThreadPage

ARCHIVED = "ar_"  # before the name of a table: where its old rows are moved to


class ServiceNowAdapter(PlatformAdapter):
    """One instance. Raises BadInput(code="address_refused") for a host that is not ServiceNow's or allowed."""

    kind: ClassVar[str] = "servicenow"
    label: ClassVar[str] = "ServiceNow"
    capabilities: ClassVar[Capabilities] = Capabilities(
        thread_feed=True, gone_feed=True, kb_feed=True, archive_lookup=True, signed_push=True, write_back=True, thread_cost=3
    )
    ticket_path: ClassVar[str] = "/nav_to.do?uri=task.do%3Fsys_id%3D{remote_id}"  # finds the table by itself
    key_help: ClassVar[str] = "Check the user, or the application, that Deskhand signs in with: it needs rights to read by REST."
    Config: ClassVar[type[ServiceNowConfig]] = ServiceNowConfig
    TicketCursor: ClassVar[type[Cursor]] = tickets.TicketCursor
    ArticleCursor: ClassVar[type[Cursor]] = knowledge.ArticleCursor

    def __init__(
        self, config: ServiceNowConfig, *, allow_hosts: frozenset[str] = frozenset(), gate: Gate | None = None
    ) -> None:
        """`allow_hosts` are the operator's "host:port" pairs that may be plain http or private."""
        self._config = config
        self._client = ServiceNowClient(config, frozenset(allow_hosts), gate)
        self._marks = Marks.of(config)
        self._threads = Threads(self._client, config.table_names, self._marks)

    @property
    def in_vain(self) -> int:
        """Each time halves the pages that are asked for: a page that takes longer than its reader may wait never comes."""
        return self._client.in_vain

    @in_vain.setter
    def in_vain(self, times: int) -> None:
        self._client.in_vain = times

    async def close(self) -> None:
        await self._client.close()

    @classmethod
    def first_tickets(
        cls, feed: TicketFeed = "live", *, since: datetime | None = None, statuses: Sequence[StatusData] = ()
    ) -> tickets.TicketCursor:
        if feed != "live":
            raise NotFound("ServiceNow has no trash", code="not_offered")
        return tickets.TicketCursor(since=since)

    @classmethod
    def first_ids(cls) -> tickets.TicketCursor:
        return tickets.TicketCursor(ids=True)

    @classmethod
    def first_threads(cls) -> ThreadCursor:
        return ThreadCursor()

    @classmethod
    def first_gone(cls) -> gone.GoneCursor:
        return gone.GoneCursor()

    def first_articles(self) -> knowledge.ArticleCursor:
        return knowledge.ArticleCursor()

    def rate_state(self) -> RateState:
        return self._client.rate

    def clock(self) -> datetime:
        return self._client.server_time

    @classmethod
    def push_script(cls, url: str, key: str) -> str:
        return push.script(url, key)

    @classmethod
    def read_push(cls, headers: Mapping[str, str], body: bytes, key: str, now: datetime) -> tuple[str, ...]:
        return push.read(headers, body, key, now)

    @classmethod
    async def probe_account(cls, config: ServiceNowConfig, *, allow_hosts: frozenset[str], tell: Tell) -> ProbeReport:
        return await probing.probe(config, allow_hosts, tell)

    async def check(self) -> CheckReport:
        return await checking.check(self._client, self._config)

    async def fetch_reference(self) -> Reference:
        return await reference(self._client, self._config.table_names)

    async def fetch_tickets(self, cursor: Cursor) -> Page[TicketData]:
        at = tickets.TicketCursor.model_validate(cursor.model_dump())
        return await tickets.fetch(self._client, tickets.begun(at, self._config.table_names))

    async def fetch_ids(self, cursor: Cursor) -> Page[TicketPlace]:
        at = tickets.TicketCursor.model_validate(cursor.model_dump())
        return await tickets.fetch_ids(self._client, tickets.begun(at, self._config.table_names))

    async def fetch_thread_page(self, cursor: Cursor) -> ThreadPage:
        return await self._threads.step(ThreadCursor.model_validate(cursor.model_dump()))

    async def fetch_threads(self, ticket_ids: Sequence[str]) -> list[ThreadData]:
        """An archived one is told as far as its entries are still shown."""
        found = await self._threads.read(ticket_ids)
        left = [one for one in ticket_ids if one not in {thread.ticket_id for thread in found}]
        return [*found, *(await self._threads.read(left, self._archives) if left else [])]

    async def fetch_thread(self, ticket_id: str) -> list[MessageData]:
        for tables in (self._config.table_names, self._archives):
            for found in await self._threads.read([ticket_id], tables):
                return list(found.messages or ())
        raise NotFound("the helpdesk has nothing there for this key")

    async def fetch_gone(self, cursor: Cursor) -> Page[str]:
        return await gone.fetch(self._client, gone.GoneCursor.model_validate(cursor.model_dump()), self._config.table_names)

    async def fetch_articles(self, cursor: Cursor) -> Page[ArticleData]:
        return await knowledge.step(self._client, knowledge.ArticleCursor.model_validate(cursor.model_dump()))

    @property
    def _archives(self) -> tuple[str, ...]:
        return tuple(f"{ARCHIVED}{table}" for table in self._config.table_names)

    async def fetch_ticket(self, ticket_id: str, *, archived: bool = False) -> TicketData:
        """In each table, then where its old rows are: a row that was moved there is not gone."""
        if not query.is_id(ticket_id):
            raise NotFound("ServiceNow knows tickets by sys_id")
        live, old = self._config.table_names, self._archives
        for table in (*old, *live) if archived else (*live, *old):
            row = await self._view(table, ticket_id)
            if row is not None:
                return mapping.ticket(row, state="archived" if table in old else "live")
        raise NotFound("the helpdesk has nothing there for this key")

    async def _view(self, table: str, ticket_id: str) -> wire.Incident | wire.Case | None:
        try:
            return await self._client.row(table, ticket_id, tickets.SHAPES[table.removeprefix(ARCHIVED)], display="all")
        except (NotFound, ExternalError) as exc:
            if table == self._config.table_names[0] and not isinstance(exc, NotFound):
                raise
            if not tickets.is_absent(exc):
                raise
            return None

    async def fetch_case(self, ticket_id: str, *, statuses: Sequence[StatusData] = (), named: bool = True) -> Case:
        """Four calls: the ticket, whose it is, its entries, its files."""
        ticket = await self.fetch_ticket(ticket_id)
        if ticket.state == "archived":
            raise NotFound("the ticket is in the archive")
        found = await self._threads.read([ticket_id])
        if not found:
            raise NotFound("the helpdesk has nothing there for this key")
        return ticket.model_copy(update={"attachments": found[0].files}), list(found[0].messages or ())

    async def post_note(self, ticket_id: str, html: str, *, private: bool, agent_id: str) -> MessageData:
        table = await writing.table_of(self._client, ticket_id, self._config.table_names)
        return await writing.post(
            self._client, self._threads, self._marks, table, ticket_id, html, private=private, agent_id=agent_id
        )

    async def post_reply(self, ticket_id: str, html: str, *, agent_id: str) -> MessageData:
        """As an additional comment: what the customer gets of it is the instance's own rule."""
        return await self.post_note(ticket_id, html, private=False, agent_id=agent_id)

    async def update_ticket(self, ticket_id: str, change: TicketChange) -> TicketData:
        writing.fields_of(change)  # before anything is asked
        table = await writing.table_of(self._client, ticket_id, self._config.table_names)
        return mapping.ticket(await writing.update(self._client, table, ticket_id, change))

    async def open_attachment(self, ref: FileRef, *, most: int) -> FileData:
        return await files.open_attachment(self._client, ref, most)

    async def open_image(self, url: str, *, most: int) -> bytes:
        return await files.open_image(self._client, url, most)
