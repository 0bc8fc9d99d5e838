"""How much of the helpdesks' tickets and articles a person may read: a plain value that every question about tickets carries.

Who has which reach is said in platforms.reach; both the database and the vector engine filter by it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Reach:
    """Of the connections in `limited`, the tickets of `groups` and those assigned to `agents`; of all others, everything.

    `met`: None reads every article. Else (connection, criteria of it that the person meets) of those where that is known:
    articles whose readers are told are read there by who meets one of theirs and none that bars, elsewhere by nobody.
    Ids are ours and ascending, so that equal reaches are equal. `Reach()` is everything.
    """

    limited: tuple[UUID, ...] = ()
    groups: tuple[UUID, ...] = ()
    agents: tuple[UUID, ...] = ()
    met: tuple[tuple[UUID, tuple[str, ...]], ...] | None = None

    @property
    def everything(self) -> bool:
        return not self.limited and self.met is None

    @property
    def key(self) -> list[str]:
        """For the key of whatever is kept of an answer: two people with one key may read the same."""
        met = "" if self.met is None else repr([(str(home), ids) for home, ids in self.met])
        return [*(" ".join(map(str, ids)) for ids in (self.limited, self.groups, self.agents)), met]

    def holds(self, connection: UUID, group: UUID | None, agent: UUID | None) -> bool:
        """Whether a ticket of this connection, group and agent may be read."""
        return connection not in self.limited or group in self.groups or agent in self.agents

    def reads(self, connection: UUID, readers: Collection[str], barred: Collection[str]) -> bool:
        """Whether an article of this connection may be read: `readers` and `barred` are criteria, none: nobody is asked."""
        if self.met is None or not (readers or barred):
            return True
        met = dict(self.met).get(connection)
        return met is not None and (not readers or not set(readers).isdisjoint(met)) and set(barred).isdisjoint(met)


ALL_TICKETS = Reach()
