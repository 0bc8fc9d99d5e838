"""The interface for customer service cases: lists, one, a new one, and its activities (contract 3.3; needs the plugin)."""

from __future__ import annotations

from typing import Any

from simulators.servicenow import answers, tables, times
from simulators.servicenow.setup import INTEGRATION
from simulators.servicenow.shelves import Handle, Row
from simulators.servicenow.world import World
from simulators.web import Request, Response

TABLE = "sn_customerservice_case"
_WHOLE = ("contact", "account", "consumer")  # of these the whole row comes, not its id
_JOURNALS = (("comments", "Additional comments", "transparent"), ("work_notes", "Work notes", "gold"))


def list_cases(world: World, request: Request) -> Response:
    """GET /api/sn_customerservice/case"""
    tables.allow(world, TABLE)
    finder = tables.find(world, TABLE, request.query.get("sysparm_query", ""))
    limit, offset = int(request.query.get("sysparm_limit", "10")), int(request.query.get("sysparm_offset", "0"))
    page = finder.page(offset, limit) if finder else []
    return answers.result([_row(world, one) for one in page if world.visible(TABLE, one)])


def read_case(world: World, request: Request, sys_id: str) -> Response:
    """GET /api/sn_customerservice/case/{id}"""
    tables.allow(world, TABLE)
    return answers.result(_row(world, tables.handle(world, TABLE, sys_id)))


def create_case(world: World, request: Request) -> Response:
    """POST /api/sn_customerservice/case"""
    made = tables.create_row(world, request, TABLE)
    row = next(reversed(world.store(TABLE).rows.values()))
    return answers.result({"sys_id": row["sys_id"], "number": row["number"]}, made.status)


def activities(world: World, request: Request, sys_id: str) -> Response:
    """GET /api/sn_customerservice/case/{id}/activities: newest first."""
    tables.allow(world, TABLE)
    row = tables.handle(world, TABLE, sys_id).row
    me = world.account(INTEGRATION) or {}
    entries = [_entry(world, one) for one in reversed(world.entries(sys_id))]
    return answers.result({
        "display_value": row["number"], "sys_id": sys_id, "short_description": row["short_description"], "number": row["number"],
        "entries": entries, "user_sys_id": me.get("sys_id", ""), "user_full_name": me.get("name", ""), "user_login": INTEGRATION,
        "label": "Case", "table": TABLE,
        "journal_fields": [{"can_read": True, "color": color, "can_write": True, "name": name, "label": label}
                           for name, label, color in _JOURNALS],
        "sys_created_on": row["sys_created_on"], "sys_created_on_adjusted": _adjusted(world, row["sys_created_on"]),
    })  # fmt: skip


def _row(world: World, one: Handle) -> dict[str, Any]:
    row: dict[str, Any] = dict(one.row)
    for name in _WHOLE:
        to = "core_company" if name == "account" else "sys_user"
        row[name] = world.get(to, row[name]) or row[name] if row[name] else ""
    row["case"] = f"{row['short_description']}\u200b{row['number']}"
    return row


def _entry(world: World, one: Row) -> dict[str, Any]:
    person = world.account(one["sys_created_by"]) or {}
    name = person.get("name") or one["sys_created_by"]
    return {
        "sys_created_on_adjusted": _adjusted(world, one["sys_created_on"]), "sys_id": one["sys_id"], "login_name": one["sys_created_by"],
        "user_sys_id": person.get("sys_id", ""), "initials": "".join(word[:1] for word in name.split()[:2]).upper(),
        "sys_created_on": one["sys_created_on"], "contains_code": "true" if "[code]" in one["value"] else "false",
        "field_label": dict((element, label) for element, label, _ in _JOURNALS)[one["element"]], "name": name,
        "value": one["value"], "element": one["element"],
    }  # fmt: skip


def _adjusted(world: World, at: str) -> str:
    return times.shown(at, world.switches.time_zone, "yyyy-MM-dd HH:mm:ss")
