"""Encoded queries as the instance reads them: parts it does not understand are dropped, not reported (contract 3.2)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

Get = Callable[[str], str | None]  # the raw value of a field, dot-walks too; None: there is no such field
_OPERATORS = (
    "NOT LIKE", "NOT IN", "NSAMEAS", "SAMEAS", "STARTSWITH", "ENDSWITH", "ISNOTEMPTY", "ISEMPTY", "EMPTYSTRING", "ANYTHING",
    "BETWEEN", "DYNAMIC", "LIKE", "IN", "!=", ">=", "<=", "=", ">", "<",
)  # fmt: skip
_FIELD = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*")
_ORDER = re.compile(r"ORDERBY(DESC)?(.+)")
_ALONE = ("ISEMPTY", "ISNOTEMPTY", "EMPTYSTRING", "ANYTHING")


@dataclass(frozen=True, slots=True)
class Condition:
    """One field against one value."""

    field: str
    operator: str
    value: str

    def holds(self, get: Get) -> bool:
        held = get(self.field) or ""
        if self.operator in ("SAMEAS", "NSAMEAS"):  # the value is another field
            return (held == (get(self.value) or "")) is (self.operator == "SAMEAS")
        return _TESTS[self.operator](held, self.value)


@dataclass(slots=True)
class Query:
    """`groups` are joined by OR (^NQ); in a group every list must hold; a list holds when one of its conditions does."""

    groups: list[list[list[Condition]]] = field(default_factory=lambda: [[]])
    order: list[tuple[str, bool]] = field(default_factory=list)  # (field, descending)
    dropped: list[str] = field(default_factory=list)

    def matches(self, get: Get) -> bool:
        return any(all(any(one.holds(get) for one in either) for either in group) for group in self.groups)

    @property
    def plain(self) -> list[Condition]:
        """Conditions that every row must meet, whatever else: what a plan can rest on."""
        if len(self.groups) != 1:
            return []
        return [either[0] for either in self.groups[0] if len(either) == 1]

    @property
    def fields(self) -> set[str]:
        """All that conditions ask for."""
        return {one.field for group in self.groups for either in group for one in either}


def parse(text: str, known: Callable[[str], bool], evaluate: Callable[[str], str | None]) -> Query:
    """`known` says whether a field exists, `evaluate` reads what follows "javascript:" (None: it cannot).

    ^OR binds to the condition before it. A part with an unknown field or operator is dropped; of an OR only that half.
    """
    query = Query()
    for part in _parts(text):
        if not part:
            continue
        if part.startswith("NQ"):
            query.groups.append([])
            part = part[2:]
        if found := _ORDER.fullmatch(part):
            names = [(found[2], found[1] is not None)]
            query.order += [pair for pair in names if known(pair[0])]
            query.dropped += [part for name, _ in names if not known(name)]
            continue
        if part == "EQ" or part.startswith("GROUPBY"):
            continue
        either = part.startswith("OR") and bool(query.groups[-1])
        one = _condition(part[2:] if part.startswith("OR") else part, known, evaluate)
        if one is None:
            query.dropped.append(part)
        elif either:
            query.groups[-1][-1].append(one)
        else:
            query.groups[-1].append([one])
    return query


def _parts(text: str) -> list[str]:
    """Split at ^; a doubled one is a literal."""
    return [part.replace("\0", "^") for part in text.replace("^^", "\0").split("^")]


def _condition(part: str, known: Callable[[str], bool], evaluate: Callable[[str], str | None]) -> Condition | None:
    found = _FIELD.match(part)
    if found is None or not known(found[0]):
        return None
    rest = part[found.end() :]
    operator = next((one for one in _OPERATORS if rest.startswith(one)), None)
    if operator is None:
        return None
    value = rest[len(operator) :]
    if operator in _ALONE:
        return Condition(found[0], operator, "")
    if value.startswith("javascript:"):
        made = evaluate(value.removeprefix("javascript:"))
        if made is None:
            return None
        value = made
    return Condition(found[0], operator, value)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _less(held: str, value: str) -> bool:
    """Numbers as numbers, all else as strings."""
    if len(held) < 16 and len(value) < 16:
        left, right = _number(held), _number(value)
        if left is not None and right is not None:
            return left < right
    return held < value


def _between(held: str, value: str) -> bool:
    low, _, high = value.partition("@")
    return not _less(held, low) and not _less(high, held) and bool(held)


_TESTS: dict[str, Callable[[str, str], bool]] = {
    "=": lambda held, value: held.casefold() == value.casefold(),
    "!=": lambda held, value: held.casefold() != value.casefold(),
    "LIKE": lambda held, value: value.casefold() in held.casefold(),
    "NOT LIKE": lambda held, value: value.casefold() not in held.casefold(),
    "STARTSWITH": lambda held, value: held.casefold().startswith(value.casefold()),
    "ENDSWITH": lambda held, value: held.casefold().endswith(value.casefold()),
    "IN": lambda held, value: held.casefold() in value.casefold().split(","),
    "NOT IN": lambda held, value: held.casefold() not in value.casefold().split(","),
    "ISEMPTY": lambda held, value: not held,
    "ISNOTEMPTY": lambda held, value: bool(held),
    "EMPTYSTRING": lambda held, value: not held,
    "ANYTHING": lambda held, value: True,
    "<": lambda held, value: bool(held) and _less(held, value),
    "<=": lambda held, value: bool(held) and not _less(value, held),
    ">": lambda held, value: bool(held) and _less(value, held),
    ">=": lambda held, value: bool(held) and not _less(held, value),
    "BETWEEN": _between,
    "DYNAMIC": lambda held, value: held == value,
}
