"""How tickets hang together: a parent with its children, a tracker with its related ones. A ticket is one of the four."""

from __future__ import annotations

import random
from typing import Any

from simulators.freshdesk.records import Ticket
from simulators.freshdesk.world import World

Change = dict[str, Any]
PARENT, CHILD, TRACKER, RELATED = 1, 2, 3, 4
_ENDS = {"parent": (PARENT, CHILD), "tracker": (TRACKER, RELATED)}
_SEEN = {PARENT: "child", CHILD: "parent", TRACKER: "related", RELATED: "tracker"}  # by what it is: what the others are to it


def link(world: World, change: Change) -> int:
    """Put `tickets` under `into`, or one of two at `random` under the other; `kind` is parent or tracker.

    Raises ValueError for a ticket that is something else already.
    """
    top, below = _ENDS[str(change.get("kind", "parent"))]
    if "random" in change:
        dice = random.Random(change.get("seed", 0))
        found = world.at_places("live", [dice.randrange(2**31) for _ in range(6)])
        free = [one for one in found if (row := world.ticket(one)) and row.association is None][:2]
        if len(free) < 2:
            return 0
        into, others = free[0], free[1:]
    else:
        into, others = int(change["into"]), [int(one) for one in change["tickets"]]
    if world.edit(into).association not in (None, top) or any(world.edit(one).association for one in others):
        raise ValueError(f"a ticket of {change} hangs on something already")
    for one in others:
        row = world.touch(one, moves=world.switches.links_move)
        row.association, row.associated = below, (into,)
    row = world.touch(into, moves=world.switches.links_move)
    row.association, row.associated = top, (*row.associated, *others)
    return 1 + len(others)


def unlink(world: World, ticket_id: int, *, moves: bool | None = None) -> None:
    """A ticket by itself again; whoever has nobody left is by themselves too."""
    moves = world.switches.links_move if moves is None else moves
    row = world.touch(ticket_id, moves=moves)
    others, row.association, row.associated = row.associated, None, ()
    for one in [number for number in others if world.ticket(number) is not None]:
        other = world.touch(one, moves=moves)
        other.associated = tuple(number for number in other.associated if number != ticket_id)
        other.association = other.association if other.associated else None


def payload(world: World, row: Ticket, *, whole: bool) -> dict[str, Any]:
    """The fields of a ticket. Lists say that there are others; its own view says which, or of many how many."""
    if row.association is None or not (whole or world.switches.list_associations):
        return {"association_type": row.association}
    many = row.association in (PARENT, TRACKER) and world.switches.association_counts
    told = {"associated_tickets_count": len(row.associated)} if many else {"associated_tickets_list": list(row.associated)}
    return {"association_type": row.association} | told


def links(row: Ticket) -> list[tuple[str, str]]:
    """(what the other is to it, number), for the truth."""
    return [(_SEEN[row.association], str(one)) for one in row.associated] if row.association else []
