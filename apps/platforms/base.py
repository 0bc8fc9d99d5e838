"""The port every helpdesk adapter fills: plain data in, plain data out, no Django.

Ask for one page; get items and where to read on. Every call is safe to repeat. Cursors are opaque to
everybody but the adapter that made them: store `cursor.model_dump(mode="json")`, validate it with its class again.

    async with adapter:                                   # opens and closes the connections of one event loop
        page = await adapter.fetch_tickets(cursor)        # cursor = adapter.first_tickets() on the first run
        # store page.items and page.next in one transaction; go on at once while page.more
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, ClassVar, Generic, Literal, Self, TypeVar, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict

from apps.core.errors import NotFound
from apps.platforms.abilities import Ability
from apps.platforms.canneddata import CannedAnswers
from apps.platforms.changes import TicketChange
from apps.platforms.firmdata import ListsFirms
from apps.platforms.items import Item
from apps.platforms.linkdata import TicketBeside
from apps.platforms.outside import MetOutside
from apps.platforms.probing import ProbeReport, Tell
from apps.platforms.productdata import ProductData
from apps.platforms.threaddata import AttachmentData as AttachmentData
from apps.platforms.threaddata import Author as Author
from apps.platforms.threaddata import MessageData as MessageData
from apps.platforms.threaddata import ThreadData, ThreadPage
from apps.platforms.threaddata import Visibility as Visibility

TicketState = Literal["live", "spam", "trashed", "archived"]
TicketFeed = Literal["live", "trashed", "spam"]
StatusCategory = Literal["open", "pending", "solved", "closed"]
Fate = Literal["live", "spam", "trashed", "archived", "gone", "forbidden"]
Scope = Literal["all", "group", "restricted", "unknown"]  # of tickets: of the groups and own; own alone
PlatformValue = int | str  # a code as the platform writes it: 2 in Freshdesk, "2" in ServiceNow
WAITING: frozenset[StatusCategory] = frozenset(("open", "pending"))  # for somebody to do something
TICKET_FEEDS: tuple[TicketFeed, ...] = get_args(TicketFeed)


class StatusData(Item):
    """A ticket status of this account. A status we have no label for counts as open."""

    value: PlatformValue
    label: str
    category: StatusCategory


class GroupData(Item):
    """A team of agents."""

    remote_id: str
    name: str


class PersonData(Item):
    """A customer. Blank names and missing e-mails are normal on chat tickets."""

    remote_id: str
    name: str | None = ""  # None: the answer did not tell who they are
    email: str | None = None
    language: str | None = None


class AgentData(Item):
    """A support person of the helpdesk. `scope`: the tickets it shows them; unknown counts as the narrowest."""

    remote_id: str
    name: str = ""
    email: str | None = None
    language: str | None = None
    scope: Scope = "unknown"
    group_ids: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()  # those of articles that they are known to meet
    active: bool = True


class TicketData(TicketBeside):
    """A ticket without its thread; the description is its first message (None = not read)."""

    remote_id: str
    number: str = ""  # as people name it; "": they name it by its remote id
    subject: str
    description_html: str | None
    description_text: str | None
    visibility: Visibility
    state: TicketState
    status: StatusData
    priority: int  # 1 low .. 4 urgent
    source: str  # email, portal, phone, chat, ...; an unknown code is "other"
    type: str | None
    group_id: str | None
    agent_id: str | None
    customer: PersonData | None
    tags: tuple[str, ...] = ()
    attachments: tuple[AttachmentData, ...] | None = None  # of the first message; None = this answer does not tell
    language: str | None = None
    due_by: AwareDatetime | None = None
    created_at: AwareDatetime
    updated_at: AwareDatetime  # whole seconds
    raw_hash: str  # SHA-256 of the platform's own fields: equal means nothing to store and no thread to read again


class TicketPlace(Item):
    """That a ticket is there, and in which feed."""

    remote_id: str
    updated_at: AwareDatetime
    state: TicketState


Case = tuple[TicketData, list[MessageData]]  # a ticket in full with its whole thread, asked for in one go


class ArticleData(Item):
    """One language of a knowledge-base article: the key is (remote_id, language)."""

    remote_id: str
    language: str
    title: str
    html: str
    text: str
    published: bool
    status_value: PlatformValue
    visibility: Visibility
    category_id: str
    category: str
    portals: tuple[str, ...] = ()  # where its category is shown; () = everywhere, or not told
    folder_id: str
    folder: str
    tags: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()  # criteria: an agent must meet one of them; () = no such demand
    barred: tuple[str, ...] = ()  # criteria: an agent who meets one, or is not known to meet none, may not read it
    author_id: str | None = None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    raw_hash: str


class Reference(Item):
    """The small lists an account is read with."""

    statuses: tuple[StatusData, ...]
    groups: tuple[GroupData, ...]
    agents: tuple[AgentData, ...]
    products: tuple[ProductData, ...] = ()
    primary_language: str
    languages: tuple[str, ...]


class CheckReport(Item):
    """What a live look at the account found, for the admin. `warnings` are stable codes, not sentences."""

    account: str
    agent_name: str
    agent_email: str | None
    ticket_scope: Scope
    calls_per_minute: float | None
    primary_language: str
    languages: tuple[str, ...]
    statuses: tuple[StatusData, ...]
    abilities: tuple[Ability, ...]  # each of the contract's, once
    warnings: tuple[str, ...] = ()
    tickets: int | None = None  # live ones, by the helpdesk's own count, a little late; None: it does not tell


class Capabilities(Item):
    """What a platform can do, so that callers ask this and not its name."""

    thread_feed: bool = False  # threads can be swept without asking ticket by ticket: `first_threads`
    gone_feed: bool = False  # tells of tickets that were deleted: `first_gone`
    delete_feed: bool = False  # fetch_tickets can walk the trashed and spam feeds
    kb_feed: bool = False  # articles can be asked by time of change
    archive_lookup: bool = False
    bulk_export: bool = False
    signed_push: bool = False
    write_back: bool = False  # notes, replies and changes of tickets
    thread_cost: int = 1  # calls for one ordinary thread


class Cursor(BaseModel):
    """Where to read on; made and understood by one adapter only."""

    model_config = ConfigDict(frozen=True, extra="forbid")


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One answer. `next` is always set: read on at once while `more`, else start the next poll there.

    `unreadable` names the remote ids of items that were there and had no shape we know: all others are in `items`.
    """

    items: Sequence[T]
    next: Cursor
    more: bool
    unreadable: tuple[str, ...] = ()
    whole: bool = True  # of articles, at the end of a walk: what it did not bring is not there any more


