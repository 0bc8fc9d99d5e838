from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from apps.platforms.adapters.freshdesk import walk
from apps.platforms.adapters.freshdesk.walk import Row, TicketCursor, next_cursor

PER_PAGE, PAGES_MOST = 5, 300
START = datetime(2026, 3, 1, 9, tzinfo=UTC)


class MovingList:
    """A list by updated_at in whole seconds whose rows are updated between and after calls.

    With `restless`, rows of one second stand in another order at every call.
    """

    def __init__(self, seed: int, rows: int, crowd: int, pace: float, *, restless: bool = False) -> None:
        self.dice = random.Random(seed)
        self.restless = restless
        self.clock = START.timestamp()
        self.pace = pace
        self.rows = {number: int(self.clock) - self.dice.randrange(40, 4000) for number in range(rows)}
        self.rows |= {rows + number: int(self.clock) - 500 for number in range(crowd)}
        self.versions = Counter(self.rows)
        self.calls = 0

    def now(self) -> datetime:
        return datetime.fromtimestamp(int(self.clock), UTC)

    def page(self, cursor: TicketCursor) -> list[Row]:
        self.calls += 1
        assert cursor.page <= PAGES_MOST, "400: you cannot access tickets beyond the 300th page"
        since = int(cursor.since.timestamp())
        salt = random.Random(self.calls).randrange(1, 104729) if self.restless else 7919
        found = sorted((at, number * salt % 104729, number) for number, at in self.rows.items() if at >= since)
        start = (cursor.page - 1) * PER_PAGE
        return [Row(number, datetime.fromtimestamp(at, UTC)) for at, _, number in found[start : start + PER_PAGE]]

    def live(self, updates: float) -> None:
        self.clock += self.pace
        for _ in range(int(updates) + (self.dice.random() < updates % 1)):
            number = self.dice.choice(list(self.rows))
            self.rows[number] = int(self.clock)
            self.versions[number] += 1


def read_pass(moving: MovingList, cursor: TicketCursor, held: dict[int, int], updates: float) -> TicketCursor:
    """One pass as the adapter makes it; `held` notes the version of each row at the moment it was handed over."""
    more = True
    while more:
        rows = moving.page(cursor)
        idle = cursor.polling and cursor.page == 1 and cursor.started is None
        light = cursor.round is not None and cursor.round.light
        if not light and not (idle and all(walk.is_known(cursor, row) for row in rows)):
            held |= {row.id: moving.versions[row.id] for row in rows}
        before = moving.now()
        moving.live(updates)
        cursor, more = next_cursor(cursor, rows, now=before, per_page=PER_PAGE)
        cursor = TicketCursor.model_validate_json(cursor.model_dump_json())
    return cursor


@pytest.mark.parametrize("seed", range(40))
def test_the_walk_hands_over_the_last_version_of_every_row(seed: int) -> None:
    dice = random.Random(seed)
    crowd, pace = dice.choice((0, 4, 5, 23, 60)), dice.choice((0.05, 1))
    restless = pace == 1 and seed % 2 == 1  # twenty updates a second make a crowd of every second, too fast for that
    moving = MovingList(seed, rows=1 + dice.randrange(120), crowd=crowd, pace=pace, restless=restless)
    cursor, held = TicketCursor(), {}
    for _ in range(4):
        cursor = read_pass(moving, cursor, held, updates=dice.choice((0, 0.2, 1)))
        moving.live(dice.choice((0, 3)))
    moving.clock += 10
    cursor = read_pass(moving, cursor, held, updates=0)
    assert held == {number: moving.versions[number] for number in moving.rows}


@pytest.mark.parametrize("seed", range(8))
def test_a_crowded_second_that_empties_while_it_is_walked_loses_nothing(seed: int) -> None:
    moving = MovingList(seed, rows=0, crowd=60, pace=0.3)
    cursor, held = TicketCursor(), {}
    for _ in range(3):
        cursor = read_pass(moving, cursor, held, updates=1)
    moving.clock += 10
    read_pass(moving, cursor, held, updates=0)
    assert held == {number: moving.versions[number] for number in moving.rows}


def test_page_numbers_over_the_same_list_do_lose_rows() -> None:
    """The check above can fail: the usual way of paging does not pass it."""
    lost = 0
    for seed in range(20):
        moving = MovingList(seed, rows=100, crowd=0, pace=1)
        seen: set[int] = set()
        since = TicketCursor(since=START - timedelta(days=1))
        page = 1
        while rows := moving.page(since.model_copy(update={"page": page})):
            seen |= {row.id for row in rows if moving.rows[row.id] == row.updated_at.timestamp()}
            moving.live(1)
            page += 1
        lost += len([number for number, at in moving.rows.items() if number not in seen and at < START.timestamp()])
    assert lost > 0


def test_a_list_longer_than_its_three_hundred_pages_is_read_to_its_end() -> None:
    moving = MovingList(3, rows=PER_PAGE * (PAGES_MOST + 20), crowd=0, pace=1)
    held: dict[int, int] = {}
    read_pass(moving, TicketCursor(), held, updates=0)
    assert moving.calls > PAGES_MOST
    assert held == moving.versions


