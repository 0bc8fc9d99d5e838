"""What a prompt holds: its words, its numbered sources, what it asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
# `[3] text`, `[S3] text` at the beginning of a line, or `<source id="3">text</source>`.
_TAGGED = re.compile(r"<source\b[^>]*\bid=[\"']?(?P<id>[\w.-]+)[\"']?[^>]*>(?P<text>.*?)</source[^>]*>", re.S)
_NUMBERED = re.compile(r"^\[(?P<id>[A-Za-z]?\d+)\][ :\t]*(?P<text>.*?)(?=^\[[A-Za-z]?\d+\]|\n\s*\n|\Z)", re.S | re.M)
_SENTENCE = re.compile(r"[^.!?。！？\n]+[.!?。！？]?")


@dataclass(frozen=True, slots=True)
class Source:
    """One passage of a prompt, by the id it bears there."""

    id: str
    text: str

    def quote(self) -> str:
        """Its first sentence of some length, letter by letter."""
        found = [one.strip() for one in _SENTENCE.findall(self.text)]
        return next((one for one in found if len(one) >= 12), found[0] if found else self.text.strip())


def words_of(messages: list[Any]) -> str:
    """All texts of a conversation, one after the other."""
    return "\n".join(text_of(one.get("content")) for one in messages if isinstance(one, dict))


def text_of(content: Any) -> str:
    """A message's text, whether it is one or comes in parts."""
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def sources_in(prompt: str) -> list[Source]:
    """The numbered passages, in order, each id once."""
    found = list(_TAGGED.finditer(prompt)) or list(_NUMBERED.finditer(prompt))
    kept: dict[str, Source] = {}
    for match in found:
        if match["text"].strip():
            kept.setdefault(match["id"], Source(match["id"], match["text"].strip()))
    return list(kept.values())


def schema_in(asked: Json) -> Json | None:
    """The JSON schema an answer is to have; {} when any JSON will do, None when it is to be text."""
    wanted = asked.get("response_format") or {}
    if wanted.get("type") == "json_object":
        return {}
    if wanted.get("type") != "json_schema":
        return None
    schema = wanted["json_schema"]["schema"]
    if not isinstance(schema, dict):
        raise ValueError("json_schema.schema is no object")
    return schema


def tokens_of(text: str) -> list[str]:
    """Pieces of a text that joined are the text: what a stream sends one by one, and what usage counts."""
    return re.findall(r"\s*[^\s]{1,6}|\s+", text)
