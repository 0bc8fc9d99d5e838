"""Rows of a table that are made when somebody asks for them, those that changed, and walks over both in order.

A shelf knows its rows by their place in the order of sys_id, so any page of a walk by key is found without making the
rows before it. What was changed or added since is kept beside it; what was deleted is only remembered.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Protocol

from simulators.dice import mix

Row = dict[str, str]
ID_BITS = 128


@dataclass(frozen=True, slots=True)
class Ids:
    """`size` sys_ids in ascending order, told apart by a seed; number and place follow from each other."""

    size: int
    seed: int

    def at(self, place: int) -> str:
        step = (1 << ID_BITS) // max(self.size, 1)
        jitter = mix(self.seed, place) << 64 | mix(place, self.seed, 7)
        return f"{place * step + jitter % step:032x}"

    def place(self, sys_id: str) -> int | None:
        """None: not one of these."""
        try:
            place = int(sys_id, 16) // ((1 << ID_BITS) // max(self.size, 1))
        except ValueError:
            return None
        return place if place < self.size and self.at(place) == sys_id else None

    def floor(self, sys_id: str) -> int:
        """The first place whose id is not less, for any text."""
        low, high = 0, self.size
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.at(middle) < sys_id else (low, middle)
        return low


class Shuffle:
    """Numbers 0 to size-1 in another order, both ways."""

    def __init__(self, size: int, seed: int) -> None:
        self.size, self.seed = size, seed
        self._odd = (mix(seed, 11) % max(size, 1)) | 1
        while _common(self._odd, size) > 1:
            self._odd += 2
        self._back = pow(self._odd, -1, size) if size > 1 else 0

    def to(self, number: int) -> int:
        return (number * self._odd + self.seed) % self.size

    def back(self, place: int) -> int:
        return (place - self.seed) * self._back % self.size


def _common(one: int, other: int) -> int:
    while other:
        one, other = other, one % other
    return one



class Shelf(Protocol):
    """Rows that follow from a seed. `cheap` are the fields that `peek` knows, all others cost the whole row."""

    cheap: frozenset[str]
    always: dict[str, frozenset[str]]  # fields that hold nothing else in any row

    def __len__(self) -> int: ...
    def id_at(self, place: int) -> str: ...
    def place(self, sys_id: str) -> int | None: ...
    def floor(self, sys_id: str) -> int: ...
    def peek(self, place: int) -> Row: ...
    def row(self, place: int) -> Row: ...
    def by(self, name: str, low: str, high: str) -> Iterator[tuple[str, list[int]]] | None:
        """Places from `low` to `high` (inclusive; "" is no bound) in order of a field, or None without an index for it."""
        ...

    def count(self, name: str, low: str, high: str) -> int | None:
        """How many those are, if that is quickly known."""
        ...


@dataclass(slots=True)
class Store:
    """A table as it is now."""

    name: str
    shelf: Shelf | None = None
    rows: dict[str, Row] = field(default_factory=dict)  # changed or added
    gone: set[str] = field(default_factory=set)  # of the shelf: deleted or replaced by a row of `rows`
    version: int = 0

    def get(self, sys_id: str) -> Row | None:
        held = self.rows.get(sys_id)
        if held is not None or self.shelf is None or sys_id in self.gone:
            return held
        place = self.shelf.place(sys_id)
        return None if place is None else self.shelf.row(place)

    def put(self, row: Row) -> None:
        sys_id = row["sys_id"]
        if self.shelf is not None and self.shelf.place(sys_id) is not None:
            self.gone.add(sys_id)
        self.rows[sys_id] = row
        self.version += 1

    def drop(self, sys_id: str) -> Row | None:
        """Take it away for good; returns what it was."""
        row = self.get(sys_id)
        if row is not None:
            self.rows.pop(sys_id, None)
            if self.shelf is not None and self.shelf.place(sys_id) is not None:
                self.gone.add(sys_id)
            self.version += 1
        return row

    def __len__(self) -> int:
        return len(self.rows) + (len(self.shelf) - len(self.gone) if self.shelf is not None else 0)

    def ids(self) -> Iterator[str]:
        """All, in order of sys_id."""
        for _, group in self.walk("sys_id", "", ""):
            yield from (one.sys_id for one in group)

    def walk(self, name: str, low: str, high: str) -> Iterator[tuple[str, list[Handle]]]:
        """Rows in groups of one value of the field, ascending, within bounds (inclusive, "" for none).

        Raises LookupError when the shelf has no index for the field.
        """
        mine = sorted(
            (row.get(name, ""), row["sys_id"]) for row in self.rows.values() if _within(row.get(name, ""), low, high)
        )
        own = ((value, [Handle(self, sys_id=sys_id) for _, sys_id in found]) for value, found in _grouped(mine))
        made: Iterable[tuple[str, list[Handle]]] = ()
        if self.shelf is not None and len(self.shelf):
            places = self.shelf.by(name, low, high)
            if places is None:
                raise LookupError(name)
            made = ((value, self._handles(found)) for value, found in places)
        merged = heapq.merge(made, own, key=lambda pair: pair[0])
        for value, pairs in groupby(merged, key=lambda pair: pair[0]):
            yield value, [one for _, found in pairs for one in found]

    def _handles(self, places: list[int]) -> list[Handle]:
        assert self.shelf is not None
        if not self.gone:
            return [Handle(self, place=place) for place in places]
        return [Handle(self, place=place) for place in places if self.shelf.id_at(place) not in self.gone]

    def all(self) -> list[Handle]:
        """In no order."""
        mine = [Handle(self, sys_id=sys_id) for sys_id in self.rows]
        return mine + (self._handles(list(range(len(self.shelf)))) if self.shelf is not None else [])

    def handle(self, sys_id: str) -> Handle | None:
        if sys_id in self.rows:
            return Handle(self, sys_id=sys_id)
        place = self.shelf.place(sys_id) if self.shelf is not None and sys_id not in self.gone else None
        return None if place is None else Handle(self, place=place)


class Handle:
    """A row that is made as far as it is looked at."""

    __slots__ = ("_peek", "_row", "place", "store")

    def __init__(self, store: Store, *, sys_id: str = "", place: int = -1) -> None:
        self.store, self.place = store, place
        self._row: Row | None = store.rows[sys_id] if place < 0 else None
        self._peek: Row | None = None

    @property
    def sys_id(self) -> str:
        if self.place >= 0:
            assert self.store.shelf is not None
            return self.store.shelf.id_at(self.place)
        return self.row["sys_id"]

    @property
    def row(self) -> Row:
        if self._row is None:
            assert self.store.shelf is not None
            self._row = self.store.shelf.row(self.place)
        return self._row

    def get(self, name: str) -> str:
        """The raw value of a field; "" when there is none."""
        if self._row is None and self.store.shelf is not None and name in self.store.shelf.cheap:
            if self._peek is None:
                self._peek = self.store.shelf.peek(self.place)
            return self._peek[name]
        return self.row.get(name, "")


def _within(value: str, low: str, high: str) -> bool:
    return (not low or value >= low) and (not high or value <= high)


def _grouped(pairs: list[tuple[str, str]]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    for value, found in groupby(pairs, key=lambda pair: pair[0]):
        yield value, list(found)


def bounds(keys: list[str], low: str, high: str) -> tuple[int, int]:
    """Where in a sorted list the values of a range stand."""
    return bisect_left(keys, low) if low else 0, bisect_right(keys, high) if high else len(keys)
