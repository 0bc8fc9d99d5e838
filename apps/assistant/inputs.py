"""What the pure assistant reads: plain frozen data that services fill from rows (pure)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from apps.assistant.shapes import Source, Visibility
from apps.core.text import split_quoted

Author = Literal["customer", "agent", "system"]
SOLVED = ("solved", "closed")


@dataclass(frozen=True, slots=True)
class ThreadMessage:
    """One stored message. `text` is Message.text as stored: offsets are shown in normalise(text)."""

    id: str
    number: int  # 1-based place in the thread
    author: Author
    visibility: Visibility
    text: str
    language: str
    created_at: datetime
    author_name: str = ""

    @property
    def private(self) -> bool:
        """Anything not known to be public counts as private."""
        return self.visibility != "public"

    @property
    def own(self) -> str:
        """The author's own words, a prefix of `text`: quoted mail is left out."""
        return split_quoted(self.text)[0]


@dataclass(frozen=True, slots=True)
class Thread:
    """The ticket a brief is made for, messages in order."""

    ticket_id: str
    remote_id: str
    subject: str
    version: str
    language: str  # the customer's
    messages: tuple[ThreadMessage, ...]
    customer_name: str = ""
    names: tuple[str, ...] = ()  # people known to the ticket: customer, agents


@dataclass(frozen=True, slots=True)
class ChunkHit:
    """One found chunk of a source: raw scores of both legs, and its span in normalise(text) of the source."""

    dense: float  # cosine, 0 when the leg did not find it
    lexical: float  # BM25, 0 when the leg did not find it
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """A source found by search: an article or a message, with its whole stored text and the chunks that matched."""

    source: Source
    text: str
    hits: tuple[ChunkHit, ...]

    @property
    def dense(self) -> float:
        return max((hit.dense for hit in self.hits), default=0.0)

    @property
    def lexical(self) -> float:
        return max((hit.lexical for hit in self.hits), default=0.0)


@dataclass(frozen=True, slots=True)
class FoundTicket:
    """Another ticket of which at least one message matched, with its whole thread."""

    ticket_id: str
    remote_id: str
    subject: str
    status: str  # the platform's own label
    status_category: str  # open, pending, solved, closed
    language: str
    solved_at: datetime | None
    updated_at: datetime
    messages: tuple[ThreadMessage, ...]
    hits: tuple[ChunkHit, ...]
    names: tuple[str, ...] = ()

    @property
    def solved(self) -> bool:
        return self.status_category in SOLVED

    @property
    def dense(self) -> float:
        return max((hit.dense for hit in self.hits), default=0.0)

    @property
    def lexical(self) -> float:
        return max((hit.lexical for hit in self.hits), default=0.0)

    def source(self, message: ThreadMessage) -> Source:
        """The message as something that can be cited."""
        return Source(
            kind="message",
            id=message.id,
            ticket_id=self.ticket_id,
            remote_id=self.remote_id,
            title=self.subject,
            language=message.language or self.language,
            visibility=message.visibility,
            updated_at=message.created_at,
        )


class NotPublic(ValueError):
    """Somebody tried to put words that customers may not see into a text for customers."""


@dataclass(frozen=True, slots=True)
class PublicPassage:
    """A source whose words may go to a customer. Raises NotPublic for any other: the only door into a reply."""

    evidence: Evidence
    steps: bool = False  # an article: neighbouring sentences belong together and keep their order

    def __post_init__(self) -> None:
        if self.evidence.source.visibility != "public":
            raise NotPublic(self.evidence.source.id)


@dataclass(frozen=True, slots=True)
class CustomerSide:
    """What the customer and the public replies of a thread say; built from a Thread, without its private notes."""

    subject: str
    language: str
    customer_name: str
    names: tuple[str, ...]
    messages: tuple[ThreadMessage, ...]

    def __post_init__(self) -> None:
        for message in self.messages:
            if message.private:
                raise NotPublic(message.id)

    @property
    def customer_messages(self) -> tuple[ThreadMessage, ...]:
        return tuple(message for message in self.messages if message.author == "customer")


def customer_side(thread: Thread) -> CustomerSide:
    """The thread as its customer sees it."""
    shown = tuple(message for message in thread.messages if not message.private)
    names = (*thread.names, *(message.author_name for message in shown))
    return CustomerSide(thread.subject, thread.language, thread.customer_name, _distinct(names), shown)


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name.strip()))
