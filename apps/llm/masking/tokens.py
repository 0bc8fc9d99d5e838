"""Tokens such as ⟦EMAIL_1⟧, the table of what they stand for, and putting it back, in whole texts and in streams.

Models write tokens a little differently: in other case, with spaces, with an escaped underscore, in other brackets, as
part of an encoded address. All of these are read. What the table does not know stays as it is and is reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from apps.llm.masking.kinds import Kind

_GAP = r"[ \t\u00a0\u202f*_`\\-]{0,4}"
_OPEN, _CLOSE = r"(?:⟦|〚|\[\[|%E2%9F%A6)", r"(?:⟧|〛|\]\]|%E2%9F%A7)"
_WORD, _NUMBER = rf"[A-Za-z]{{1,{max(map(len, Kind))}}}", r"[0-9]{1,4}"
TOKEN = re.compile(rf"(?i:{_OPEN}){_GAP}({_WORD}){_GAP}({_NUMBER})(?:{_GAP}[._-]{_GAP}({_NUMBER}))?{_GAP}(?i:{_CLOSE})")


def _beginnings(sign: str) -> str:
    """A pattern of every beginning of a sequence of characters, the whole one too."""
    first, rest = re.escape(sign[0]), sign[1:]
    return f"{first}(?:{_beginnings(rest)})?" if rest else first


def _any_beginning(signs: Iterable[str]) -> str:
    return "(?i:" + "|".join(_beginnings(sign) for sign in signs) + ")"


# the beginning of a token at the end of what has come
_NUMBERS = rf"{_NUMBER}(?:{_GAP}[._-]{_GAP}(?:{_NUMBER}){{0,1}})?{_GAP}(?:{_any_beginning(['⟧', '〛', ']]', '%E2%9F%A7'])})?"
_BEGUN = re.compile(
    rf"(?:{_any_beginning(['⟦', '〚', '[[', '%E2%9F%A6'])}|(?i:{_OPEN}){_GAP}(?:{_WORD}{_GAP}(?:{_NUMBERS})?)?)\Z"
)
_LONGEST = 80  # characters of a token with every gap


@dataclass(frozen=True, slots=True)
class Restored:
    """A text with its values back. `unknown`: what looks like a token and is none of ours, as it stands there."""

    text: str
    unknown: tuple[str, ...]


@dataclass(slots=True, repr=False)
class Table:
    """What each token of one run stands for. Personal data: never logged, and gone with the run.

    One value has one token in all texts; other spellings of it (case, order of a name) have the number in common:
    ⟦EMAIL_1⟧ and ⟦EMAIL_1_2⟧.
    """

    _values: dict[str, str] = field(default_factory=dict)
    _tokens: dict[tuple[Kind, str], str] = field(default_factory=dict)
    _numbers: dict[tuple[Kind, str], int] = field(default_factory=dict)
    _last: dict[Kind, int] = field(default_factory=dict)
    _spellings: dict[tuple[Kind, int], int] = field(default_factory=dict)
    _reserved: set[tuple[str, int]] = field(default_factory=set)

    @property
    def values(self) -> Mapping[str, str]:
        """Token -> value."""
        return self._values

    def reserve(self, text: str) -> None:
        """Tokens that stand in a text by themselves are never made: the text must come back as it was."""
        if _may_hold(text):
            self._reserved |= {
                (one[1].upper(), int(one[2])) for one in TOKEN.finditer(text) if canonical(one) not in self._values
            }

    def token(self, kind: Kind, value: str, who: str = "") -> str:
        """The token of a value, the same each time. `who`: what its spellings have in common."""
        found = self._tokens.get((kind, value))
        if found is None:
            number = self._number(kind, who or value)
            spelling = self._spellings[kind, number] = self._spellings.get((kind, number), 0) + 1
            found = f"⟦{kind}_{number}⟧" if spelling == 1 else f"⟦{kind}_{number}_{spelling}⟧"
            self._tokens[kind, value] = found
            self._values[found] = value
        return found

    def _number(self, kind: Kind, who: str) -> int:
        if (kind, who) not in self._numbers:
            number = self._last.get(kind, 0) + 1
            while (kind.value, number) in self._reserved:
                number += 1
            self._numbers[kind, who] = self._last[kind] = number
        return self._numbers[kind, who]

    def restore(self, text: str) -> Restored:
        """Every token replaced by its value, once: what stands in a value is not read again."""
        restorer = Restorer(self)
        return Restored(restorer.feed(text) + restorer.end(), restorer.unknown)


def canonical(found: re.Match[str]) -> str:
    """A token as we write it."""
    spelling = f"_{int(found[3])}" if found[3] else ""
    return f"⟦{found[1].upper()}_{int(found[2])}{spelling}⟧"


def _may_hold(text: str) -> bool:
    return "⟦" in text or "〚" in text or "[[" in text or "%" in text


def tokens_in(text: str) -> Iterator[tuple[int, int]]:
    """Where tokens stand, ours or not."""
    if _may_hold(text):
        yield from (one.span() for one in TOKEN.finditer(text))


class Restorer:
    """Puts values back into a text that comes in pieces, cut anywhere. All pieces together give what `restore` gives."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._held = ""
        self._unknown: list[str] = []

    @property
    def unknown(self) -> tuple[str, ...]:
        """Tokens so far that are none of ours."""
        return tuple(dict.fromkeys(self._unknown))

    def feed(self, piece: str) -> str:
        """What can be shown now; at most the beginning of one token is kept back."""
        text = self._held + piece
        shown, at = [], 0
        for found in TOKEN.finditer(text) if _may_hold(text) else ():
            shown += [text[at : found.start()], self._value(found)]
            at = found.end()
        begun = _BEGUN.search(text, max(at, len(text) - _LONGEST))
        cut = begun.start() if begun else len(text)
        self._held = text[cut:]
        return "".join([*shown, text[at:cut]])

    def end(self) -> str:
        """What was kept back and never became a token."""
        held, self._held = self._held, ""
        return held

    def _value(self, found: re.Match[str]) -> str:
        value = self._table.values.get(canonical(found))
        if value is None:
            self._unknown.append(found[0])
            return found[0]
        return value
