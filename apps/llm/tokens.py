"""How many tokens a text is, before a provider has counted: an estimate that errs upwards (decision 0077)."""

from __future__ import annotations

import re

from apps.llm.base import Ask

PER_TURN, PER_PROMPT = 4, 8  # what a chat's own marks cost
# Tokens of one character, or of a run of them, by script.
_WIDE = re.compile("[\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef\U0001f000-\U0003ffff]")
_WORD = re.compile(r"[A-Za-z]+")
_DIGITS = re.compile(r"\d+")


def count_tokens(text: str) -> int:
    """At least what the usual encodings of today's models make of it, in the seven languages; seldom twice as many."""
    wide = len(_WIDE.findall(text))
    words = sum(1 + (len(found) - 1) // 4 for found in _WORD.findall(text))
    digits = sum((len(found) + 2) // 3 for found in _DIGITS.findall(text))
    rest = _WORD.sub("", _DIGITS.sub("", _WIDE.sub("", text)))
    marks = len(rest) - rest.count(" ")
    return round(1.25 * wide) + words + digits + marks


def count_ask(ask: Ask) -> int:
    """Of a whole prompt."""
    schema = len(str(ask.schema.model_json_schema())) // 3 if ask.schema is not None else 0
    return PER_PROMPT + schema + sum(PER_TURN + count_tokens(one.text) for one in ask.prompt)
