"""How much of the helpdesks' tickets a person may read: a plain value that every question about tickets carries.

Who has which reach is said in platforms.reach; both the database and the vector engine filter by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Reach:
    """Of the connections in `limited`, the tickets of `groups` and those assigned to `agents`; of all others, everything.

    Ids are ours and ascending, so that equal reaches are equal. `Reach()` is everything.
    """

    limited: tuple[UUID, ...] = ()
    groups: tuple[UUID, ...] = ()
    agents: tuple[UUID, ...] = ()

    @property
    def everything(self) -> bool:
        return not self.limited

    @property
    def key(self) -> list[str]:
        """For the key of whatever is kept of an answer: two people with one key may read the same."""
        return [" ".join(map(str, ids)) for ids in (self.limited, self.groups, self.agents)]

    def holds(self, connection: UUID, group: UUID | None, agent: UUID | None) -> bool:
        """Whether a ticket of this connection, group and agent may be read."""
        return connection not in self.limited or group in self.groups or agent in self.agents


ALL_TICKETS = Reach()