@dataclass(slots=True)
class RateState:
    """The account-wide budget as the platform last told it; None = not told yet."""

    total: float | None = None
    remaining: float | None = None
    seen_at: datetime | None = None
    credits_used: int = field(default=0)  # by this adapter object


@dataclass(frozen=True, slots=True)
class Pass:
    """Leave to make one call of this cost, and seconds to wait for its answer (None: as long as a call may take)."""

    token: str = ""
    cost: int = 1
    patience: float | None = None


class Gate:
    """Where a call is asked for before it is made and told of afterwards. This one lets everything pass."""

    async def enter(self, cost: int, *, listing: bool = False) -> Pass:
        """Leave for a call of so many credits. Waits for its turn; raises RateLimited when there is no budget (nothing
        was called), CredentialsRejected when the key was refused before, ExternalUnavailable when nobody knows."""
        return Pass(cost=cost)

    async def leave(
        self, entry: Pass, *, total: float | None = None, left: float | None = None, rest: float | None = None,
        refused: bool = False, useful: bool | None = None,
    ) -> None:  # fmt: skip
        """The call has ended. `total` and `left` as the answer told them; `rest`: seconds the account wants quiet;
        `refused`: the key is not accepted; `useful`: the helpdesk answered, be it a refusal. False: nothing came, an
        error of the server's or no data; None: we broke off."""


