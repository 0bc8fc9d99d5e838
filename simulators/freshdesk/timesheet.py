"""Time that agents of the account spent on tickets: noted by a change, listed by when they did it (contract 2.3)."""

from __future__ import annotations

import random
from typing import Any

from simulators.clock import parse_time, stamp
from simulators.freshdesk.replies import Reply, forbidden, invalid, window
from simulators.freshdesk.tickets import found
from simulators.freshdesk.world import World
from simulators.web import Request

_BASE = 96_000_000_000
_DAYS = 30  # that the list goes back when nobody says how far
_KNOWN = {"executed_after", "executed_before", "company_id", "agent_id", "billable", "page", "per_page"}


def spend(world: World, ticket_id: int, change: dict[str, Any]) -> None:
    """An agent notes `minutes`, `text`, `billable`, `at` (when they did it; default: now), `running`. With `number` (of this
    ticket's, from 1) they correct it."""
    ticket, mine = world.edit(ticket_id), [key for key, row in world.times.items() if row["ticket_id"] == ticket_id]
    now = world.clock.second()
    key = mine[int(change["number"]) - 1] if "number" in change else _BASE + 1 + world.timed
    world.timed += "number" not in change
    held, minutes = world.times.get(key, {}), int(change.get("minutes", 15))
    world.times[key] = {
        "billable": bool(change.get("billable", True)), "note": change.get("text", ""), "id": key,
        "timer_running": bool(change.get("running", False)), "agent_id": change.get("agent", world.profile.agents[0].id),
        "ticket_id": ticket_id, "company_id": ticket.company, "time_spent": f"{minutes // 60:02}:{minutes % 60:02}",
        "executed_at": stamp(int(change["at"])) if "at" in change else held.get("executed_at", stamp(now)),
        "start_time": stamp(now), "created_at": held.get("created_at", stamp(now)), "updated_at": stamp(now),
    }  # fmt: skip


def unspend(world: World, ticket_id: int, change: dict[str, Any]) -> None:
    """What was noted on the ticket is deleted."""
    for key in [key for key, row in world.times.items() if row["ticket_id"] == ticket_id]:
        del world.times[key]


def noted(world: World) -> list[dict[str, Any]]:
    """Those that are there: they go with their ticket for good."""
    return [row for row in world.times.values() if world.ticket(row["ticket_id"]) is not None]


def _seen(world: World, row: dict[str, Any]) -> bool:
    ticket = world.ticket(row["ticket_id"])
    return ticket is not None and world.in_scope(ticket)


def listed(world: World, request: Request) -> Reply:
    """GET /time_entries: newest first, or as it happens."""
    if not world.switches.times_readable:
        raise forbidden("require_feature")
    if unknown := request.query.keys() - _KNOWN:
        raise invalid(min(unknown), "Unexpected/invalid field in request", "invalid_field")
    after = parse_time(request.query.get("executed_after", stamp(world.clock.second() - _DAYS * 86_400) or ""))
    before = parse_time(request.query.get("executed_before", "2100-01-01T00:00:00Z"))
    if after is None or before is None:
        raise invalid("executed_after", "It should be in the 'combined date and time ISO8601' format", "invalid_date")
    rows = [row for row in noted(world) if after < (parse_time(row["executed_at"]) or 0) < before and _seen(world, row)]
    for name in ("company_id", "agent_id", "billable"):
        wanted = request.query.get(name)
        rows = [row for row in rows if wanted is None or str(row[name]).lower() == wanted]
    if world.switches.unstable_ties:
        random.Random(request.query.get("page", "1")).shuffle(rows)
        rows.sort(key=lambda row: str(row["executed_at"]), reverse=True)
    else:
        rows.sort(key=lambda row: (str(row["executed_at"]), row["id"]), reverse=True)
    return window(request).cut(rows)


def of_ticket(world: World, request: Request, ticket_id: int) -> Reply:
    """GET /tickets/{id}/time_entries"""
    found(world, ticket_id, archived=False)
    if not world.switches.times_readable:
        raise forbidden("require_feature")
    return window(request).cut([row for row in noted(world) if row["ticket_id"] == ticket_id])
