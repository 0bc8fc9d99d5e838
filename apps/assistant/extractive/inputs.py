"""What the assistant works on: plain rows, loaded by the services. Knows no Django."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from apps.assistant.shapes import Source
from apps.core.text import Span, normalise, sentences

Author = Literal["customer", "agent", "system"]


@dataclass(frozen=True, slots=True)
class ThreadMessage:
    """One entry; `text` is normalised, `own` the length of its own words (a prefix): no quoted mail, no signature.

    `spans`: the sentences of its own words, by the lines its author wrote.
    """

    id: str
    number: int
    author: Author
    author_name: str
    private: bool
    text: str
    own: int
    language: str
    created_at: datetime
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Thread:
    """A ticket with its messages in order."""

    ticket_id: str
    remote_id: str
    subject: str
    status: str
    solved: bool
    language: str
    customer_name: str
    messages: tuple[ThreadMessage, ...]
    version: str = ""
    product: UUID | None = None  # whose sources alone may serve it, with those of none


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that was found, with its whole source as it was written.

    `start` and `end` count in normalise(written). `family` is shared by all languages and parts of one article, and by
    all messages of one ticket.
    """

    source: Source
    written: str
    start: int
    end: int
    dense: float
    lexical: float
    score: float
    family: str = ""
    headings: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()  # people of the source's own thread: their names leave no quote
    second: float | None = None  # cosine in the second meaning, None where there is none
    author: str = ""  # of a message: who wrote it

    @property
    def meaning(self) -> float:
        """The cosine of both meanings laid end to end, of the first where there is no second."""
        return self.dense if self.second is None else (self.dense + self.second) / 2

    @property
    def source_text(self) -> str:
        return normalise(self.written)

    @property
    def text(self) -> str:
        return self.source_text[self.start : self.end]

    def sentences(self) -> list[str]:
        """Its sentences, by the lines of the source: an item of a list is one without a full stop too, a heading is none."""
        text = self.source_text
        spans = sentences(self.written, self.source.language)
        inside = [span.of(text) for span in spans if span.start >= self.start and span.end <= self.end]
        return [words for words in inside if words not in self.headings]


class PrivateText(ValueError):
    """Words that are not public were about to enter a text for a customer."""


@dataclass(frozen=True, slots=True)
class PublicPassage:
    """A passage that may be quoted to a customer. Cannot be made from anything else."""

    passage: Passage

    def __post_init__(self) -> None:
        if self.passage.source.visibility != "public":
            raise PrivateText(f"{self.passage.source.kind} {self.passage.source.remote_id} is not public")
