"""The provider's interface: chat/completions, embeddings, models. Counts and keeps every call."""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import orjson

from simulators.llm.faults import Fault, FaultPlan, error, instead
from simulators.llm.manners import MANNERS, text_for
from simulators.llm.prompts import Json, tokens_of, words_of
from simulators.llm.vectors import packed, spoiled, vector_of
from simulators.llm.wire import Saying
from simulators.web import BreaksOff, Request, Response, json_response

MODELS = ("sim-large", "sim-small", "sim-embedding")
LOGGED = 5000


@dataclass(slots=True)
class Api:
    """One provider: its key, models, manner and pace, as the control port sets them."""

    api_key: str
    models: list[str] = field(default_factory=lambda: list(MODELS))
    dimension: int = 256
    version: int = 1  # of the embedding model
    manner: str = "honest"
    first_token: float = 0.0  # seconds
    gap: float = 0.0  # seconds between tokens
    answers: list[Json] = field(default_factory=list)
    plan: FaultPlan = field(default_factory=FaultPlan)
    log: deque[Json] = field(default_factory=lambda: deque(maxlen=LOGGED))
    calls: int = 0

    async def __call__(self, request: Request) -> Response:
        """Answer one call, and keep it in the log until it ends."""
        self.calls += 1
        entry: Json = {
            "number": self.calls, "method": request.method, "path": request.path, "at": time.time(), "tokens": 0,
            "status": 200, "fault": None, "outcome": "open", "seconds": None, "headers": _shown(request.headers),
        }  # fmt: skip
        self.log.append(entry)
        began = time.monotonic()
        response = self._answer(request, entry)
        entry["status"] = response.status
        response.pieces = _noted(response, response.pieces, entry, began)
        return response

    def _answer(self, request: Request, entry: Json) -> Response:
        key = request.headers.get("authorization", "").removeprefix("Bearer ") or request.headers.get("api-key")
        if key != self.api_key:
            return error("401")
        try:
            asked = request.json()
            model = str(asked["model"]) if request.method == "POST" else ""
        except (ValueError, TypeError, KeyError):
            return error("400")
        entry |= {"model": model, "asked": asked}
        fault = self.plan.pick(request.path, model)
        entry["fault"] = fault.kind if fault else None
        if fault is not None and (spoilt := instead(fault)) is not None:
            return spoilt
        try:
            response = self._served(request, asked, model, fault, entry)
        except (ValueError, TypeError, KeyError, AttributeError):
            return error("400")
        if fault is not None and fault.kind == "slow":
            response.delay = fault.seconds
        if fault is not None and fault.kind == "wrong_type":
            response.content_type = "text/plain"
        return response

    def _served(self, request: Request, asked: Any, model: str, fault: Fault | None, entry: Json) -> Response:
        if request.method == "GET" and request.path == "/v1/models":
            return json_response({"object": "list", "data": [self._model(one) for one in self.models]})
        if request.method == "GET" and request.path.removeprefix("/v1/models/") in self.models:
            return json_response(self._model(request.path.rpartition("/")[2]))
        if request.method != "POST" or model not in self.models:
            return error("404")
        if request.path == "/v1/chat/completions":
            return self._chat(asked, model, fault, entry)
        return self._embeddings(asked, model, fault) if request.path == "/v1/embeddings" else error("404")

    def _model(self, name: str) -> Json:
        return {"id": name, "object": "model", "created": 1_767_225_600, "owned_by": "simulator"}

    def _chat(self, asked: Json, model: str, fault: Fault | None, entry: Json) -> Response:
        manner = fault.kind if fault is not None and fault.kind in MANNERS else self.manner
        if not asked["messages"] or not all(one["role"] for one in asked["messages"]):
            raise ValueError("no messages")
        text, finish = self._scripted(asked) or text_for(manner, asked, entry["number"]), "stop"
        if manner == "filter":
            text, finish = "", "content_filter"
        tokens = tokens_of(text)
        most = asked.get("max_completion_tokens") or asked.get("max_tokens") or len(tokens)
        if len(tokens) > int(most):
            text, finish = "".join(tokens[: int(most)]), "length"
        spoken, heard = min(len(tokens), int(most)), len(tokens_of(words_of(asked["messages"])))
        usage = {"prompt_tokens": heard, "completion_tokens": spoken, "total_tokens": heard + spoken}

        def sent() -> None:
            entry["tokens"] += 1

        saying = Saying(
            f"chatcmpl-{entry['number']}", model, text, finish, usage, int(entry["at"]), fault, self.first_token, self.gap, sent,
            manner == "refuse",
        )  # fmt: skip
        if not asked.get("stream"):
            delay = self.first_token + self.gap * spoken
            if fault is not None and fault.kind in ("stall_first", "stall"):
                delay += fault.seconds
            cut = len(saying.whole()) // 2 if fault is not None and fault.kind in ("cut", "early_end") else None
            return Response(200, saying.whole(), delay=delay, cut_at=cut)
        usage_too = bool((asked.get("stream_options") or {}).get("include_usage"))
        return Response(200, content_type="text/event-stream; charset=utf-8", pieces=saying.events(usage=usage_too))

    def _scripted(self, asked: Json) -> str | None:
        """The answer the control port has for this prompt; an entry counts its uses down."""
        prompt = words_of(asked["messages"])
        for one in self.answers:
            if one.get("times", 1) > 0 and re.search(one.get("match", ""), prompt):
                one["times"] = one.get("times", 1_000_000_000) - 1
                return str(one["text"]) if "text" in one else orjson.dumps(one["json"]).decode()
        return None

    def _embeddings(self, asked: Json, model: str, fault: Fault | None) -> Response:
        texts = [asked["input"]] if isinstance(asked["input"], str) else list(asked["input"])
        if not texts or len(texts) > 2048:
            raise ValueError("no texts, or too many")
        size, kind = int(asked.get("dimensions") or self.dimension), fault.kind if fault else ""
        vectors = spoiled(kind, [vector_of(str(one), size, self.version) for one in texts])
        based = asked.get("encoding_format") == "base64"
        rows: list[Json] = [
            {"object": "embedding", "index": at, "embedding": packed(one) if based else one} for at, one in enumerate(vectors)
        ]
        if kind == "shuffled":
            rows.reverse()
        if kind in ("words", "half_base64"):
            rows[-1]["embedding"] = ["one", "two"] if kind == "words" else "AAA"
        used = sum(len(tokens_of(str(one))) for one in texts)
        body = {"object": "list", "data": rows, "model": model, "usage": {"prompt_tokens": used, "total_tokens": used}}
        return Response(200, _json_with_nan(body))


