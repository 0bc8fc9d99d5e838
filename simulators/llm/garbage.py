"""What can be wrong with an answer on the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

import orjson

from simulators.llm.faults import LINE
from simulators.llm.prompts import Json

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)><iframe src='//collector.example'></iframe>"
_TEXT: dict[str, Any] = {
    "empty_text": "", "controls": "a\x00b\x1b[31mc\x07\u202ed\U000e0041", "markup": MARKUP, "null_content": None,
    "number_content": 7,
}  # fmt: skip
# Bytes that no JSON encoder would write, in the place of a text.
_RAW = {
    "utf8": (b"@@", b"\xff\xfe\xed\xa0\x80\xc3("), "json_nan": (b'"@@"', b"NaN"), "surrogates": (b"@@", b"\\ud800 \\udfff"),
}  # fmt: skip
_CALL = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "send_reply", "arguments": '{"all":true}'}}
_ENDLESS = {"endless_blank": b"\n" * 20, "comments": b": still here\n\n"}


def data(payload: Any) -> bytes:
    """One server-sent event."""
    return b"data: " + orjson.dumps(payload) + b"\n\n"


def spoiled(kind: str, body: Json) -> bytes:
    """The body of a call without streaming, as this kind has it."""
    choice = body["choices"][0]
    message = choice["message"]
    if kind in _RAW:
        message["content"] = "@@"
        return orjson.dumps(body).replace(*_RAW[kind])
    if kind in ("broken_json", "broken_sse"):
        return orjson.dumps(body)[:-7] + b",}"
    if kind in ("long_line", "endless", *_ENDLESS):
        message["content"] = "x" * LINE
    elif kind in _TEXT:
        message["content"] = _TEXT[kind]
    elif kind == "tool_calls":
        message |= {"content": None, "tool_calls": [_CALL]}
        choice["finish_reason"] = "tool_calls"
    return orjson.dumps(body | _odd_fields(kind, choice))


def _odd_fields(kind: str, choice: Json) -> Json:
    odd: dict[str, Json] = {
        "no_choices": {"choices": []},
        "nested_choices": {"choices": [[choice]]},
        "two_choices": {"choices": [choice, choice | {"index": 1}]},
        "bad_usage": {"usage": {"prompt_tokens": -5, "completion_tokens": 10**15, "total_tokens": "many"}},
        "other_model": {"model": "somebody-elses-model"},
        "error_event": {"error": {"message": "Simulated.", "code": "internal_error"}, "choices": None},
    }
    return odd.get(kind, {})


async def before_tokens(kind: str, event: Callable[..., bytes]) -> AsyncGenerator[bytes]:
    """What a stream of this kind sends before its tokens, or instead of them for ever."""
    if kind in _RAW:
        yield event({"content": "@@"}).replace(*_RAW[kind])
    elif kind == "broken_json":
        yield b'data: {"id": "x", "choices": [{"delta": {"content": "hal\n\n'
    elif kind == "broken_sse":
        yield b"<html>event: nothing\n\ndata\n:::\n\ndata: {}}\n\n"
    elif kind == "long_line":
        yield b'data: {"id": "x", "choices": [{"delta": {"content": "'
        for _ in range(LINE // 65536):
            yield b"x" * 65536
    elif kind in ("endless", *_ENDLESS):
        while True:
            yield _ENDLESS.get(kind) or event({"content": " more and more" * 20})
            await asyncio.sleep(0.02 if kind in _ENDLESS else 0)
    elif kind in _TEXT:
        yield event({"content": _TEXT[kind]})
    elif kind == "tool_calls":
        yield event({"tool_calls": [_CALL]}, "tool_calls")
    elif kind in ("no_choices", "nested_choices", "two_choices", "bad_usage", "other_model"):
        piece = orjson.loads(event({"content": "x"}).removeprefix(b"data: "))
        yield data(piece | _odd_fields(kind, piece["choices"][0]))
