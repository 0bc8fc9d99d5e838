"""Companies of the account's customers: made by a change, listed by time of change (contract 2.3)."""

from __future__ import annotations

from typing import Any

from simulators.clock import parse_time, stamp
from simulators.freshdesk.replies import Reply, forbidden, invalid, window
from simulators.freshdesk.world import World
from simulators.web import Request

_BASE = 87_000_000_000
_KNOWN = {"updated_since", "page", "per_page"}


def number_of(company: int) -> int:
    """The id of company number `company`, from 1."""
    return _BASE + company


def change(world: World, asked: dict[str, Any]) -> int:
    """Company number `company` (from 1) gets a `name` and `tickets`; with `name` null it is deleted, and its tickets stay."""
    key, now = number_of(int(asked["company"])), world.clock.second()
    for ticket_id in asked.get("tickets", ()):
        world.move(int(ticket_id)).company = key
    if "name" in asked and asked["name"] is None:
        world.companies.pop(key, None)
    elif "name" in asked:
        born = world.companies.get(key, {}).get("created_at", stamp(now))
        world.companies[key] = {
            "id": key, "name": str(asked["name"]), "description": None, "note": None, "domains": [], "health_score": None,
            "account_tier": None, "renewal_date": None, "industry": None, "custom_fields": {}, "created_at": born,
            "updated_at": stamp(now),
        }  # fmt: skip
    return len(asked.get("tickets", ()))


def listed(world: World, request: Request) -> Reply:
    """GET /companies[?updated_since=]"""
    if not world.switches.companies_readable:
        raise forbidden("require_feature")
    if unknown := request.query.keys() - _KNOWN:
        raise invalid(min(unknown), "Unexpected/invalid field in request", "invalid_field")
    since = parse_time(request.query.get("updated_since", "2000-01-01T00:00:00Z"))
    if since is None:
        raise invalid("updated_since", "It should be in the 'combined date and time ISO8601' format", "invalid_date")
    rows = [row for row in world.companies.values() if (parse_time(row["updated_at"]) or 0) >= since]
    return window(request).cut(sorted(rows, key=lambda row: str(row["name"])))