def test_a_quiet_crowd_costs_two_rounds_and_is_left_behind_after_an_hour() -> None:
    moving = MovingList(1, rows=0, crowd=60, pace=0)
    moving.clock += 3600 * 2
    cursor = read_pass(moving, TicketCursor(), {}, updates=0)
    rounds = 2 * (60 // PER_PAGE + 1)
    assert moving.calls <= rounds + 3
    moving.calls = 0
    handed: dict[int, int] = {}
    read_pass(moving, cursor, handed, updates=0)
    assert (moving.calls, handed) == (1, {})


@pytest.mark.parametrize("seed", range(20))
def test_a_crowd_in_another_order_at_every_call_is_met_whole_and_the_walk_ends(seed: int) -> None:
    moving = MovingList(seed, rows=0, crowd=63, pace=0, restless=True)
    held: dict[int, int] = {}
    read_pass(moving, TicketCursor(), held, updates=0)
    assert held == dict(moving.versions)
    assert moving.calls < 40 * (63 // PER_PAGE + 1)


def test_a_row_that_left_does_not_stand_for_one_that_was_not_met() -> None:
    """Three rounds of one number: of the first nobody knows who left during it."""
    at = START - timedelta(hours=1)

    def pages(cursor: TicketCursor, *numbers: list[int]) -> TicketCursor:
        for page in numbers:
            cursor, _ = next_cursor(cursor, [Row(number, at) for number in page], now=START, per_page=PER_PAGE)
        return cursor

    cursor = pages(TicketCursor(since=at, floor=at), [1, 2, 3, 4, 5], [7])  # 1 left, 6 slipped
    assert cursor.since == at
    cursor = pages(cursor, [2, 3, 4, 5, 7], [2])  # in another order 6 is not met again
    assert cursor.since == at, "six rows, and six were met, but one of them is not there any more"
    cursor = pages(cursor, [2, 3, 4, 5, 6], [7])
    assert cursor.since == at and cursor.round == walk.Round(), "all six are met, but of 6 only the number: it is read in full"
    cursor = pages(cursor, [2, 3, 4, 5, 6], [7])
    assert cursor.since > at


def test_a_cursor_of_an_older_release_in_a_crowd_is_read_on() -> None:
    old = TicketCursor(since=START, page=3).model_dump(mode="json") | {"round": {"count": 10, "mark": 7}, "before": {"count": 12, "mark": 5}}
    assert TicketCursor.model_validate(old).round == walk.Round(count=10)


def test_the_round_that_confirms_a_crowd_asks_for_numbers_only() -> None:
    moving = MovingList(1, rows=0, crowd=60, pace=0)
    moving.clock += 3600 * 2
    cursor, more, kinds = TicketCursor(), True, []
    while more:
        kinds.append(None if cursor.round is None else cursor.round.light)
        cursor, more = next_cursor(cursor, moving.page(cursor), now=moving.now(), per_page=PER_PAGE)
    crowd = [one for one in kinds if one is not None]
    full, light = crowd.count(False), crowd.count(True)
    assert crowd == [False] * full + [True] * light and light == 60 // PER_PAGE + 1


def test_a_round_of_numbers_hands_nothing_over() -> None:
    """Read in full while its second still ran, met by number later: it may have changed again between the two."""
    rows = [Row(number, START) for number in range(PER_PAGE)]
    cursor, _ = next_cursor(TicketCursor(since=START, floor=START), rows, now=START, per_page=PER_PAGE)
    cursor, _ = next_cursor(cursor, [], now=START, per_page=PER_PAGE)
    assert cursor.round == walk.Round(light=True)
    cursor, _ = next_cursor(cursor, rows, now=START + timedelta(minutes=1), per_page=PER_PAGE)
    assert not any(walk.is_known(cursor, row) for row in rows)


def test_a_second_change_within_the_second_that_was_read_is_read_again() -> None:
    row = Row(1, START)
    cursor, more = next_cursor(TicketCursor(), [row], now=START, per_page=PER_PAGE)
    assert not more
    assert not walk.is_known(cursor, row)
    later, _ = next_cursor(cursor, [row], now=START + timedelta(seconds=2), per_page=PER_PAGE)
    assert walk.is_known(later, row)


def test_the_cursor_never_goes_back_behind_where_its_pass_began() -> None:
    begun = START - timedelta(seconds=30)
    cursor = TicketCursor(since=begun, floor=begun, polling=True)
    following, _ = next_cursor(cursor, [Row(1, START)], now=START, per_page=PER_PAGE)
    assert following.since == begun


def test_a_pass_ends_with_an_overlap_before_its_newest_row() -> None:
    following, more = next_cursor(TicketCursor(), [Row(1, START)], now=START + timedelta(minutes=1), per_page=PER_PAGE)
    assert (following.since, following.polling, more) == (START - walk.OVERLAP, True, False)
