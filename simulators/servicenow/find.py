"""Finds a page of a table: by an index where there is one, else by looking at every row, as a database would."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from simulators.servicenow.query import Condition, Query
from simulators.servicenow.shelves import Handle, Shuffle, Store

_INDEXED = ("element_id", "table_sys_id", "sys_id", "sys_updated_on", "sys_created_on", "number")
_EXACT_RANGE = ("=", ">", ">=", "<=", "BETWEEN")
Reader = Callable[[Handle], Callable[[str], str | None]]


@dataclass(frozen=True, slots=True)
class Bounds:
    """A range of a field, inclusive; "" is no bound."""

    field: str
    low: str
    high: str


@dataclass(slots=True)
class Finder:
    """One query on one table. `read` gives the reader of a row; `salt` differs between calls: what no ORDERBY settles
    comes in another order each time."""

    store: Store
    query: Query
    read: Reader
    numeric: Callable[[str], bool]
    salt: int

    def page(self, offset: int, limit: int) -> list[Handle]:
        """Rows before any access rule."""
        return list(islice(self._ordered(), offset, offset + limit))

    def total(self) -> int:
        """How many rows match, before any access rule."""
        quick = self._quick_total()
        return sum(1 for _ in self._matching(self._candidates())) if quick is None else quick

    def _ordered(self) -> Iterator[Handle]:
        order = self.query.order
        if not order:
            yield from self._unordered()
            return
        name, descending = order[0]
        bounds = self._bounds(name)
        narrow = self._exact()
        if narrow is None and not descending and name in _INDEXED:
            try:
                for _, group in self.store.walk(name, bounds.low, bounds.high):
                    yield from self._sorted(self._matching(group), order[1:])
                return
            except LookupError:
                pass
        yield from self._sorted(self._matching(self._candidates()), order)

    def _unordered(self) -> Iterator[Handle]:
        """Whatever the database finds first."""
        found = self._narrow()
        if found is not None:
            random.Random(self.salt).shuffle(found)
            yield from self._matching(found)
            return
        mine = [Handle(self.store, sys_id=sys_id) for sys_id in self.store.rows]
        random.Random(self.salt).shuffle(mine)
        half = len(mine) // 2
        yield from self._matching(mine[:half])
        shelf = self.store.shelf
        if shelf is not None and len(shelf):
            order = Shuffle(len(shelf), self.salt)
            places = (order.to(number) for number in range(len(shelf)))
            made = (Handle(self.store, place=place) for place in places if not self._gone(place))
            yield from self._matching(made)
        yield from self._matching(mine[half:])

    def _gone(self, place: int) -> bool:
        assert self.store.shelf is not None
        return bool(self.store.gone) and self.store.shelf.id_at(place) in self.store.gone

    def _matching(self, rows: Iterable[Handle]) -> Iterator[Handle]:
        if not any(self.query.groups):
            return iter(rows)
        matches, read = self.query.matches, self.read
        return (one for one in rows if matches(read(one)))

    def _sorted(self, rows: Iterable[Handle], order: list[tuple[str, bool]]) -> list[Handle]:
        found = list(rows)
        if len(found) < 2:
            return found
        if not any(name == "sys_id" for name, _ in order):
            random.Random(self.salt).shuffle(found)  # the sort is stable: what it does not settle stays so
        for name, descending in reversed(order):
            found.sort(key=lambda one: self._key(one, name), reverse=descending)
        return found

    def _key(self, one: Handle, name: str) -> tuple[float, str]:
        value = self.read(one)(name) or ""
        if self.numeric(name):
            return (float(value), "") if value else (-1e18, "")
        return 0.0, value

    def _candidates(self) -> list[Handle]:
        found = self._narrow()
        return self.store.all() if found is None else found

    def _narrow(self) -> list[Handle] | None:
        """Rows among which all matching ones are, by an index."""
        exact = self._exact()
        if exact is not None:
            return exact
        for name in _INDEXED:
            bounds = self._bounds(name)
            if bounds.low or bounds.high:
                try:
                    return [one for _, group in self.store.walk(name, bounds.low, bounds.high) for one in group]
                except LookupError:
                    continue
        return None

    def _exact(self) -> list[Handle] | None:
        """By the few values a condition names."""
        for one in self.query.plain:
            values = [one.value] if one.operator == "=" else one.value.split(",") if one.operator == "IN" else None
            if values is None or one.field not in ("sys_id", "element_id", "table_sys_id", "user_name"):
                continue
            if one.field == "sys_id":
                return [found for value in dict.fromkeys(values) if (found := self.store.handle(value)) is not None]
            try:
                return [row for value in dict.fromkeys(values) if value
                        for _, group in self.store.walk(one.field, value, value) for row in group]  # fmt: skip
            except LookupError:
                continue
        return None

    def _bounds(self, name: str) -> Bounds:
        low = high = ""
        for one in self.query.plain:
            if one.field != name:
                continue
            below, above = _range(one)
            low = max(low, below)
            high = min(filter(None, (high, above)), default="")
        return Bounds(name, low, high)

    def _quick_total(self) -> int | None:
        """Without looking at the shelf's rows: when all of them meet all conditions but those of one range."""
        shelf, plain = self.store.shelf, self.query.plain
        if shelf is None or len(self.query.groups) != 1 or len(plain) != len(self.query.groups[0]):
            return None
        left = [one for one in plain if not _always(one, shelf.always)]
        names = {one.field for one in left}
        if len(names) > 1 or any(one.operator not in _EXACT_RANGE for one in left):
            return None
        bounds = self._bounds(names.pop() if names else "sys_id")
        made = shelf.count(bounds.field, bounds.low, bounds.high)
        if made is None:
            return None
        for sys_id in self.store.gone:
            place = shelf.place(sys_id)
            value = sys_id if bounds.field == "sys_id" or place is None else shelf.row(place).get(bounds.field, "")
            made -= (not bounds.low or value >= bounds.low) and (not bounds.high or value <= bounds.high)
        mine = (Handle(self.store, sys_id=sys_id) for sys_id in self.store.rows)
        return made + sum(1 for _ in self._matching(mine))


def _range(one: Condition) -> tuple[str, str]:
    if one.operator == "BETWEEN":
        low, _, high = one.value.partition("@")
        return low, high
    return {
        "=": (one.value, one.value), ">": (one.value + "\0", ""), ">=": (one.value, ""), "<": ("", one.value), "<=": ("", one.value),
    }.get(one.operator, ("", ""))  # fmt: skip


def _always(one: Condition, always: dict[str, frozenset[str]]) -> bool:
    held = always.get(one.field)
    return held is not None and all(one.holds(lambda _, value=value: value) for value in held)  # type: ignore[misc]
