"""What the lines of a store look like: one JSON object each, ids are texts, times carry their zone."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from apps.platforms.base import Scope, StatusCategory, TicketState

FORMAT = 1
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:@-]{1,40}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Named = Annotated[str, StringConstraints(max_length=200)]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z-]{2,12}$")]
Seen = Literal["public", "private", "restricted"]


class Told(BaseModel):
    """Fields we do not know are kept apart and reported, not refused."""

    model_config = ConfigDict(frozen=True, strict=True, extra="allow", hide_input_in_errors=True)


class Status(Told):
    value: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    label: Named
    category: StatusCategory


class CompanyFile(Told):
    """company.json"""

    format: int
    company: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{2,40}$")]
    name: Named = ""
    region: Annotated[str, StringConstraints(max_length=40)] = ""
    primary_language: Language = "en"
    languages: tuple[Language, ...] = ()
    statuses: tuple[Status, ...] = (
        Status(value="open", label="Open", category="open"),
        Status(value="pending", label="Pending", category="pending"),
        Status(value="solved", label="Solved", category="solved"),
        Status(value="closed", label="Closed", category="closed"),
    )


class Sealed(Told):
    """What state.json says of a file: so many first bytes of it count, and this is their hash."""

    bytes: Annotated[int, Field(ge=0)]
    lines: Annotated[int, Field(ge=0)]
    sha256: Sha256


class StateFile(Told):
    """state.json"""

    format: int
    written_at: AwareDatetime
    files: dict[str, Sealed]


class Line(Told, ABC):
    """A line, or with `deleted` a tombstone that needs its id alone."""

    @abstractmethod
    def key(self) -> str:
        """By which a later line replaces this one."""

    def moment(self) -> datetime | None:
        """When what it says became true, where a later line may not be older; None: it may."""
        return None

    def names(self) -> tuple[tuple[str, str], ...]:
        """(file, id) of what it refers to."""
        return ()


class FileLine(Told):
    """Metadata of an attachment; its bytes are not part of a store."""

    id: Id
    name: Annotated[str, StringConstraints(max_length=300)]
    content_type: Annotated[str, StringConstraints(max_length=120)] = ""
    size: Annotated[int, Field(ge=0)] = 0


class TicketLine(Line):
    """tickets.jsonl"""

    id: Id
    deleted: Literal[False] = False
    subject: str
    description_text: str
    description_html: str = ""
    state: TicketState = "live"
    status: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    priority: Annotated[int, Field(ge=1, le=4)] = 2
    source: Annotated[str, StringConstraints(max_length=20)] = "other"
    type: Named | None = None
    group_id: Id | None = None
    agent_id: Id | None = None
    customer_id: Id | None = None
    tags: tuple[str, ...] = ()
    attachments: tuple[FileLine, ...] = ()
    language: Language | None = None
    due_by: AwareDatetime | None = None
    created_at: AwareDatetime
    updated_at: AwareDatetime

    def key(self) -> str:
        return self.id

    def moment(self) -> datetime | None:
        return self.updated_at

    def names(self) -> tuple[tuple[str, str], ...]:
        named = (("groups.jsonl", self.group_id), ("agents.jsonl", self.agent_id), ("people.jsonl", self.customer_id))
        return tuple([(file, one) for file, one in named if one])


class MessageLine(Told):
    """One entry of a thread. Never shown to a customer unless `visibility` says public."""

    id: Id
    author: Literal["customer", "agent", "system"]
    author_id: Id | None = None
    author_email: Annotated[str, StringConstraints(max_length=320)] | None = None
    visibility: Seen
    text: str
    html: str = ""
    source: Annotated[str, StringConstraints(max_length=20)] = "reply"
    attachments: tuple[FileLine, ...] = ()
    created_at: AwareDatetime
    updated_at: AwareDatetime | None = None


class ThreadLine(Line):
    """threads.jsonl: the whole thread after the ticket's first message."""

    ticket_id: Id
    deleted: Literal[False] = False
    messages: tuple[MessageLine, ...]

    def key(self) -> str:
        return self.ticket_id

    def names(self) -> tuple[tuple[str, str], ...]:
        return (("tickets.jsonl", self.ticket_id),)


class ArticleLine(Line):
    """articles.jsonl: one language of an article."""

    id: Id
    language: Language
    deleted: Literal[False] = False
    title: str
    text: str
    html: str = ""
    published: bool
    visibility: Seen
    category_id: Id | None = None
    category: Named = ""
    folder_id: Id | None = None
    folder: Named = ""
    tags: tuple[str, ...] = ()
    created_at: AwareDatetime
    updated_at: AwareDatetime

    def key(self) -> str:
        return f"{self.id} {self.language}"

    def moment(self) -> datetime | None:
        return self.updated_at


class PersonLine(Line):
    """people.jsonl: a customer."""

    id: Id
    deleted: Literal[False] = False
    name: Annotated[str, StringConstraints(max_length=300)] = ""
    email: Annotated[str, StringConstraints(max_length=320)] | None = None
    language: Language | None = None

    def key(self) -> str:
        return self.id


class AgentLine(PersonLine):
    """agents.jsonl: a support person. Without a scope they see their own tickets only."""

    scope: Scope = "unknown"
    group_ids: tuple[Id, ...] = ()
    active: bool = True


class GroupLine(Line):
    """groups.jsonl: a team of agents."""

    id: Id
    deleted: Literal[False] = False
    name: Named

    def key(self) -> str:
        return self.id


class Gone(Line):
    """A tombstone, of whatever file."""

    id: Id | None = None
    ticket_id: Id | None = None
    language: Language | None = None
    deleted: Literal[True]

    def key(self) -> str:
        return f"{self.id} {self.language}" if self.language else self.id or self.ticket_id or ""


TICKETS, THREADS, ARTICLES = "tickets.jsonl", "threads.jsonl", "articles.jsonl"
PEOPLE, AGENTS, GROUPS = "people.jsonl", "agents.jsonl", "groups.jsonl"
FILES: dict[str, type[Line]] = {
    GROUPS: GroupLine, AGENTS: AgentLine, PEOPLE: PersonLine, TICKETS: TicketLine, THREADS: ThreadLine, ARTICLES: ArticleLine,
}  # fmt: skip