class PlatformAdapter(CannedAnswers, ListsFirms, MetOutside, ABC):
    """One connection to one helpdesk account.

    Every method may raise `CredentialsRejected` (stop, an admin must act), `RateLimited`,
    `ExternalUnavailable` (both retryable) or `ExternalError` (an answer we cannot use: no cursor moves).
    """

    kind: ClassVar[str]
    label: ClassVar[str]
    capabilities: ClassVar[Capabilities]
    Config: ClassVar[type[BaseModel]]
    TicketCursor: ClassVar[type[Cursor]]
    ArticleCursor: ClassVar[type[Cursor]]
    in_vain: int = 0  # how often in a row the page asked for next did not come: it may be too much at once

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:  # noqa: B027 - an adapter without connections has nothing to close
        """Close connections; safe to call twice."""

    @classmethod
    @abstractmethod
    def first_tickets(
        cls, feed: TicketFeed = "live", *, since: datetime | None = None, statuses: Sequence[StatusData] = ()
    ) -> Cursor:
        """Where a first sync of this feed begins: at the beginning, or with what changed since. Feeds other than live
        need `capabilities.delete_feed`. `statuses` are those read at connecting: they need not be asked for again."""

    @classmethod
    def first_history(cls, before: datetime, *, statuses: Sequence[StatusData] = ()) -> Cursor | None:
        """Where the walk over what changed before that moment begins: what waits for an agent, then from new to old.
        None: `first_tickets` brings all."""
        return None

    @classmethod
    def first_ids(cls) -> Cursor | None:
        """Where a walk over the numbers of all tickets begins. None: this helpdesk tells of every deletion."""
        return None

    async def fetch_ids(self, cursor: Cursor) -> Page[TicketPlace]:
        """One page of that walk. A ticket that was there from its beginning to its end is met, however it moves."""
        raise NotFound(f"{self.kind} does not list numbers")

    @classmethod
    def first_people(cls) -> Cursor | None:
        """Where a walk over the customers begins. None: they all come with their tickets."""
        return None

    async def fetch_people(self, cursor: Cursor) -> Page[PersonData]:
        """One page of that walk. Some may be missed while the list moves: `fetch_person` finds those."""
        raise NotFound(f"{self.kind} does not list people")

    async def fetch_person(self, remote_id: str, ticket_id: str) -> PersonData:
        """One customer, by their number or from a ticket of theirs. Raises NotFound when neither tells who they are."""
        raise NotFound(f"{self.kind} cannot look up a single person")

    @abstractmethod
    def first_articles(self) -> Cursor:
        """Where a walk over the knowledge base begins."""

    @abstractmethod
    def rate_state(self) -> RateState:
        """The budget as last heard; learnt from answers, never assumed."""

    @abstractmethod
    async def check(self) -> CheckReport:
        """Ask the account who we are and what we may see, changing nothing."""

    @classmethod
    async def probe_account(cls, config: Any, *, allow_hosts: frozenset[str], tell: Tell) -> ProbeReport:
        """Read an account within a price told beforehand, and report what the contract could not prove."""
        raise NotFound(f"{cls.kind} has no probe", code="probe_missing")

    @abstractmethod
    async def fetch_reference(self) -> Reference:
        """Statuses, groups, agents and languages of the account."""

    @abstractmethod
    async def fetch_tickets(self, cursor: Cursor) -> Page[TicketData]:
        """One page of tickets changed since the cursor, oldest first. Items may repeat, none is lost."""

    @abstractmethod
    async def fetch_thread(self, ticket_id: str) -> list[MessageData]:
        """The whole thread after the description, oldest first. Raises NotFound when the ticket is gone."""

    @classmethod
    def first_threads(cls) -> Cursor | None:
        """Where the walk over all threads begins, once the tickets are listed; it never ends, and then tells what changed.
        None: threads are asked for ticket by ticket."""
        return None

    async def fetch_thread_page(self, cursor: Cursor) -> ThreadPage:
        """One answer of that walk. What is added while it goes on is told later, or owed by the change of its ticket."""
        raise NotFound(f"{self.kind} does not sweep threads")

    async def fetch_threads(self, ticket_ids: Sequence[str]) -> list[ThreadData]:
        """Whole threads of some tickets, in few calls; of one that is not named here nothing is known: look for it."""
        raise NotFound(f"{self.kind} does not tell several threads at once")

    @classmethod
    def first_gone(cls) -> Cursor | None:
        """Where the feed of deleted tickets is read on from now. None: there is none."""
        return None

    async def fetch_gone(self, cursor: Cursor) -> Page[str]:
        """Remote ids of tickets that were deleted, oldest first: hints, to be looked for. CredentialsRejected with code
        "access_denied" where this key may not read it."""
        raise NotFound(f"{self.kind} does not tell of deletions")

    @abstractmethod
    async def fetch_articles(self, cursor: Cursor) -> Page[ArticleData]:
        """One step of the knowledge-base walk; may bring no items and still have more."""

    async def fetch_ticket(self, ticket_id: str, *, archived: bool = False) -> TicketData:
        """One ticket in full, whatever its state. Raises NotFound: not there for us. `archived`: look there first."""
        raise NotFound(f"{self.kind} cannot look up a single ticket")

    async def post_note(self, ticket_id: str, html: str, *, private: bool, agent_id: str) -> MessageData:
        """Add a note in the name of an agent of the helpdesk. No write is safe to repeat: EffectUnknown says that it may
        have been done; after every other error it was not. So too of the next two."""
        raise NotFound(f"{self.kind} takes no notes", code="not_offered")

    async def post_reply(self, ticket_id: str, html: str, *, agent_id: str) -> MessageData:
        """Answer the customer in an agent's name: the helpdesk mails it."""
        raise NotFound(f"{self.kind} takes no replies", code="not_offered")

    async def update_ticket(self, ticket_id: str, change: TicketChange) -> TicketData:
        """Set some fields of a ticket; the ticket as it is then."""
        raise NotFound(f"{self.kind} takes no changes", code="not_offered")

    def clock(self) -> datetime:
        """The helpdesk's time when it last answered."""
        return datetime.now(UTC)

    async def fetch_case(self, ticket_id: str, *, statuses: Sequence[StatusData] = (), named: bool = True) -> Case:
        """A ticket that is in use, with its thread, as cheaply as it goes. Raises NotFound as fetch_ticket does, and for one
        in the archive. `statuses`: those known; `named`: the customer's name is wanted too."""
        return await self.fetch_ticket(ticket_id), await self.fetch_thread(ticket_id)

    async def probe(self, ticket_id: str) -> Fate:
        """What became of a ticket that a feed no longer shows."""
        try:
            return (await self.fetch_ticket(ticket_id)).state
        except NotFound:
            return "gone"
