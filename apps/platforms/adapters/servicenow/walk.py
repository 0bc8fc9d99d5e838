"""Two ways to walk a table whose rows move and are partly hidden (contract 3.2, 3.8): pure, no network.

A page is cut before rows are hidden from us, so a short or empty page says nothing: only X-Total-Count, counted before
that too, says how many rows follow. A page with nothing for us cannot move a key; then the offset moves within it.

Keyset   by sys_id, which never changes: a whole table, whatever happens to it meanwhile.
Window   what changed since a moment, by a time that only grows: inclusive, the rows of the last second are read again. A
         second that fills a page (an import) is walked by sys_id. The next pass begins a little before what was seen or
         before this one began, by the instance's clock, because what is written becomes visible late.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import AwareDatetime

from apps.core.errors import ExternalError
from apps.platforms.adapters.servicenow.query import joined, ordered, stamp
from apps.platforms.base import Cursor

OVERLAP = timedelta(minutes=2)
SETTLED = timedelta(hours=1)  # nothing new for so long: the last second needs no second look
KNOWN_MOST = 3000
END = "~"  # behind every sys_id, compared as bytes
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Row:
    """What a walk must know of a row. `version` differs when the row does."""

    id: str
    at: datetime | None = None
    version: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer said of its query: rows for us, rows there are (None: not counted), rows asked for at most."""

    rows: Sequence[Row]
    total: int | None
    limit: int


class Keyset(Cursor):
    """Rows with a greater id, after `offset` hidden ones. `sure`: so many rows follow at least, as far as was counted."""

    after: str = ""
    offset: int = 0
    sure: int = 0
    done: bool = False

    def query(self, by: str = "sys_id") -> str:
        return joined(f"{by}>{self.after}" if self.after else "", ordered(by))

    def counts(self, limit: int) -> bool:
        """Whether the next page must be counted: only a counted one can be the last."""
        return self.sure <= limit

    def past(self, told: Told) -> Keyset:
        """Where to go on. Raises ExternalError when the answer cannot be one to this query."""
        left = following(told, self.offset, self.sure)
        if not told.rows:
            return self.model_copy(update={"offset": self.offset + told.limit, "sure": max(left, 0), "done": left <= 0})
        ids = [row.id for row in told.rows]
        if ids[-1] <= self.after:
            raise ignored()
        return Keyset(after=ids[-1], sure=max(left, 0), done=left <= 0)


class Window(Cursor):
    """What has `since` or later in its time. `floor`: where the pass began; `crowd`: the ids within the second `since`."""

    since: AwareDatetime
    floor: AwareDatetime
    offset: int = 0
    crowd: Keyset | None = None
    started: AwareDatetime | None = None  # the instance's clock at the first call of the pass
    newest: AwareDatetime | None = None
    known: tuple[tuple[str, int], ...] = ()  # (version, unix second) of rows of the overlap that were handed over

    @classmethod
    def of(cls, since: datetime) -> Window:
        return cls(since=since, floor=since)

    def query(self, field: str) -> str:
        if self.crowd is not None:
            return joined(f"{field}={stamp(self.since)}", self.crowd.query())
        return joined(f"{field}>={stamp(self.since)}", ordered(field, "sys_id"))

    def fresh(self, rows: Sequence[Row]) -> set[str]:
        """Ids of those of which this version was not handed over yet."""
        known = dict(self.known)
        return {row.id for row in rows if _mark(row) not in known}

    def past(self, told: Told, now: datetime) -> tuple[Window, bool]:
        """Where to go on, and whether to go on at once. `now` is the instance's time of the answer."""
        met = self._met(told, now)
        if met.crowd is not None:
            crowd = met.crowd.past(told)
            if not crowd.done:
                return met.model_copy(update={"crowd": crowd}), True
            return met.model_copy(update={"crowd": None, "offset": 0, "since": met.since + _SECOND}), True
        if following(told, self.offset, 0) <= 0:
            return met._done(), False
        if not told.rows:
            return met.model_copy(update={"offset": self.offset + told.limit}), True
        last = told.rows[-1].at
        if last is None or last < self.since:
            raise ignored()
        if last > self.since:
            return met.model_copy(update={"since": last, "offset": 0}), True
        return met.model_copy(update={"crowd": Keyset(), "offset": 0}), True

    def _met(self, told: Told, now: datetime) -> Window:
        started = self.started or now
        times = [row.at for row in told.rows if row.at is not None] + ([self.newest] if self.newest else [])
        newest = max(times, default=None)
        known = dict(self.known) | {_mark(row): _unix(row.at) for row in told.rows if row.at is not None}
        border = _unix(min(newest or started, started) - OVERLAP)
        kept = sorted(((key, at) for key, at in known.items() if at >= border), key=lambda pair: (pair[1], pair[0]))
        return self.model_copy(update={"started": started, "newest": newest, "known": tuple(kept[-KNOWN_MOST:])})

    def _done(self) -> Window:
        started = self.started or self.since
        since = self.floor
        if self.newest is not None:
            settled = started - self.newest > SETTLED
            since = max(self.newest + _SECOND if settled else min(self.newest, started) - OVERLAP, self.floor)
        return Window(since=since, floor=since, known=self.known)


def following(told: Told, offset: int, sure: int) -> int:
    """How many rows follow at least. A page that was not counted is never the last: at least one."""
    if told.total is None:
        return max(sure - told.limit, 1)
    return told.total - offset - told.limit


def ignored() -> ExternalError:
    """Rows that our query excludes: a part of it was dropped. To go on would be to read the table for ever."""
    return ExternalError("the instance gave rows that were not asked for", code="query_ignored")


def _mark(row: Row) -> str:
    return hashlib.sha256(f"{row.id}|{row.at}|{row.version}".encode()).hexdigest()[:12]


def _unix(at: datetime) -> int:
    return int(at.timestamp())
