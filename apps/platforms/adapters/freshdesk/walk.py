"""The keyset walk over a list that moves while it is read (contract 2.9): always page 1, the key moves.

A page is the first of `updated_since = key, order_by = updated_at, asc`. What is updated meanwhile moves to
the end of the list and is met there; nothing can shift under us. Only a second that fills a whole page has to
be paged by number. Its rows may leave it while we page (an update moves them on) and let others slip over a
page border, and those of one second may stand in another order at every call. How many they are is known all the
same: a round of pages reads as many rows as the second holds at its end, some of them twice when others slipped.
So rounds are repeated until those since a round of the same number have met as many different rows: none had left
meanwhile, and as many as there are were met. With an order that stays this takes two rounds, and the second asks for
numbers only: every row it meets was handed over by the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime, ConfigDict

from apps.platforms.base import Cursor, StatusData, TicketFeed

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)  # without updated_since only the last 30 days come
OVERLAP = timedelta(minutes=3)  # rows may become visible late, and not in the order of their times
SETTLED = timedelta(hours=1)  # nothing new for this long: the last second needs no second look
FRESH = timedelta(seconds=2)  # a row may change again within the second it shows
KNOWN_MOST = 300
WAITING_PAGES = 10  # of each end of the list by status: of more that waits, nobody knows what is of use first
WINDOWS = (timedelta(days=365), None)  # of the past, newest first: a page of each may be read for little; None: all the rest
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Row:
    """What the walk must know of a listed ticket."""

    id: int
    updated_at: datetime


class Round(Cursor):
    """Rows read of a crowded second: how many, and which.

    A light round asks for numbers and times only: it can say that rows handed over before are all there are.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")  # cursors stored by older releases say more

    count: int = 0
    ids: tuple[int, ...] = ()
    light: bool = False

    def meet(self, rows: Sequence[Row]) -> Round:
        met = {"count": self.count + len(rows), "ids": _union(self.ids, [row.id for row in rows])}
        return self.model_copy(update=met)


class TicketCursor(Cursor):
    """Where to read on in one feed. A pass is one walk from `floor` to the end of the list."""

    feed: TicketFeed = "live"
    since: AwareDatetime = BEGINNING
    page: int = 1
    floor: AwareDatetime = BEGINNING  # `since` when the pass began: the cursor never goes back behind it
    started: AwareDatetime | None = None  # the server's clock at the first call of the pass
    newest: AwareDatetime | None = None  # latest updated_at met in the pass
    polling: bool = False  # a pass was completed before: most calls will bring nothing new
    known: tuple[tuple[int, int], ...] = ()  # (id, unix second) of rows of the overlap that are settled
    round: Round | None = None  # of the crowded second being walked
    before: Round | None = None  # how many the round before it read, and the rows met since there were so many
    handed: tuple[int, ...] = ()  # of that second, by its full rounds
    until: AwareDatetime | None = None  # of a walk over the past: the window [floor, until) is read, then an older one
    older: tuple[AwareDatetime, ...] = ()  # where the windows after this one begin, newest first
    waiting: Literal["", "asc", "desc"] = ""  # before the first window: what waits for an agent, in this order of status
    statuses: tuple[StatusData, ...] = ()  # the account's, kept here because an adapter lives for one page
    statuses_at: AwareDatetime | None = None
    apart: bool | None = None  # the customers can be listed by themselves; None: not asked yet


def next_cursor(
    cursor: TicketCursor, rows: Sequence[Row], *, now: datetime, per_page: int
) -> tuple[TicketCursor, bool]:
    """Where to read on after this page, and whether to go on at once. `now` is the server's time of the answer.

    Everything at or behind the returned cursor's key has been handed over, or will be again.
    """
    following, more = _next_in_list(cursor, rows, now=now, per_page=per_page)
    if cursor.until is None or (more and following.since < cursor.until):
        return following, more
    return _older_window(cursor)


def history(before: datetime) -> TicketCursor:
    """The past before that moment, in windows from new to old: what is met behind a window's end is somebody else's.

    Before them all that waits for an agent, of whatever age, by pages that may miss some: the windows bring those too.
    """
    begins = tuple([before - window if window else BEGINNING for window in WINDOWS])
    return TicketCursor(since=begins[0], floor=begins[0], until=before, older=begins[1:], waiting="asc")


