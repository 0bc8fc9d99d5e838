"""Texts with tokens in place of what tells who somebody is, and the table that puts it back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from apps.llm.masking.addresses import find_addresses
from apps.llm.masking.kinds import Kind, Known, Level, Span
from apps.llm.masking.labels import find_labelled
from apps.llm.masking.names import find_names
from apps.llm.masking.numbers import find_numbers
from apps.llm.masking.tokens import Table, tokens_in

# full-width signs, dashes and spaces as their ASCII: one sign for one sign, so that places stay where they are
_PLAIN = (
    {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
    | dict.fromkeys(map(ord, "‐‑‒–—―−﹣"), ord("-"))
    | dict.fromkeys(map(ord, "\u3000\u00a0\u2007\u2009\u202f\u2002\u2003\u2005\u2006\u2008\u200a\t"), ord(" "))
)
_ROUNDS = 8
_NEAR = 120  # characters; what says what a value is stands nearer


@dataclass(frozen=True, slots=True, repr=False)
class Masked:
    """The texts as a model may read them, in order, and what their tokens stand for."""

    texts: tuple[str, ...]
    table: Table


def mask(texts: Sequence[str], known: Sequence[Known] = (), level: Level = Level.ALL, table: Table | None = None) -> Masked:
    """`texts` with a token for each value; `table.restore` of a text gives it back sign by sign.

    `known`: the people of the ticket. `table`: of an earlier call of the same run, whose tokens stay what they are. Names
    that nobody told us of stay in the text, unless a title or "my name is" stands before them. Signs nobody sees hide a
    value: texts come as `core.text.visible` leaves them.
    """
    table = table if table is not None else Table()
    if level is Level.OFF:
        return Masked(tuple(texts), table)
    for text in texts:
        table.reserve(text)
    people = _People.of(known)
    return Masked(tuple(_masked(text, people, level, table) for text in texts), table)


@dataclass(frozen=True, slots=True)
class _People:
    known: tuple[Known, ...]
    telephones: tuple[str, ...]  # digits that a written number ends with, however it begins
    exact: tuple[tuple[str, Kind], ...]

    @classmethod
    def of(cls, known: Sequence[Known]) -> _People:
        digits = ("".join(filter(str.isdigit, phone)) for one in known for phone in one.phones)
        exact = [(value, Kind.EMAIL) for one in known for value in one.emails]
        exact += [(value, Kind.ADDRESS) for one in known for value in one.addresses]
        lower = tuple((value.translate(_PLAIN).lower(), kind) for value, kind in exact if len(value) > 3)
        return cls(tuple(known), tuple(one[-8:] for one in digits if len(one) >= 6), lower)


def _masked(text: str, people: _People, level: Level, table: Table) -> str:
    """Until nothing more is found: a value may show only when its neighbour is gone, so there is looked once more."""
    places = [(0, len(text))]
    for _ in range(_ROUNDS):
        found = [one for place in places for one in _found_near(text, *place, people) if one.kind in level.kinds]
        spans = _apart(text, found)
        if not spans:
            break
        parts, places, at, length = list[str](), list[tuple[int, int]](), 0, 0
        for start, end, kind, who in spans:
            parts += [text[at:start], table.token(kind, text[start:end], who)]
            begin, at = length + start - at, end
            length = begin + len(parts[-1])
            if places and begin - places[-1][1] < 2 * _NEAR:
                begin = places.pop()[0]
            places.append((begin, length))
        text = "".join([*parts, text[at:]])
    return text


def _found_near(text: str, start: int, end: int, people: _People) -> Iterator[Span]:
    """What begins near a place; what stands further before only tells what a number is."""
    left, right = max(0, start - _NEAR), min(len(text), end + _NEAR)
    begin = max(0, left - _NEAR)
    for one in _found(text[begin:right], people):
        low, high = begin + one.start, begin + one.end
        while low < high and text[low].isspace():
            low += 1
        while low < high and text[high - 1].isspace():
            high -= 1
        if left <= low < high:
            yield one._replace(start=low, end=high)


def _found(text: str, people: _People) -> Iterator[Span]:
    plain = text.translate(_PLAIN)
    yield from find_names(plain, people.known)
    yield from _exact(plain, people)
    yield from find_addresses(plain)
    yield from find_numbers(plain, people.telephones)
    yield from find_labelled(plain)


def _exact(plain: str, people: _People) -> Iterator[Span]:
    low = plain.lower()
    if len(low) != len(plain):  # some capitals are two letters when small
        low = plain
    for value, kind in people.exact:
        at = low.find(value)
        while at >= 0:
            yield Span(at, at + len(value), kind, value)
            at = low.find(value, at + len(value))


def _apart(text: str, found: list[Span]) -> list[Span]:
    """Spans in order that do not overlap. The longest counts; of one it cuts into, the rest is masked by itself."""
    taken = bytearray(len(text))
    for start, end in tokens_in(text):
        taken[start:end] = b"\1" * (end - start)
    kept = list[Span]()
    for span in sorted(found, key=lambda one: one.start - one.end):
        whole = taken.find(1, span.start, span.end) < 0
        for start, end in [(span.start, span.end)] if whole else list(_free(taken, span.start, span.end)):
            if whole or any(sign.isalnum() for sign in text[start:end]):
                kept.append(span if whole else Span(start, end, span.kind))
                taken[start:end] = b"\1" * (end - start)
    return sorted(kept)


def _free(taken: bytearray, start: int, end: int) -> Iterator[tuple[int, int]]:
    while (low := taken.find(0, start, end)) >= 0:
        start = taken.find(1, low, end)
        start = end if start < 0 else start
        yield low, start
