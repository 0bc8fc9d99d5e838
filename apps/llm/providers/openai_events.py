"""Reads the events of a streamed answer. Strict: what does not fit raises ModelGarbled, and nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from apps.core.text.normal import visible
from apps.llm.base import Usage
from apps.llm.errors import ModelBusy, ModelGarbled

LONGEST_LINE = 1024 * 1024
_FIELDS = (b"event:", b"id:", b"retry:", b":")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class Delta(_Strict):
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[Any] | None = None
    function_call: Any = None


class Choice(_Strict):
    index: int = Field(default=0, ge=0, le=0)  # we ask for one
    delta: Delta = Delta()
    finish_reason: str | None = None


class Event(_Strict):
    choices: list[Choice] = Field(default=[], max_length=1)
    usage: Any = None
    error: Any = None
    model: str = Field(default="", max_length=200)


class Counts(_Strict):
    prompt_tokens: int = Field(ge=0, le=10_000_000)
    completion_tokens: int = Field(default=0, ge=0, le=10_000_000)


async def read_events(raw: AsyncIterator[bytes]) -> AsyncIterator[Event]:
    """Each event; ends at [DONE] or where the stream does."""
    async for line in _lines(raw):
        if line == b"[DONE]":
            return
        try:
            event = Event.model_validate(orjson.loads(line))
        except (ValidationError, orjson.JSONDecodeError, RecursionError) as exc:
            raise garbled() from exc
        if event.error is not None:
            raise ModelBusy("the model broke off", code="failing")
        yield event


async def _lines(raw: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """What follows each `data:`. Comments keep a connection open and say nothing."""
    rest = b""
    async for chunk in raw:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in _data(whole):
            yield line
        if len(rest) > LONGEST_LINE:
            raise ModelGarbled("a line is larger than we take", code="answer_too_large")
    for line in _data([rest]):
        yield line


def _data(lines: list[bytes]) -> Iterator[bytes]:
    for line in lines:
        line = line.strip(b"\r ")
        if line.startswith(b"data:"):
            yield line[5:].strip()
        elif line and not line.startswith(_FIELDS):
            raise garbled()


def usage_of(found: Any) -> Usage | None:
    """None when the provider does not count, or not as one can."""
    try:
        counts = Counts.model_validate(found)
    except ValidationError:
        return None
    return Usage(counts.prompt_tokens, counts.completion_tokens, counted=True)


def plain(text: str) -> str:
    """Without control characters and those nobody sees (LLM-3, LLM-10); line ends and tabs stay."""
    return visible(_CONTROLS.sub("", text))


def garbled() -> ModelGarbled:
    return ModelGarbled("the answer cannot be read", code="malformed_answer")
