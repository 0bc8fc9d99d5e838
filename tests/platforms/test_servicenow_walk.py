"""The walks over a table that moves and hides some of its rows, against a model of it: nothing is lost, nothing loops."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from apps.core.errors import ExternalError
from apps.platforms.adapters.servicenow.sweep import Sweep, cut
from apps.platforms.adapters.servicenow.walk import END, OVERLAP, Keyset, Row, Told, Window

BEGIN = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Table:
    """Rows {id: (time, version)}, some of them hidden; a page is cut before they are."""

    def __init__(self, dice: random.Random, rows: int, *, crowd: int = 0) -> None:
        self.dice, self.now = dice, BEGIN + timedelta(hours=5)
        self.rows = {f"{dice.getrandbits(64):016x}": [BEGIN + SECOND * dice.randrange(3600), 0] for _ in range(rows)}
        for key in list(self.rows)[:crowd]:
            self.rows[key][0] = BEGIN + SECOND * 1800
        self.hidden = {key for key in self.rows if dice.random() < 0.15}
        for key in sorted(self.rows)[10:40]:  # a whole page of them
            self.hidden.add(key)

    def touch(self, some: int) -> None:
        self.now += SECOND
        for key in self.dice.sample(sorted(self.rows), some):
            self.rows[key] = [self.now, self.rows[key][1] + 1]

    def seen(self) -> dict[str, int]:
        return {key: version for key, (_, version) in self.rows.items() if key not in self.hidden}

    def page(self, rows: list[str], offset: int, limit: int, counted: bool) -> Told:
        part = [key for key in rows[offset : offset + limit] if key not in self.hidden]
        return Told([Row(key, self.rows[key][0], str(self.rows[key][1])) for key in part], len(rows) if counted else None, limit)

    def by_id(self, at: Keyset, limit: int, within: datetime | None = None) -> Told:
        rows = sorted(key for key, (when, _) in self.rows.items() if key > at.after and within in (None, when))
        return self.page(rows, at.offset, limit, at.counts(limit))

    def since(self, at: Window, limit: int) -> Told:
        if at.crowd is not None:
            return self.by_id(at.crowd, limit, at.since)
        rows = sorted((when, key) for key, (when, _) in self.rows.items() if when >= at.since)
        return self.page([key for _, key in rows], at.offset, limit, True)


@pytest.mark.parametrize("seed", range(6))
def test_a_table_is_walked_whole_while_it_moves_and_then_every_change_is_met(seed):
    """The full walk, then the windows from a little before it began: after both we have what there is, at its version."""
    dice = random.Random(seed)
    table = Table(dice, 400, crowd=120 if seed % 2 else 0)
    began, held = table.now, {}
    keys = Keyset()
    for _ in range(200):
        told = table.by_id(keys, 20)
        held |= {row.id: int(row.version) for row in told.rows}
        keys = keys.past(told)
        table.touch(3)
        if keys.done:
            break
    assert keys.done
    window, passes = Window.of(began - OVERLAP), 0
    for _ in range(600):
        told = table.since(window, 20)
        window, more = window.past(told, table.now)
        held |= {row.id: int(row.version) for row in told.rows}
        passes += not more
        if passes < 3:
            table.touch(dice.randrange(3) if passes else 30 if dice.random() < 0.05 else 1)
        if passes > 4:
            break
    assert held == table.seen()
    assert passes > 4


def test_a_page_that_is_emptied_moves_the_offset_and_ends_only_where_the_count_says_so():
    at = Keyset(after="5").past(Told([], 30, 10))
    assert (at.after, at.offset, at.done) == ("5", 10, False)
    at = at.past(Told([], 30, 10)).past(Told([], 30, 10))
    assert (at.offset, at.done) == (30, True)
    short = Keyset().past(Told([Row("7")], 30, 10))
    assert (short.after, short.offset, short.done) == ("7", 0, False)  # a short page is no end
    uncounted = Keyset(after="7", sure=20).past(Told([Row("8")], None, 10))
    assert (uncounted.done, uncounted.counts(10)) == (False, True)  # and the next one must be counted


def test_rows_that_a_query_excludes_are_an_error_and_no_endless_walk():
    with pytest.raises(ExternalError) as dropped:
        Keyset(after="9").past(Told([Row("1"), Row("2")], 30, 2))
    assert dropped.value.code == "query_ignored"
    late = Window.of(BEGIN)
    with pytest.raises(ExternalError):
        late.past(Told([Row("1", BEGIN - SECOND)], 30, 1), BEGIN)
    with pytest.raises(ExternalError):
        cut(Sweep(key="b"), [("a", "1"), ("b", "2")], 9, 2)


def test_an_idle_window_hands_nothing_over_twice_and_waits_behind_what_it_saw():
    rows = [Row("1", BEGIN, "0"), Row("2", BEGIN + SECOND, "0")]
    window, more = Window.of(BEGIN - OVERLAP).past(Told(rows, 2, 10), BEGIN + SECOND * 5)
    assert (more, window.since) == (False, BEGIN + SECOND - OVERLAP)
    assert window.fresh(rows) == set()
    assert window.fresh([Row("2", BEGIN + SECOND, "1")]) == {"2"}  # changed again within its second
    later, _ = window.past(Told(rows, 2, 10), BEGIN + timedelta(hours=2))
    assert later.since == BEGIN + SECOND * 2  # settled: the last second is not read for ever


CUTS = [  # rows, total, limit, whole, large, (after, upto), key of the next
    ([("a", "1"), ("a", "2"), ("b", "3")], 3, 5, "ab", None, ("", END), None),
    ([("a", "1"), ("a", "2"), ("b", "3")], 9, 3, "a", None, ("", "a"), "b"),
    ([("a", "1"), ("a", "2"), ("a", "3")], 9, 3, "", "a", ("", "a"), "a"),
    ([("b", "1")], 9, 3, "", "b", ("", "b"), "b"),  # one owner, others of the page hidden: they may be of it
    ([], 9, 3, "", None, (None, None), ""),
    ([], 3, 3, "", None, ("", END), None),
    ([("b", "1"), ("a", "2"), ("c", "3")], 9, 3, "ba", None, (None, None), "c"),  # another order: silence says nothing
]


@pytest.mark.parametrize(("rows", "total", "limit", "whole", "large", "told", "key"), CUTS)
def test_what_a_page_of_a_sweep_is_good_for(rows, total, limit, whole, large, told, key):
    found = cut(Sweep(), rows, total, limit)
    assert (found.whole, found.large, (found.after, found.upto)) == (frozenset(whole), large, told)
    assert (found.next.key if found.next else None) == key


@pytest.mark.parametrize("seed", range(4))
def test_a_sweep_brings_every_owner_whole_and_says_of_all_others_that_they_have_nothing(seed):
    dice = random.Random(seed)
    owners = sorted(f"{dice.getrandbits(32):08x}" for _ in range(60))
    sizes = {one: dice.choice((0, 0, 1, 3, 8, 40 if dice.random() < 0.1 else 2)) for one in owners}
    rows = [(one, f"{one}-{n:03d}", dice.random() < 0.2) for one in owners for n in range(sizes[one])]
    at, told, silent, limit = Sweep(), {}, set(), 12
    for _ in range(200):
        mine = [row for row in rows if row[0] > at.key or (row[0] == at.key and not at.past)]
        counted = at.counts(limit)
        part = [(one, key) for one, key, hidden in mine[at.offset : at.offset + limit] if not hidden]
        found = cut(at, part, len(mine) if counted else None, limit)
        met = {one: {key for owner, key in part if owner == one} for one in found.whole}
        if found.large:
            met[found.large] = {key for owner, key, hidden in rows if owner == found.large and not hidden}
        assert not set(told) & set(met)
        told |= met
        if found.upto is not None:
            silent |= {one for one in owners if found.after < one <= found.upto and one not in met}
        if found.next is None:
            break
        at = found.next
    seen = {one: {key for owner, key, hidden in rows if owner == one and not hidden} for one in owners}
    assert {one: keys for one, keys in told.items() if keys} == {one: keys for one, keys in seen.items() if keys}
    assert silent == {one for one, keys in seen.items() if not keys}
