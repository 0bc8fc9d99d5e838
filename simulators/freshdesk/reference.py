"""Small lists beside tickets and articles (contract 2.3): most are for admins, some need a call for each folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulators.clock import stamp
from simulators.freshdesk import brands, companies, ratings, timesheet
from simulators.freshdesk.replies import Reply, forbidden, missing, window
from simulators.freshdesk.tickets import found
from simulators.freshdesk.world import World
from simulators.web import Request

Json = dict[str, Any]
_ROLES = ("Account Administrator", "Agent", "Supervisor")
_CANNED = {
    "General": ("Greeting", "Hello {{ticket.requester.firstname}}, thank you for writing to us."),
    "Closing": ("Goodbye", "We close this case now. See {{ticket.url}} if you want to read it again."),
    "Team": ("Refund", "Dear {{ticket.requester.name}}, your refund of {{ticket.cf_amount}} is on its way."),
    "Mine": ("Private joke", "Nobody but me reads this, {{ticket.agent.name}}."),
}
_FOR = {"Team": 2, "Mine": 1}  # folder -> visibility; 0: all agents
_BASE = 77_000_000_000


def _born(world: World) -> Json:
    born = stamp(world.profile.groups[0].created_at)
    return {"created_at": born, "updated_at": born}


def _admin(world: World) -> None:
    if not world.switches.admin_key:
        raise forbidden()


def _roles(world: World) -> list[Json]:
    return [
        {"id": _BASE + number, "name": name, "description": name, "default": True} | _born(world)
        for number, name in enumerate(_ROLES, 1)
    ]


def roles(world: World, request: Request) -> Reply:
    """GET /roles"""
    _admin(world)
    return window(request).cut(_roles(world))


def role(world: World, request: Request, role_id: int) -> Reply:
    """GET /roles/{id}"""
    _admin(world)
    row = next((row for row in _roles(world) if row["id"] == role_id), None)
    if row is None:
        raise missing()
    return Reply(row)


def products(world: World, request: Request) -> Reply:
    """GET /products: admins only, and on plans that have them. Nothing says which portal is whose."""
    _admin(world)
    if not world.switches.products:
        raise forbidden("require_feature")
    rows = [{"id": number, "name": name, "description": None} | _born(world) for number, name in brands.products(world).items()]
    return window(request).cut(rows)


def email_configs(world: World, request: Request) -> Reply:
    """GET /email_configs"""
    _admin(world)
    row = {
        "id": _BASE + 201, "name": world.profile.name, "product_id": None, "group_id": None, "primary_role": True,
        "to_email": f"{world.profile.key}@{world.profile.key}.freshdesk.example", "active": True,
        "reply_email": f"support@{world.profile.key}.example",
    }  # fmt: skip
    return window(request).cut([row | _born(world)])


def business_hours(world: World, request: Request) -> Reply:
    """GET /business_hours"""
    days = {day: {"start_time": "8:00 am", "end_time": "5:00 pm"} for day in ("monday", "tuesday", "wednesday")}
    row = {
        "id": _BASE + 301, "name": "Default", "description": "", "is_default": True, "time_zone": "UTC",
        "business_hours": days,
    }  # fmt: skip
    return window(request).cut([row | _born(world)])


def canned_folders(world: World, request: Request) -> Reply:
    """GET /canned_response_folders: admins only, one more call for each."""
    _admin(world)
    rows = [
        {"id": _BASE + 400 + number, "name": name, "personal": name == "Mine", "responses_count": 1} | _born(world)
        for number, name in enumerate(_CANNED)
    ]
    return window(request).cut(rows)


def canned_responses(world: World, request: Request, folder_id: int) -> Reply:
    """GET /canned_response_folders/{id}/responses"""
    _admin(world)
    number = folder_id - _BASE - 400
    if not 0 <= number < len(_CANNED):
        raise missing()
    return window(request).cut([_canned(world, number)])


def canned_response(world: World, request: Request, response_id: int) -> Reply:
    """GET /canned_responses/{id}"""
    _admin(world)
    number = response_id - _BASE - 500
    if not 0 <= number < len(_CANNED):
        raise missing()
    return Reply(_canned(world, number))


def _canned(world: World, number: int) -> Json:
    (title, text), folder = list(_CANNED.values())[number], list(_CANNED)[number]
    text = world.canned.get(folder, text)
    group = [world.profile.groups[0].id] if folder == "Team" else []
    told = {"group_ids": group, "visibility": _FOR.get(folder, 0)} if world.switches.canned_visibility else {}
    return {
        "id": _BASE + 500 + number, "title": title, "folder_id": _BASE + 400 + number, "content": text,
        "content_html": f"<div>{text}</div>", "attachments": [],
    } | told | _born(world)  # fmt: skip


def nothing(world: World, request: Request) -> Reply:
    """Lists that are empty in this account: surveys."""
    return window(request).cut([])


def nothing_of(world: World, request: Request, ticket_id: int) -> Reply:
    """The same below a ticket, which must be there."""
    found(world, ticket_id, archived=False)
    return nothing(world, request)


PATHS: tuple[tuple[str, Callable[..., Reply]], ...] = (
    ("/roles", roles),
    ("/roles/{role_id}", role),
    ("/products", products),
    ("/email_configs", email_configs),
    ("/business_hours", business_hours),
    ("/canned_response_folders", canned_folders),
    ("/canned_response_folders/{folder_id}/responses", canned_responses),
    ("/canned_responses/{response_id}", canned_response),
    ("/companies", companies.listed),
    ("/time_entries", timesheet.listed),
    ("/surveys", nothing),
    ("/surveys/satisfaction_ratings", ratings.listed),
    ("/tickets/{ticket_id}/time_entries", timesheet.of_ticket),
    ("/tickets/{ticket_id}/satisfaction_ratings", ratings.of_ticket),
    ("/tickets/{ticket_id}/watchers", nothing_of),
)
