"""Answers on the wire: one JSON object, or server-sent events with a token each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from simulators.llm.faults import Fault
from simulators.llm.garbage import before_tokens, data, spoiled
from simulators.llm.prompts import Json, tokens_of
from simulators.web import BreaksOff

DONE = b"data: [DONE]\n\n"


@dataclass(slots=True)
class Saying:
    """One answer of the model, ready to be sent: its text, why it ends, what it counts, at which pace."""

    id: str
    model: str
    text: str
    finish: str
    usage: Json
    created: int
    fault: Fault | None
    first_token: float  # seconds before the first
    gap: float  # seconds before each other
    sent: Callable[[], None]  # told of each token
    refused: bool = False  # said in a field of its own

    @property
    def kind(self) -> str:
        return self.fault.kind if self.fault else ""

    def whole(self) -> bytes:
        """The answer of a call without streaming."""
        message: Json = {"role": "assistant", "content": self.text, "refusal": None}
        if self.finish == "content_filter":
            message["content"] = None
        if self.refused:
            message |= {"content": None, "refusal": self.text}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self.finish}
        body: Json = {
            "id": self.id, "object": "chat.completion", "created": self.created, "model": self.model,
            "choices": [choice], "usage": self.usage, "system_fingerprint": "sim",
        }  # fmt: skip
        return spoiled(self.kind, body)

    async def events(self, *, usage: bool) -> AsyncGenerator[bytes]:
        """The events of a streamed answer; with the counts before the end where the caller asked for them."""
        kind = self.kind
        yield self._event({"role": "assistant", "content": ""})
        async for piece in self._tokens():
            yield piece
        if kind == "early_end":
            return
        if kind != "no_finish":
            yield self._event({}, self.finish)
        if usage:
            yield data(self._chunk([]) | {"usage": self.usage})
        if kind != "no_done":
            yield DONE * (2 if kind == "twice_done" else 1)

    async def _tokens(self) -> AsyncGenerator[bytes]:
        fault, kind = self.fault, self.kind
        after, seconds = (fault.after, fault.seconds) if fault else (0, 0.0)
        tokens = [""] if kind == "empty_text" else ["…"] * 4 if kind == "error_event" else tokens_of(self.text)
        async for piece in before_tokens(kind, self._event):
            yield piece
        for at, token in enumerate(tokens):
            await asyncio.sleep(self.first_token if at == 0 else self.gap)
            if kind == "stall_first" and at == 0 or kind == "stall" and at == after or kind == "drip":
                await asyncio.sleep(seconds)
            if kind in ("cut", "early_end") and at == after:
                if kind == "cut":
                    raise BreaksOff
                return
            if kind == "error_event" and at == after:
                yield data({"error": {"message": "Simulated.", "type": "server_error", "code": "internal_error"}})
                return
            yield self._event({"refusal" if self.refused else "content": token})
            self.sent()

    def _event(self, delta: Json, finish: str | None = None) -> bytes:
        return data(self._chunk([{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]))

    def _chunk(self, choices: list[Json]) -> Json:
        return {
            "id": self.id, "object": "chat.completion.chunk", "created": self.created, "model": self.model,
            "choices": choices,
        }  # fmt: skip