def _json_with_nan(body: Any) -> bytes:
    """JSON in which a number that is none is written NaN, as Python's own encoder does."""
    if isinstance(body, dict):
        return b"{" + b",".join(orjson.dumps(name) + b":" + _json_with_nan(one) for name, one in body.items()) + b"}"
    if isinstance(body, list):
        return b"[" + b",".join(_json_with_nan(one) for one in body) + b"]"
    if isinstance(body, float) and body - body != 0:
        return b"NaN" if body != body else b"Infinity"
    return orjson.dumps(body)


def _shown(headers: dict[str, str]) -> dict[str, str]:
    """Headers without the key."""
    return {name: value for name, value in headers.items() if name not in ("authorization", "api-key")}


async def _noted(
    response: Response, pieces: AsyncGenerator[bytes] | None, entry: Json, began: float
) -> AsyncGenerator[bytes]:
    """The answer as it is sent, and in the log how it ended: `sent`, `broken` by a fault, or the client `left`."""
    entry["outcome"] = "left"  # what stands if nobody lets us go on
    try:
        await asyncio.sleep(response.delay)
        if response.reset:
            raise BreaksOff
        if pieces is None:
            yield response.body[: response.cut_at]
            if response.cut_at is not None:
                raise BreaksOff
        else:
            async with aclosing(pieces):
                async for piece in pieces:
                    yield piece
        entry["outcome"] = "sent"
    except BreaksOff:
        entry["outcome"] = "broken"
        raise
    finally:
        entry["seconds"] = time.monotonic() - began
        entry["ended"] = time.time()