def next_waiting(cursor: TicketCursor, *, on: bool, others: bool) -> TicketCursor:
    """The walk over what waits, after a page. `on`: there is more in this order; `others`: some wait at its other end."""
    if on and cursor.page < WAITING_PAGES:
        return cursor.model_copy(update={"page": cursor.page + 1})
    other_end: Literal["", "desc"] = "desc" if cursor.waiting == "asc" and others else ""
    return cursor.model_copy(update={"page": 1, "waiting": other_end})


def _older_window(cursor: TicketCursor) -> tuple[TicketCursor, bool]:
    kept = {
        "until": cursor.floor, "statuses": cursor.statuses, "statuses_at": cursor.statuses_at, "apart": cursor.apart,
    }  # fmt: skip
    if not cursor.older:
        return TicketCursor(since=cursor.floor, floor=cursor.floor).model_copy(update=kept), False
    begin, *rest = cursor.older
    return TicketCursor(since=begin, floor=begin, older=tuple(rest)).model_copy(update=kept), True


def _next_in_list(
    cursor: TicketCursor, rows: Sequence[Row], *, now: datetime, per_page: int
) -> tuple[TicketCursor, bool]:
    light = cursor.round is not None and cursor.round.light
    cursor = _met(cursor, rows, now, handed=not light)
    full = len(rows) >= per_page
    if cursor.round is not None:
        return _crowded(cursor, rows, full)
    if not full:
        return _done(cursor), False
    last = max(row.updated_at for row in rows)
    if last > cursor.since:
        return cursor.model_copy(update={"since": last}), True
    return _crowded(cursor.model_copy(update={"round": Round()}), rows, full)


def _met(cursor: TicketCursor, rows: Sequence[Row], now: datetime, *, handed: bool) -> TicketCursor:
    newest = max([row.updated_at for row in rows] + ([cursor.newest] if cursor.newest else []), default=None)
    started = cursor.started or now
    known = dict(cursor.known)
    for row in rows if handed else ():
        if row.updated_at <= now - FRESH:
            known[row.id] = _unix(row.updated_at)
        else:
            known.pop(row.id, None)
    border = _unix((newest or started) - OVERLAP)
    kept = sorted(((key, at) for key, at in known.items() if at >= border), key=lambda pair: (pair[1], pair[0]))
    return cursor.model_copy(update={"newest": newest, "started": started, "known": tuple(kept[-KNOWN_MOST:])})


def _crowded(cursor: TicketCursor, rows: Sequence[Row], full: bool) -> tuple[TicketCursor, bool]:
    """One page of the numbered walk; its round ends at a later row or at the end of the list."""
    here = [row for row in rows if row.updated_at <= cursor.since]
    current = (cursor.round or Round()).meet(here)
    if full and len(here) == len(rows):
        return cursor.model_copy(update={"round": current, "page": cursor.page + 1}), True
    handed = cursor.handed if current.light else _union(cursor.handed, current.ids)
    met: tuple[int, ...] = ()
    if cursor.before is not None and cursor.before.count == current.count:
        met = _union(cursor.before.ids, current.ids)
    unread = not set(handed).issuperset((*met, *current.ids))
    if current.count and (unread or len(met) != current.count):
        before = Round(count=current.count, ids=met if len(met) <= current.count else ())
        again = Round(light=not unread and len(handed) >= current.count)
        return cursor.model_copy(update={"round": again, "before": before, "handed": handed, "page": 1}), True
    past = {"since": cursor.since + _SECOND, "page": 1, "round": None, "before": None, "handed": ()}
    return cursor.model_copy(update=past), True


def _done(cursor: TicketCursor) -> TicketCursor:
    """The pass is complete: the next one begins a little before the newest row, or before this pass began."""
    started = cursor.started or cursor.since
    since = cursor.floor
    if cursor.newest is not None:
        settled = started - cursor.newest > SETTLED
        since = cursor.newest + _SECOND if settled else min(cursor.newest, started) - OVERLAP
        since = max(since, cursor.floor)
    fresh = TicketCursor(feed=cursor.feed, since=since, floor=since, polling=True, known=cursor.known)
    return fresh.model_copy(update={"statuses": cursor.statuses, "statuses_at": cursor.statuses_at})


def is_known(cursor: TicketCursor, row: Row) -> bool:
    """Whether this very version of the row was handed over before."""
    return (row.id, _unix(row.updated_at)) in cursor.known


def _union(some: tuple[int, ...], more: Sequence[int]) -> tuple[int, ...]:
    return tuple(dict.fromkeys((*some, *more)))


def _unix(moment: datetime) -> int:
    return int(moment.timestamp())
