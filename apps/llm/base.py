"""Ports of models: plain data in, plain data out, no Django."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pydantic import BaseModel

from apps.core.errors import BadInput

MOST_LETTERS = 200_000  # of a whole prompt
MOST_TOKENS = 4096  # of an answer
MOST_TEXTS = 256  # of one call for vectors
Role = Literal["system", "user", "assistant"]


class EmbeddingProvider(Protocol):
    """Texts to vectors of unit length. `name` and `size` tell which index profile they belong to."""

    name: str
    size: int

    def embed(self, texts: Sequence[str], *, asked: bool = False) -> list[list[float]]:
        """One vector a text, in order; empty texts are allowed. `asked`: they are what is searched with, not what is
        searched; some models read the two differently."""
        ...


@dataclass(frozen=True, slots=True)
class Said:
    """One turn of a prompt."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Ask:
    """What a model is asked. `schema`: the answer is JSON of this form; `language`: a text must be in it, one of the seven.

    Raises BadInput beyond the bounds.
    """

    prompt: tuple[Said, ...]
    most_tokens: int = 1024
    temperature: float = 0.2
    schema: type[BaseModel] | None = None
    language: str | None = None

    def __post_init__(self) -> None:
        if not self.prompt or self.letters > MOST_LETTERS:
            raise BadInput("the prompt is empty or too long", code="prompt_too_long")
        if not 1 <= self.most_tokens <= MOST_TOKENS:
            raise BadInput("the answer's length is out of bounds", code="answer_length")

    @property
    def letters(self) -> int:
        return sum(len(one.text) for one in self.prompt)

    @property
    def most_letters(self) -> int:
        """No answer of `most_tokens` tokens is longer: who sends more does not count as we do."""
        return 16 * self.most_tokens + 200


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds: to connect, to the first token, between two, and for all of it, a second try included."""

    connect: float = 2.0
    first: float = 6.0
    gap: float = 10.0
    total: float = 30.0


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call. `counted`: the provider said so; else it is our estimate."""

    prompt: int = 0
    answer: int = 0
    counted: bool = False

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.prompt + other.prompt, self.answer + other.answer, self.counted and other.counted)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an answer, without control characters; never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """The last of a provider's stream that came to its end. `cut`: the answer's bound of tokens ended it."""

    usage: Usage | None
    cut: bool = False
    model: str = ""  # as the provider names it


@dataclass(frozen=True, slots=True)
class Vectors:
    """Of unit length, one a text, in order, all of one size."""

    rows: list[list[float]] = field(repr=False)
    usage: Usage | None = None


class ChatProvider(Protocol):
    """One account at a provider of models. Every way to fail is one of `apps.llm.errors`; cancelling a call ends it at
    the provider too. No call is tried twice here."""

    def stream(self, model: str, ask: Ask, deadlines: Deadlines) -> AsyncGenerator[Token | Done]:
        """Tokens as they come, then one Done."""
        ...

    async def embed(self, model: str, texts: Sequence[str], deadlines: Deadlines, *, size: int | None = None) -> Vectors:
        """Raises ModelGarbled(code="dimension_changed") when the vectors are not of the `size` that is kept."""
        ...
