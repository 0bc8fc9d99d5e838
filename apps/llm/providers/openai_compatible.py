"""Any server that speaks OpenAI's interface, through the official client and our own way out to the network.

The client makes the request and knows its errors; it neither retries nor waits by itself, and the answer's bytes are
read here (its own event objects take them as they come, unchecked, and cost seven times as much a token).
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import openai
import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from apps.core.egress import EgressPolicy
from apps.core.egress.http import WIRE_ERRORS, open_http
from apps.core.errors import BadInput, ExternalError
from apps.llm.base import MOST_TEXTS, Ask, Deadlines, Done, Token, Usage, Vectors
from apps.llm.errors import ModelBusy, ModelDeclined, ModelGarbled, ModelRejected
from apps.llm.providers.openai_errors import translated
from apps.llm.providers.openai_events import Event, garbled, plain, read_events, usage_of
from apps.llm.structured import response_format

ANSWER_BYTES = 4 * 1024 * 1024
VECTOR_BYTES = 32 * 1024 * 1024
TAIL = 1.0  # seconds an ended answer may take to tell its counts


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore")
    index: int = Field(ge=0, lt=MOST_TEXTS)
    embedding: list[float] = Field(min_length=1, max_length=8192)


class _Rows(BaseModel):
    model_config = ConfigDict(extra="ignore")
    data: list[_Row] = Field(max_length=MOST_TEXTS)
    usage: Any = None


@dataclass(frozen=True, slots=True)
class OpenAICompatible:
    """One account: where, with which key. A ChatProvider; every call has a connection of its own."""

    base_url: str
    policy: EgressPolicy
    api_key: str = field(repr=False)

    @property
    def _bound(self) -> str:
        """The maker's own service takes no `max_tokens` for its newer models; many other servers know only that."""
        newer = urlsplit(self.base_url).hostname or ""
        return "max_completion_tokens" if newer.endswith((".openai.com", ".openai.azure.com")) else "max_tokens"

    async def stream(self, model: str, ask: Ask, deadlines: Deadlines) -> AsyncGenerator[Token | Done]:
        """Tokens as they come, then one Done; an end without a reason to end is ModelBusy(code="broken_off")."""
        body: dict[str, Any] = {
            "model": model, "messages": [{"role": one.role, "content": one.text} for one in ask.prompt],
            self._bound: ask.most_tokens, "temperature": ask.temperature,
            "stream": True, "stream_options": {"include_usage": True},
        }  # fmt: skip
        if ask.schema is not None:
            body["response_format"] = response_format(ask.schema)
        loop = asyncio.get_running_loop()
        end = loop.time() + deadlines.total
        with _told():
            async with (
                self._open(deadlines, ANSWER_BYTES) as client,
                asyncio.timeout(deadlines.first) as clock,
                client.chat.completions.with_streaming_response.create(**body) as response,
            ):
                if "text/event-stream" not in response.headers.get("content-type", ""):
                    raise garbled()
                async with aclosing(_Answer(ask).read(response.iter_bytes())) as pieces:
                    async for piece in pieces:
                        clock.reschedule(None)  # what the reader does with a token is not the model's time
                        yield piece
                        clock.reschedule(min(loop.time() + deadlines.gap, end))

    async def embed(self, model: str, texts: Sequence[str], deadlines: Deadlines, *, size: int | None = None) -> Vectors:
        """One vector a text. Raises ModelGarbled for numbers that are none, a missing row, another size than `size`."""
        if not 1 <= len(texts) <= MOST_TEXTS:
            raise BadInput("no texts, or too many at once", code="too_many_texts")
        with _told():
            async with asyncio.timeout(deadlines.total), self._open(deadlines, VECTOR_BYTES) as client:
                call = client.embeddings.with_streaming_response
                async with call.create(model=model, input=list(texts), encoding_format="float") as response:
                    return _vectors(await response.read(), len(texts), size)

    @asynccontextmanager
    async def _open(self, deadlines: Deadlines, size: int) -> AsyncIterator[openai.AsyncOpenAI]:
        http = open_http(self.base_url, self.policy, connect=deadlines.connect, read=deadlines.total, size=size)
        headers = {"user-agent": "deskhand"}
        client = openai.AsyncOpenAI(
            api_key=self.api_key, base_url=self.base_url, http_client=http, max_retries=0, default_headers=headers,
            timeout=openai.Timeout(deadlines.total, connect=deadlines.connect),
        )  # fmt: skip
        client.organization = client.project = None  # never from the environment: the key is the company's
        _ = client.chat.completions, client.embeddings  # the first use in a process imports for half a second: no model's time
        try:
            yield client
        finally:
            await http.aclose()


