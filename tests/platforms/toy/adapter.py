"""The adapter, and the accounts it finds by name in this process."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from pydantic import BaseModel, SecretStr

from apps.core.errors import AppError, CredentialsRejected, NotFound
from apps.platforms.base import (
    AgentData,
    ArticleData,
    AttachmentData,
    Capabilities,
    CheckReport,
    Cursor,
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
from apps.platforms.threaddata import ThreadData, ThreadPage

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
STATUSES = (StatusData(value="1", label="New", category="open"), StatusData(value="6", label="Done", category="solved"))


@dataclass
class Account:
    """What the helpdesk holds. `calls`: those it was asked, by name; `before`: run at the begin of each."""

    tickets: dict[str, TicketData] = field(default_factory=dict)
    threads: dict[str, list[MessageData]] = field(default_factory=dict)
    files: dict[str, list[AttachmentData]] = field(default_factory=dict)
    articles: dict[str, ArticleData] = field(default_factory=dict)
    agents: list[AgentData] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)  # tickets whose threads changed, in order
    forbidden: set[str] = field(default_factory=set)  # names of calls
    whole: bool = True  # whether a walk over articles tells all
    calls: list[tuple[str, Any]] = field(default_factory=list)
    before: Callable[[str], None] = field(default=lambda name: None)
    size: int = 4
    name: str = ""

    def add(self, remote_id: str, *texts: str, category: str = "open", **more: Any) -> TicketData:
        """A new ticket with these messages, or another version of one."""
        version = len(self.tickets) + len(self.touched)
        facts: dict[str, Any] = {
            "remote_id": remote_id, "number": f"TOY{remote_id[-4:]}".upper(), "subject": f"Subject {remote_id}",
            "description_html": f"<p>Description {remote_id}</p>", "description_text": f"Description {remote_id}",
            "visibility": "public", "state": "live", "priority": 2, "source": "portal", "type": None, "group_id": None,
            "status": next(one for one in STATUSES if one.category == category), "agent_id": None,
            "customer": PersonData(remote_id="c1", name="Customer", email="customer@example.com"),
            "created_at": NOW, "updated_at": NOW + timedelta(seconds=version), "raw_hash": f"{remote_id} {version}",
        }  # fmt: skip
        self.tickets[remote_id] = TicketData.model_validate(facts | more)
        self.threads.setdefault(remote_id, [])
        for text in texts:
            self.say(remote_id, text)
        return self.tickets[remote_id]

    def say(self, remote_id: str, text: str, visibility: str = "public") -> None:
        thread = self.threads[remote_id]
        when = NOW + timedelta(seconds=len(thread))
        thread.append(MessageData.model_validate({
            "remote_id": f"{remote_id}-{len(thread)}", "ticket_id": remote_id, "author": "agent", "author_id": "a1",
            "author_email": None, "visibility": visibility, "html": f"<p>{text}</p>", "text": text, "source": "reply",
            "created_at": when, "updated_at": when, "raw_hash": hashlib.sha256(text.encode()).hexdigest(),
        }))  # fmt: skip
        self.touched.append(remote_id)

    def write(self, remote_id: str, text: str, **more: Any) -> ArticleData:
        facts = {
            "remote_id": remote_id, "language": "en", "title": f"Article {remote_id}", "html": f"<p>{text}</p>", "text": text,
            "published": True, "status_value": "published", "visibility": "private", "category_id": "", "category": "",
            "folder_id": "", "folder": "", "created_at": NOW, "updated_at": NOW, "raw_hash": hashlib.sha256(f"{text} {more}".encode()).hexdigest(),
        }  # fmt: skip
        self.articles[remote_id] = ArticleData.model_validate(facts | more)
        return self.articles[remote_id]


ACCOUNTS: dict[str, Account] = {}


class ToyConfig(BaseModel):
    """`name`: of the account."""

    name: str
    token: SecretStr


class Place(Cursor):
    """`at`: position in the list, or the last remote id; `swept`: the walk over threads was done, and changes are told."""

    at: int = 0
    after: str = ""
    swept: bool = False


class ToyAdapter(PlatformAdapter):
    kind = "toy"
    label = "Toy"
    capabilities = Capabilities(thread_feed=True, gone_feed=True, kb_feed=True)
    Config: ClassVar[type[BaseModel]] = ToyConfig
    TicketCursor = Place
    ArticleCursor = Place

    def __init__(self, config: ToyConfig, **_more: Any) -> None:
        self.config = config
        self.account = ACCOUNTS[config.name]

    def _called(self, name: str, told: Any = None) -> None:
        self.account.before(name)
        self.account.calls.append((name, told))
        if name in self.account.forbidden:
            raise CredentialsRejected("not for this key", code="access_denied")

    @classmethod
    def first_tickets(cls, feed: TicketFeed = "live", *, since: datetime | None = None, statuses: Sequence[StatusData] = ()) -> Cursor:
        return Place(at=0 if feed == "live" else -1)

    @classmethod
    def first_ids(cls) -> Cursor | None:
        return Place()

    @classmethod
    def first_threads(cls) -> Cursor | None:
        return Place()

    @classmethod
    def first_gone(cls) -> Cursor | None:
        return Place()

    def first_articles(self) -> Cursor:
        return Place()

    def rate_state(self) -> RateState:
        return RateState()

    async def check(self) -> CheckReport:
        return CheckReport(
            account=self.config.name, agent_name="", agent_email=None, ticket_scope="all", calls_per_minute=None,
            primary_language="en", languages=("en",), statuses=STATUSES, abilities=(),
        )  # fmt: skip

    async def fetch_reference(self) -> Reference:
        return Reference(statuses=STATUSES, groups=(), agents=tuple(self.account.agents), primary_language="en", languages=("en",))

    async def fetch_tickets(self, cursor: Any) -> Page[TicketData]:
        self._called("tickets")
        if cursor.at < 0:
            return Page([], cursor, more=False)
        ordered = sorted(self.account.tickets.values(), key=lambda one: (one.updated_at, one.remote_id))
        page = ordered[cursor.at : cursor.at + self.account.size]
        more = cursor.at + len(page) < len(ordered)
        # what changed lies at the end: the last one is told again, as every helpdesk does
        return Page(page, Place(at=cursor.at + len(page) if more else max(0, len(ordered) - 1)), more=more)

    async def fetch_ids(self, cursor: Any) -> Page[TicketPlace]:
        rows = [TicketPlace(remote_id=one.remote_id, updated_at=one.updated_at, state=one.state) for one in self.account.tickets.values()]
        return Page(rows, cursor, more=False)

    async def fetch_thread(self, ticket_id: str) -> list[MessageData]:
        self._called("thread", ticket_id)
        if ticket_id not in self.account.tickets:
            raise NotFound(ticket_id)
        return self.account.threads[ticket_id]

    async def fetch_thread_page(self, cursor: Any) -> ThreadPage:
        """First all messages by ticket, silent ones left out, then all files, then which tickets changed."""
        self._called("sweep", cursor)
        if cursor.swept:
            told = dict.fromkeys(self.account.touched[cursor.at :])
            return ThreadPage([ThreadData(ticket_id=one) for one in told], Place(at=len(self.account.touched), swept=True), more=False)
        names = sorted(one for one in self.account.threads if one > cursor.after)[: self.account.size]
        if names:
            items = [ThreadData(ticket_id=one, messages=tuple(self.account.threads[one])) for one in names if self.account.threads[one]]
            return ThreadPage(items, Place(after=names[-1], at=cursor.at or len(self.account.touched)), True, cursor.after, names[-1])
        items = [ThreadData(ticket_id=one, files=tuple(files)) for one, files in self.account.files.items()]
        return ThreadPage(items, Place(at=cursor.at, swept=True), more=False)

    async def fetch_threads(self, ticket_ids: Sequence[str]) -> list[ThreadData]:
        self._called("threads", list(ticket_ids))
        here = [one for one in ticket_ids if one in self.account.tickets]
        return [ThreadData(ticket_id=one, messages=tuple(self.account.threads[one]), files=tuple(self.account.files.get(one, ()))) for one in here]

    async def fetch_gone(self, cursor: Any) -> Page[str]:
        self._called("gone")
        page = self.account.gone[cursor.at :]
        return Page(page, Place(at=cursor.at + len(page)), more=False)

    async def fetch_articles(self, cursor: Any) -> Page[ArticleData]:
        return Page(list(self.account.articles.values()), cursor, more=False, whole=self.account.whole)

    async def fetch_ticket(self, ticket_id: str, *, archived: bool = False) -> TicketData:
        self._called("ticket", ticket_id)
        try:
            return self.account.tickets[ticket_id]
        except KeyError:
            raise NotFound(ticket_id) from None


def failing(error: AppError) -> Callable[[str], None]:
    """For `Account.before`."""

    def fail(name: str) -> None:
        raise error

    return fail
