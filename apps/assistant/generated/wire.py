"""What a model is asked to answer with, and how little of it is believed: shape and sizes, before a word is checked. Pure.

One object for every feature, its outcome first, so that a reader of the stream knows early what is coming:

    {"outcome": "answer", "sentences": [{"text": "…", "quotes": [{"source": 1, "quote": "…"}], "paragraph": false}],
     "question": ""}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

SENTENCES_MOST, QUOTES_MOST = 12, 4
SENTENCE_MOST, QUOTE_MOST, QUESTION_MOST = 600, 600, 600  # characters
ANSWER_MOST = 40_000  # characters of the whole object; more is no answer
ELEMENT = 3  # braces deep: the object, its list, a sentence of it
Said = Literal["answer", "ask_customer", "not_enough_evidence"]


class Unreadable(ValueError):
    """Not an object of this shape. The message says where it broke, never what it said."""


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class SaidQuote(_Wire):
    """Words that stand in source number `source`, or so the model says."""

    source: int = Field(ge=1)
    quote: str = Field(max_length=QUOTE_MOST)


class SaidSentence(_Wire):
    text: str = Field(min_length=1, max_length=SENTENCE_MOST)
    quotes: tuple[SaidQuote, ...] = Field(default=(), max_length=QUOTES_MOST, strict=False)
    paragraph: bool = False  # a new one begins with it


class Generated(_Wire):
    """A whole answer."""

    outcome: Said
    sentences: tuple[SaidSentence, ...] = Field(default=(), max_length=SENTENCES_MOST, strict=False)
    question: str = Field(default="", max_length=QUESTION_MOST)


def schema() -> dict[str, Any]:
    """The JSON schema for endpoints that hold a model to one: every property required, none beside, as they ask for it."""
    return _strict(Generated.model_json_schema())


def _strict(node: Any) -> Any:
    if isinstance(node, list):
        return [_strict(one) for one in node]
    if not isinstance(node, dict):
        return node
    kept = {key: _strict(value) for key, value in node.items() if key not in ("default", "title")}
    if kept.get("type") == "object":
        kept |= {"additionalProperties": False, "required": list(kept.get("properties", {}))}
    return kept


def whole(text: str) -> Generated:
    """The answer in a model's text, which may stand in a fence or after a word or two. Raises Unreadable."""
    if len(text) > ANSWER_MOST:
        raise Unreadable(f"longer than {ANSWER_MOST} characters")
    start, end = text.find("{"), text.rfind("}")
    if not 0 <= start < end:
        raise Unreadable("no object")
    try:
        found = orjson.loads(text[start : end + 1])
    except orjson.JSONDecodeError as exc:
        raise Unreadable("the object is not one") from exc
    try:
        return Generated.model_validate(found)
    except ValidationError as exc:
        places = sorted({".".join(map(str, error["loc"])) for error in exc.errors(include_input=False, include_url=False)})
        raise Unreadable(f"does not fit at {', '.join(places)[:200]}") from exc


class Arriving:
    """Sentences out of an object that is still being written: each as soon as its own braces are closed.

    Feed it whatever pieces come, in order; a sentence that does not fit is passed over here, and refused with the whole.
    """

    def __init__(self) -> None:
        self._held, self._depth, self._length = "", 0, 0
        self._quoted = self._escaped = False

    def feed(self, piece: str) -> Iterator[SaidSentence]:
        """Raises Unreadable when it grows beyond all measure."""
        self._length += len(piece)
        if self._length > ANSWER_MOST:
            raise Unreadable(f"longer than {ANSWER_MOST} characters")
        for sign in piece:
            if self._depth >= ELEMENT:  # its text is kept
                self._held += sign
            if self._quoted:
                self._quoted, self._escaped = self._in_text(sign)
            elif sign == '"':
                self._quoted = True
            elif sign in "{[":
                self._open(sign)
            elif sign in "}]" and (held := self._close(sign)):
                try:
                    yield SaidSentence.model_validate_json(held)
                except ValidationError:
                    continue

    def _in_text(self, sign: str) -> tuple[bool, bool]:
        if self._escaped:
            return True, False
        return sign != '"', sign == "\\"

    def _open(self, sign: str) -> None:
        self._depth += 1
        if self._depth == ELEMENT and sign == "{":
            self._held = "{"

    def _close(self, sign: str) -> str:
        """The text of an element that is complete now, else ''."""
        self._depth -= 1
        if self._depth != ELEMENT - 1 or sign != "}":
            return ""
        held, self._held = self._held, ""
        return held
