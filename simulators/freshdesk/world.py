"""The state of one simulated account: what came with it and what has happened since."""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import replace

from simulators.freshdesk.clock import Clock
from simulators.freshdesk.records import Article, Contact, Entry, Feed, Origin, Ticket, entry_id

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

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[int]:
        return map(_id, self._keys)


def _key(ticket_id: int, at: int) -> int:
    return at << _BITS | ticket_id * _ODD & _LOW


def _id(key: int) -> int:
    return (key & _LOW) * _INVERSE & _LOW


class World:
    """Tickets are made by the origin until somebody changes them; then the changed one is kept here."""

    def __init__(self, origin: Origin, clock: Clock) -> None:
        self.origin = origin
        self.clock = clock
        self.profile = origin.profile
        self.articles: dict[int, Article] = {
            article.id: replace(article, texts=dict(article.texts)) for article in origin.profile.articles
        }
        self.archived_in_list = False  # whether the list still shows archived tickets is unknown (contract 8)
        self.mails: list[dict[str, object]] = []  # every reply that would have reached a customer
        self._changed: dict[int, Ticket] = {}
        self._threads: dict[int, list[Entry]] = {}
        self._numbers: dict[int, int] = {}  # entries a changed ticket ever had
        self._gone: set[int] = set()
        rows: dict[Feed, list[tuple[int, int]]] = {"live": [], "spam": [], "deleted": [], "archived": []}
        self._top = 0
        for stamp in origin.stamps():
            rows[stamp.feed].append((stamp.id, stamp.updated_at))
            self._top = max(self._top, stamp.id)
        self.index: dict[Feed, TimeIndex] = {feed: TimeIndex(found) for feed, found in rows.items()}

    def ticket(self, ticket_id: int) -> Ticket | None:
        """The ticket as it is now, or None when it never was or is gone for good. Change it by `edit` only."""
        if ticket_id in self._gone or not 1 <= ticket_id <= self._top:
            return None
        return self._changed.get(ticket_id) or self.origin.ticket(ticket_id)

    def entries(self, ticket_id: int) -> list[Entry]:
        """The thread as it is now, oldest first."""
        found = self._threads.get(ticket_id)
        return self.origin.entries(ticket_id) if found is None else found

    def contact(self, contact_id: int) -> Contact | None:
        return self.origin.contact(contact_id)

    def ids(self) -> Iterator[int]:
        """Every ticket there is, by number."""
        return (number for number in range(1, self._top + 1) if number not in self._gone)

    def edit(self, ticket_id: int) -> Ticket:
        """A ticket to be changed in place. Raises KeyError when there is none."""
        if ticket_id not in self._changed:
            ticket = self.ticket(ticket_id)
            if ticket is None:
                raise KeyError(ticket_id)
            self._changed[ticket_id] = replace(ticket, tags=list(ticket.tags))
            self._threads[ticket_id] = [replace(entry) for entry in self.origin.entries(ticket_id)]
            self._numbers[ticket_id] = len(self._threads[ticket_id])
        return self._changed[ticket_id]

    def thread(self, ticket_id: int) -> list[Entry]:
        """The thread to be changed in place. Raises KeyError when there is no such ticket."""
        self.edit(ticket_id)
        return self._threads[ticket_id]

    def new_entry_id(self, ticket_id: int) -> int:
        self.edit(ticket_id)
        self._numbers[ticket_id] += 1
        return entry_id(ticket_id, self._numbers[ticket_id])

    def move(self, ticket_id: int, *, feed: Feed | None = None, at: int | None = None) -> Ticket:
        """Set updated_at (default: now) and the feed, and put the ticket where the lists will show it."""
        ticket = self.edit(ticket_id)
        self.index[ticket.feed].drop(ticket.id, ticket.updated_at)
        ticket.updated_at = self.clock.second() if at is None else at
        ticket.feed = feed or ticket.feed
        self.index[ticket.feed].add(ticket.id, ticket.updated_at)
        return ticket

    def destroy(self, ticket_id: int) -> None:
        """Gone for good: no list, no view, no archive."""
        ticket = self.edit(ticket_id)
        self.index[ticket.feed].drop(ticket.id, ticket.updated_at)
        self._gone.add(ticket_id)
        del self._changed[ticket_id], self._threads[ticket_id]

    def create(self, ticket: Ticket) -> Ticket:
        """A new ticket with the next number."""
        self._top += 1
        made = replace(ticket, id=self._top)
        self._changed[made.id], self._threads[made.id], self._numbers[made.id] = made, [], 0
        self.index[made.feed].add(made.id, made.updated_at)
        return made

    def listed(self, feed: Feed, since: int | None, start: int, count: int, *, ascending: bool) -> list[int]:
        """`count` ids by updated_at from the `start`-th on: the list's fast path."""
        index = self.index[feed]
        first = index.start(since) if since is not None else 0
        if ascending:
            return index.ids(first + start, first + start + count)
        last = len(index) - start
        return index.ids(max(first, last - count), max(first, last))[::-1]

    def in_feed(self, feed: Feed) -> Iterator[int]:
        """All ids of a feed in the order of the index; the archive comes with live when the switch says so."""
        yield from self.index[feed]
        if feed == "live" and self.archived_in_list:
            yield from self.index["archived"]

    def at_places(self, feed: Feed, places: Iterable[int]) -> list[int]:
        """The tickets at these places of a feed, each once; places wrap round."""
        index = self.index[feed]
        inside = {at % len(index) for at in places} if len(index) else set()
        return [index.ids(at, at + 1)[0] for at in sorted(inside)]