class _told:
    """Whatever goes wrong inside leaves as one of ours."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, openai.OpenAIError):
            raise translated(error) from error
        if isinstance(error, TimeoutError):
            raise ModelBusy("the model did not answer in time", code="too_slow") from error
        if isinstance(error, WIRE_ERRORS):
            raise ModelBusy("the connection broke off", code="broken_off") from error
        if isinstance(error, BadInput) and error.code == "address_refused":
            raise ModelRejected("the address is not allowed any more", code=error.code) from error
        if type(error) is ExternalError:  # of our transport
            raise ModelGarbled("the answer cannot be used", code=error.code) from error


class _Answer:
    """What has come of an answer so far."""

    def __init__(self, ask: Ask) -> None:
        self._left = ask.most_letters
        self._said = False
        self._finish = self._model = ""
        self._usage: Usage | None = None

    async def read(self, raw: AsyncIterator[bytes]) -> AsyncGenerator[Token | Done]:
        events = read_events(raw)
        while (event := await self._next(events)) is not None:
            if text := self._take(event):
                yield Token(text)
        if not self._finish:
            raise ModelBusy("the answer broke off", code="broken_off")
        if self._finish == "content_filter":
            raise ModelDeclined("the provider's filter refused the answer", code="content_filter")
        if not self._said:
            raise ModelGarbled("the answer is empty", code="empty_answer")
        yield Done(self._usage, cut=self._finish == "length", model=self._model)

    async def _next(self, events: AsyncIterator[Event]) -> Event | None:
        """None at the end. After the answer's own end only its counts may come, soon, or they are not waited for."""
        if self._finish and self._usage is not None:
            return None
        try:
            async with asyncio.timeout(TAIL if self._finish else None):
                return await anext(events, None)
        except Exception:
            if not self._finish:
                raise
            return None

    def _take(self, event: Event) -> str:
        """The words of an event."""
        self._model = event.model or self._model
        self._usage = usage_of(event.usage) or self._usage
        if not event.choices:
            return ""
        choice = event.choices[0]
        if choice.delta.refusal:
            raise ModelDeclined("the model will not answer this", code="refused")
        if choice.delta.tool_calls or choice.delta.function_call or choice.finish_reason in ("tool_calls", "function_call"):
            raise ModelGarbled("the model calls a tool, and there are none", code="unasked_tool")
        self._finish = choice.finish_reason or self._finish
        text = plain(choice.delta.content or "")
        self._left -= len(text)
        if self._left < 0:
            raise ModelGarbled("the answer is larger than asked for", code="answer_too_large")
        self._said = self._said or bool(text.strip())
        return text


def _vectors(body: bytes, wanted: int, size: int | None) -> Vectors:
    try:
        found = _Rows.model_validate(orjson.loads(body))
    except (ValidationError, orjson.JSONDecodeError, RecursionError) as exc:
        raise garbled() from exc
    rows = sorted(found.data, key=lambda one: one.index)
    if [one.index for one in rows] != list(range(wanted)):
        raise garbled()
    sizes = {len(one.embedding) for one in rows}
    if size is not None and sizes != {size}:
        raise ModelGarbled("the vectors have another size than those that are kept", code="dimension_changed")
    lengths = [math.sqrt(math.fsum(number * number for number in one.embedding)) for one in rows]
    if len(sizes) > 1 or not all(math.isfinite(one) and one > 1e-9 for one in lengths):
        raise garbled()
    unit = [[number / length for number in one.embedding] for one, length in zip(rows, lengths, strict=True)]
    return Vectors(unit, usage_of(found.usage))
