"""What a simulated account holds. Times are unix seconds; ids of different kinds never meet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from zlib import crc32

Feed = Literal["live", "spam", "deleted", "archived"]

# People share one id space in Freshdesk, so each kind gets a range of its own beyond 32 bits.
_RANGES = {
    "contact": 36_000_000_000, "agent": 42_000_000_000, "group": 47_000_000_000, "category": 52_000_000_000,
    "folder": 57_000_000_000, "article": 62_000_000_000, "field": 67_000_000_000, "attachment": 82_000_000_000,
}  # fmt: skip
_ENTRIES = 72_000_000_000
_ENTRIES_MOST = 10_000  # of one ticket


def stable_id(kind: str, key: str) -> int:
    """The same id for the same thing at every start, whatever else the account holds."""
    return _RANGES[kind] + crc32(key.encode())


def entry_id(ticket_id: int, number: int) -> int:
    """The id of the n-th entry a ticket ever had."""
    return _ENTRIES + ticket_id * _ENTRIES_MOST + number


def ticket_of(entry: int) -> int:
    """The ticket an entry was written to."""
    return (entry - _ENTRIES) // _ENTRIES_MOST


def attachment_id(ticket_id: int, number: int, place: int) -> int:
    """The id of a file that came with the first message (number 0) or with the n-th entry."""
    return _RANGES["attachment"] + ticket_id * _ENTRIES_MOST * 10 + number * 10 + place


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file: its bytes follow from id and size, unless a test gave some. `trouble` is what the storage host does wrong
    with it."""

    id: int
    name: str
    content_type: str
    size: int
    created_at: int
    trouble: Literal["", "redirect", "away", "short", "long"] = ""
    body: bytes | None = None


@dataclass(slots=True)
class Entry:
    """One conversation of a ticket."""

    id: int
    user_id: int | None
    incoming: bool
    private: bool
    source: int
    body: str
    body_text: str
    created_at: int
    updated_at: int
    from_email: str | None = None
    to_emails: list[str] = field(default_factory=list)
    has_quoted_text: bool = False
    last_edited_at: int | None = None
    last_edited_user_id: int | None = None
    attachments: tuple[Attachment, ...] = ()
    deleted: bool = False  # listed with deleted true, when the switch says that such entries stay


@dataclass(slots=True)
class Ticket:
    """A ticket without its entries; they are asked for apart because most callers do not want them."""

    id: int
    subject: str
    description: str
    description_text: str
    status: int
    priority: int
    source: int
    type: str | None
    group_id: int | None
    responder_id: int | None
    requester_id: int
    tags: list[str]
    created_at: int
    updated_at: int
    feed: Feed = "live"
    status_at: int = 0  # when the status was last set; 0 = at creation
    attachments: tuple[Attachment, ...] = ()
    custom_fields: dict[str, Any] = field(default_factory=dict)
    summary: str | None = None
    product_id: int | None = None
    company: int | None = None
    association: int | None = None  # linking.py
    associated: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Contact:
    id: int
    name: str
    email: str | None
    language: str
    created_at: int


@dataclass(frozen=True, slots=True)
class Agent:
    id: int
    name: str
    email: str
    language: str
    group_ids: tuple[int, ...]
    created_at: int
    active: bool = True
    scope: int = 1  # 1 all tickets, 2 those of the groups and own, 3 own


@dataclass(frozen=True, slots=True)
class Group:
    id: int
    name: str
    created_at: int


@dataclass(frozen=True, slots=True)
class Category:
    id: int
    name: str
    created_at: int


@dataclass(frozen=True, slots=True)
class Folder:
    id: int
    name: str
    category_id: int
    visibility: int
    parent_id: int | None
    created_at: int


@dataclass(slots=True)
class Translation:
    """One language of an article."""

    title: str
    description: str
    description_text: str
    updated_at: int


@dataclass(slots=True)
class Article:
    id: int
    folder_id: int
    status: int  # 1 draft, 2 published
    agent_id: int
    tags: list[str]
    created_at: int
    texts: dict[str, Translation]  # by our language codes


@dataclass(frozen=True, slots=True)
class Planted:
    """Words that somebody must find in a text: a name, a card number, an instruction to a machine."""

    entry: int | None  # None: the first message
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the lists need of every ticket, without making the ticket."""

    id: int
    created_at: int
    updated_at: int
    feed: Feed


@dataclass(frozen=True, slots=True)
class Profile:
    """The account around the tickets."""

    key: str
    name: str
    primary_language: str
    languages: tuple[str, ...]
    statuses: tuple[tuple[int, str], ...]
    groups: tuple[Group, ...]
    agents: tuple[Agent, ...]  # the first one owns the API key
    categories: tuple[Category, ...]
    folders: tuple[Folder, ...]
    articles: tuple[Article, ...]
    custom_fields: tuple[str, ...] = ()  # names of the account's own ticket fields


class Origin(Protocol):
    """Where the account's first state comes from; the same answers for the same arguments, always."""

    profile: Profile
    now: int

    def stamps(self) -> Iterator[Stamp]:
        """Every ticket, by id."""
        ...

    def ticket(self, ticket_id: int) -> Ticket:
        """One of the stamped tickets."""
        ...

    def entries(self, ticket_id: int) -> list[Entry]:
        """Its thread, oldest first."""
        ...

    def contact(self, contact_id: int) -> Contact | None:
        """A customer."""
        ...

    def contacts(self) -> Iterator[Contact]:
        """Every customer, by id."""
        ...

    def stamp(self, ticket_id: int) -> Stamp:
        """What the lists need of one ticket."""
        ...

    def planted(self, ticket_id: int) -> list[Planted]:
        """What was put into the texts of a ticket on purpose."""
        ...
