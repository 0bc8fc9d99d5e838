"""The state of one simulated account: what came with it and what has happened since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from simulators.clock import Clock
from simulators.freshdesk.index import Lists, TimeIndex
from simulators.freshdesk.jobs import Jobs
from simulators.freshdesk.records import (
    Agent,
    Article,
    Contact,
    Entry,
    Feed,
    Origin,
    Stamp,
    Ticket,
    entry_id,
    ticket_of,
)
from simulators.freshdesk.storage import Storage
from simulators.freshdesk.switches import Switches
from simulators.freshdesk.webhooks import Webhooks

_LAST_MOST = 8


class World:
    """Tickets are made by the origin until somebody changes them; then the changed one is kept here."""

    def __init__(self, origin: Origin, clock: Clock) -> None:
        self.origin = origin
        self.clock = clock
        self.profile = origin.profile
        self.articles: dict[int, Article] = {
            article.id: replace(article, texts=dict(article.texts)) for article in origin.profile.articles
        }
        self.switches = Switches()
        self.storage = Storage(clock)
        self.jobs = Jobs()
        self.brands: dict[int, str] = {}  # products beside the first
        self.canned: dict[str, str] = {}  # words of canned answers that were changed, by folder
        self.portals: dict[int, list[int]] = {}  # of categories that are not in the first one alone
        self.agents: dict[int, Agent] = {row.id: row for row in origin.profile.agents}  # as they are now
        self.mails: list[dict[str, object]] = []  # every reply that would have reached a customer
        self.activities: list[dict[str, Any]] = []  # what was done to tickets since the start, for the export of a day
        self.webhooks = Webhooks(clock)
        self.showing: set[int] = set()  # tickets whose words are in the answer under way
        self.shown: set[int] = set()  # tickets whose words were in an answer that arrived
        self._changed: dict[int, Ticket] = {}
        self._threads: dict[int, list[Entry]] = {}
        self._last: dict[int, list[Entry]] = {}  # threads made lately, because a thread is read page by page
        self._numbers: dict[int, int] = {}  # entries a changed ticket ever had
        self._statuses: dict[int, int] = {}  # of tickets as they were made: all are asked for to be sorted by it
        self._gone: set[int] = set()
        self.people: dict[int, Contact] = {}  # those who changed
        self.companies: dict[int, dict[str, Any]] = {}  # as the API shows them
        self.ratings: dict[int, dict[str, Any]] = {}  # the same
        self.rated = 0  # how many there ever were
        self.times: dict[int, dict[str, Any]] = {}  # time entries, the same
        self.timed = 0
        self._people_gone: set[int] = set()
        self._lists = Lists.of(origin.stamps())
        self.first_top = self._top = max((max(index, default=0) for index in self._lists.feeds.values()), default=0)
        self._calls = 0

    @property
    def archived_in_list(self) -> bool:
        return self.switches.archived_in_list

    @property
    def index(self) -> dict[Feed, TimeIndex]:
        """The lists as they stand now."""
        until = self.clock.now() if self.switches.list_lag else float("inf")
        for ticket_id in self._lists.catch_up(until):
            ticket = self.ticket(ticket_id)
            if ticket is not None:
                self._lists.feeds[ticket.feed].add(ticket.id, ticket.updated_at)
        return self._lists.feeds

    def listed_ticket(self, ticket_id: int) -> Ticket | None:
        """The ticket as the lists show it, which may be late."""
        return self._lists.shown.get(ticket_id) or self.ticket(ticket_id)

    def ticket(self, ticket_id: int) -> Ticket | None:
        """The ticket as it is now, or None when it never was or is gone for good. Change it by `edit` only."""
        if ticket_id in self._gone or not 1 <= ticket_id <= self._top:
            return None
        return self._changed.get(ticket_id) or self.origin.ticket(ticket_id)

    def entries(self, ticket_id: int) -> list[Entry]:
        """The thread as it is now, oldest first."""
        found = self._threads.get(ticket_id)
        if found is None:
            found = self._last.get(ticket_id)
        if found is None:
            if len(self._last) >= _LAST_MOST:
                self._last.pop(next(iter(self._last)))
            found = self._last[ticket_id] = self.origin.entries(ticket_id)
        return found

    def stamp(self, ticket_id: int) -> Stamp | None:
        """What the lists show of it, without making the ticket."""
        row = self._lists.shown.get(ticket_id) or self._changed.get(ticket_id)
        if row is not None:
            return Stamp(row.id, row.created_at, row.updated_at, row.feed)
        return None if ticket_id in self._gone or ticket_id > self.first_top else self.origin.stamp(ticket_id)

    def status(self, ticket_id: int) -> int | None:
        """Its status as the lists show it, without making the ticket again and again."""
        row = self._lists.shown.get(ticket_id) or self._changed.get(ticket_id)
        if row is not None or ticket_id in self._gone or ticket_id > self.first_top:
            return row.status if row is not None else None
        if ticket_id not in self._statuses:
            self._statuses[ticket_id] = self.origin.ticket(ticket_id).status
        return self._statuses[ticket_id]

    def holders(self, entry: int) -> list[int]:
        """The tickets that may hold an entry: the one it was written to, then those that merging gave it to."""
        home = ticket_of(entry)
        others = [one for one, thread in self._threads.items() if any(row.id == entry for row in thread)]
        return [one for one in dict.fromkeys((*others, home)) if self.ticket(one) is not None]

    def contact(self, contact_id: int) -> Contact | None:
        return None if contact_id in self._people_gone else self.people.get(contact_id) or self.origin.contact(contact_id)

    def contacts(self) -> Iterator[Contact]:
        return (self.people.get(row.id, row) for row in self.origin.contacts() if row.id not in self._people_gone)

    def in_scope(self, ticket: Ticket) -> bool:
        """Whether the key may see it."""
        return self.reads(self.owner, ticket)

    @staticmethod
    def reads(agent: Agent, ticket: Ticket) -> bool:
        """Whether the helpdesk shows the ticket to that agent."""
        if agent.scope == 1 or ticket.responder_id == agent.id:
            return True
        return agent.scope == 2 and ticket.group_id in agent.group_ids

    @property
    def owner(self) -> Agent:
        """Whose key is used."""
        return self.agents[self.profile.agents[0].id]

    @property
    def scope(self) -> int:
        """Of the key."""
        return self.owner.scope

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
        return self._changed[ticket_id]

    def thread(self, ticket_id: int) -> list[Entry]:
        """The thread to be changed in place. Raises KeyError when there is no such ticket."""
        self.edit(ticket_id)
        if ticket_id not in self._threads:
            self._threads[ticket_id] = [replace(entry) for entry in self.origin.entries(ticket_id)]
            self._numbers[ticket_id] = len(self._threads[ticket_id])
        return self._threads[ticket_id]

    def new_entry_id(self, ticket_id: int) -> int:
        self.thread(ticket_id)
        self._numbers[ticket_id] += 1
        return entry_id(ticket_id, self._numbers[ticket_id])

    def move(self, ticket_id: int, *, feed: Feed | None = None, at: int | None = None) -> Ticket:
        """Set updated_at (default: now) and the feed, and put the ticket where the lists will show it."""
        ticket, now, lag = self.edit(ticket_id), self.clock.now(), self.switches.list_lag
        _ = self.index
        self._lists.leave(ticket, now, lag)
        ticket.updated_at = self.clock.second() if at is None else at
        ticket.feed = feed or ticket.feed
        self._lists.enter(ticket, now, lag)
        return ticket

    def touch(self, ticket_id: int, *, moves: bool, feed: Feed | None = None) -> Ticket:
        """A change that moves updated_at or, by the switch, does not."""
        return self.move(ticket_id, feed=feed, at=None if moves else self.edit(ticket_id).updated_at)

    def destroy(self, ticket_id: int) -> None:
        """Gone for good: no list, no view, no archive."""
        ticket = self.edit(ticket_id)
        _ = self.index
        self._lists.remove(ticket)
        self._gone.add(ticket_id)
        del self._changed[ticket_id]
        self._threads.pop(ticket_id, None)

    def destroy_contact(self, contact_id: int) -> list[int]:
        """A person is erased with all their tickets. Returns which."""
        theirs = [row.id for row in map(self.ticket, self.ids()) if row and row.requester_id == contact_id]
        for ticket_id in theirs:
            self.destroy(ticket_id)
        self._people_gone.add(contact_id)
        return theirs

    def gone(self) -> list[int]:
        return sorted(self._gone)

    def create(self, ticket: Ticket) -> Ticket:
        """A new ticket with the next number."""
        self._top += 1
        made = replace(ticket, id=self._top)
        self._changed[made.id], self._threads[made.id], self._numbers[made.id] = made, [], 0
        self._lists.enter(made, self.clock.now(), self.switches.list_lag, new=True)
        return made

    def arrive(self, *, whole: bool) -> None:
        """The answer under way has arrived, or was damaged so that nobody can read it."""
        if whole:
            self.shown |= self.showing
        self.showing = set()

    def note(self, ticket_id: int, what: str, **detail: Any) -> None:
        """Something was done to a ticket: the activities file will tell, and a webhook may."""
        at = self.clock.second()
        self.activities.append({"at": at, "ticket_id": ticket_id, "activity": {what: detail or True}})
        self.webhooks.heard(ticket_id, what)

    def listed(self, feed: Feed, since: int | None, start: int, count: int, *, ascending: bool) -> list[int]:
        """`count` ids by updated_at from the `start`-th on: the list's fast path."""
        index = self.index[feed]
        first = index.start(since) if since is not None else 0
        if self.switches.unstable_ties:
            self._calls += 1
            found = index.shuffled(first, self._calls)
            return (found if ascending else found[::-1])[start : start + count]
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
