"""What customers of the account thought of it: given by a change, listed by the time they were given (contract 2.3)."""

from __future__ import annotations

import random
from typing import Any

from simulators.clock import parse_time, stamp
from simulators.freshdesk.records import Ticket
from simulators.freshdesk.replies import Reply, forbidden, invalid, window
from simulators.freshdesk.tickets import found
from simulators.freshdesk.world import World
from simulators.web import Request

_BASE = 91_000_000_000
_DAYS = 30  # that the list goes back when nobody says how far
_KNOWN = {"created_since", "user_id", "page", "per_page"}


def rate(world: World, ticket_id: int, change: dict[str, Any]) -> None:
    """The customer rates: `value` as Freshdesk writes it, `text`, `at` (default: now), `by` somebody else. With `number` (of
    this ticket's, from 1) they think better of it."""
    ticket, mine = world.edit(ticket_id), [key for key, row in world.ratings.items() if row["ticket_id"] == ticket_id]
    at = stamp(int(change.get("at", world.clock.second())))
    key = mine[int(change["number"]) - 1] if "number" in change else _BASE + 1 + world.rated
    world.rated += "number" not in change
    world.ratings[key] = {
        "id": key, "survey_id": _BASE, "user_id": change.get("by", ticket.requester_id), "agent_id": ticket.responder_id,
        "feedback": change.get("text"), "group_id": ticket.group_id, "ticket_id": ticket_id,
        "ratings": {"default_question": int(change.get("value", 103))},
        "created_at": world.ratings.get(key, {}).get("created_at", at), "updated_at": stamp(world.clock.second()),
    }  # fmt: skip


def unrate(world: World, ticket_id: int, change: dict[str, Any]) -> None:
    """An admin takes all ratings of the ticket away."""
    for key in [key for key, row in world.ratings.items() if row["ticket_id"] == ticket_id]:
        del world.ratings[key]


def held(world: World) -> list[dict[str, Any]]:
    """Those that are there: they go with their ticket for good, and with whoever gave them."""
    rows = [row for row in world.ratings.values() if world.ticket(row["ticket_id"]) is not None]
    return [row for row in rows if world.contact(row["user_id"]) is not None]


def _seen(world: World, row: dict[str, Any]) -> bool:
    ticket: Ticket | None = world.ticket(row["ticket_id"])
    hidden = ticket is None or (ticket.feed in ("spam", "deleted") and not world.switches.ratings_of_hidden)
    return ticket is not None and not hidden and world.in_scope(ticket)


def listed(world: World, request: Request) -> Reply:
    """GET /surveys/satisfaction_ratings[?created_since=&user_id=]: newest first, or as it happens."""
    if not world.switches.ratings_readable:
        raise forbidden("require_feature")
    if unknown := request.query.keys() - _KNOWN:
        raise invalid(min(unknown), "Unexpected/invalid field in request", "invalid_field")
    since = parse_time(request.query.get("created_since", stamp(world.clock.second() - _DAYS * 86_400) or ""))
    if since is None:
        raise invalid("created_since", "It should be in the 'combined date and time ISO8601' format", "invalid_date")
    rows = [row for row in held(world) if (parse_time(row["created_at"]) or 0) >= since and _seen(world, row)]
    rows = [row for row in rows if request.query.get("user_id", str(row["user_id"])) == str(row["user_id"])]
    if world.switches.unstable_ties:
        random.Random(request.query.get("page", "1")).shuffle(rows)
        rows.sort(key=lambda row: str(row["created_at"]), reverse=True)
    else:
        rows.sort(key=lambda row: (str(row["created_at"]), row["id"]), reverse=True)
    return window(request).cut(rows)


def of_ticket(world: World, request: Request, ticket_id: int) -> Reply:
    """GET /tickets/{id}/satisfaction_ratings"""
    found(world, ticket_id, archived=False)
    if not world.switches.ratings_readable:
        raise forbidden("require_feature")
    return window(request).cut([row for row in held(world) if row["ticket_id"] == ticket_id])
