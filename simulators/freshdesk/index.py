"""The lists of an account: ticket ids by updated_at, a list for each feed, as late as the account's replicas are."""

from __future__ import annotations

import random
from array import array
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from simulators.freshdesk.records import Feed, Stamp, Ticket

_ODD, _BITS = 0x9E3779B1, 32
_INVERSE: int = pow(_ODD, -1, 2**_BITS)
_LOW: int = 2**_BITS - 1


class TimeIndex:
    """Ticket ids by updated_at; ids of one second stand in an arbitrary but stable order."""

    def __init__(self, rows: Iterable[tuple[int, int]]) -> None:
        self._keys = array("q", sorted(_key(ticket_id, at) for ticket_id, at in rows))

    def add(self, ticket_id: int, at: int) -> None:
        insort(self._keys, _key(ticket_id, at))

    def drop(self, ticket_id: int, at: int) -> None:
        place = bisect_left(self._keys, _key(ticket_id, at))
        assert self._keys[place] == _key(ticket_id, at)
        self._keys.pop(place)

    def start(self, since: int) -> int:
        """The place of the first row of this second or later."""
        return bisect_left(self._keys, since << _BITS)

    def ids(self, start: int, stop: int) -> list[int]:
        return [_id(key) for key in self._keys[start:stop]]

    def shuffled(self, start: int, salt: int) -> list[int]:
        """Ids from `start` on, in order of seconds, those of one second as the salt will have it."""
        dice = random.Random(salt)
        return [_id(key) for _, _, key in sorted((key >> _BITS, dice.random(), key) for key in self._keys[start:])]

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[int]:
        return map(_id, self._keys)


def _key(ticket_id: int, at: int) -> int:
    return at << _BITS | ticket_id * _ODD & _LOW


def _id(key: int) -> int:
    return (key & _LOW) * _INVERSE & _LOW


@dataclass(slots=True)
class Lists:
    """An index for each feed. With a lag they show for that many seconds what was true before a change."""

    feeds: dict[Feed, TimeIndex]
    shown: dict[int, Ticket | None] = field(default_factory=dict)  # what a lagging list still shows; None: nothing
    waiting: deque[tuple[float, int]] = field(default_factory=deque)

    @classmethod
    def of(cls, stamps: Iterable[Stamp]) -> Lists:
        rows: dict[Feed, list[tuple[int, int]]] = {"live": [], "spam": [], "deleted": [], "archived": []}
        for stamp in stamps:
            rows[stamp.feed].append((stamp.id, stamp.updated_at))
        return cls({feed: TimeIndex(found) for feed, found in rows.items()})

    def leave(self, ticket: Ticket, now: float, lag: float) -> None:
        """The ticket is about to move."""
        if ticket.id in self.shown:
            return
        if lag > 0:
            self.shown[ticket.id] = replace(ticket, tags=list(ticket.tags))
            self.waiting.append((now + lag, ticket.id))
        else:
            self.feeds[ticket.feed].drop(ticket.id, ticket.updated_at)

    def enter(self, ticket: Ticket, now: float, lag: float, *, new: bool = False) -> None:
        """It has moved, or is new."""
        if new and lag > 0:
            self.shown[ticket.id] = None
            self.waiting.append((now + lag, ticket.id))
        elif ticket.id not in self.shown:
            self.feeds[ticket.feed].add(ticket.id, ticket.updated_at)

    def remove(self, ticket: Ticket) -> None:
        """Gone for good, without a lag."""
        self.waiting = deque(row for row in self.waiting if row[1] != ticket.id)
        old = self.shown.pop(ticket.id, ticket)
        if old is not None:
            self.feeds[old.feed].drop(old.id, old.updated_at)

    def catch_up(self, now: float) -> list[int]:
        """Ids of what the lists must learn by now. The caller puts the tickets in."""
        due = []
        while self.waiting and self.waiting[0][0] <= now:
            ticket_id = self.waiting.popleft()[1]
            old = self.shown.pop(ticket_id)
            if old is not None:
                self.feeds[old.feed].drop(old.id, old.updated_at)
            due.append(ticket_id)
        return due

    def __len__(self) -> int:
        return sum(len(index) for index in self.feeds.values())
