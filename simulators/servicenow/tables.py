"""The Table API: lists, one record, writes (contract 3.2, 3.7)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import orjson

from simulators.servicenow import answers, query
from simulators.servicenow.display import Dress
from simulators.servicenow.find import Finder
from simulators.servicenow.records import row as blank
from simulators.servicenow.schema import JOURNALS, TABLES, TASKS, target
from simulators.servicenow.setup import INTEGRATION
from simulators.servicenow.shelves import Handle, Row, Store
from simulators.servicenow.times import stamp
from simulators.servicenow.world import World
from simulators.web import Request, Response

_DATE = re.compile(r"gs\.dateGenerate\(\s*'(\d{4}-\d{2}-\d{2})'\s*,\s*'(\d{2}:\d{2}:\d{2})'\s*\)")
_PLUGINS = {"sn_customerservice_case": "plugin_cases", "user_criteria": "plugin_criteria"}


def list_rows(world: World, request: Request, table: str) -> Response:
    """GET /table/{table}"""
    allow(world, table)
    asked = request.query
    limit = _whole(asked.get("sysparm_limit", ""), world.switches.max_rows)
    offset = _whole(asked.get("sysparm_offset", ""), 0)
    finder = None if refused_table(world, table) else find(world, table, asked.get("sysparm_query", ""))
    counted = not _on(asked, "no_count")
    page = finder.page(offset, limit) if finder else []
    total = (finder.total() if finder else 0) if counted else None
    shown = [one for one in page if world.visible(table, one)]
    if table in TASKS:
        world.showing.update(one.sys_id for one in shown)
    dress = dressed(world, request)
    names = _names(asked)
    rows = [dress.row(table, one, names) for one in shown]
    if not rows and "/v1/" in request.path:
        raise answers.missing()
    response = cancelled(world, rows) or answers.result(rows)
    if total is not None:
        response.headers["X-Total-Count"] = str(total)
        if not _on(asked, "suppress_pagination_header"):
            response.headers["Link"] = _links(request, offset, limit, total)
    return response


def read_row(world: World, request: Request, table: str, sys_id: str) -> Response:
    """GET /table/{table}/{sys_id}"""
    allow(world, table)
    one = handle(world, table, sys_id)
    return answers.result(dressed(world, request).row(table, one, _names(request.query)))


def handle(world: World, table: str, sys_id: str) -> Handle:
    """The row if it is there and may be seen. Raises Refused with 404."""
    row = None if refused_table(world, table) else world.get(table, sys_id)
    one = world.store(world.home(table, sys_id)).handle(sys_id) if row is not None else None
    if one is None or not world.visible(table, one):
        raise answers.missing()
    return one


def create_row(world: World, request: Request, table: str) -> Response:
    """POST /table/{table}"""
    allow(world, table, write=True)
    values, journals = _written(world, table, body(request), request)
    if table in TASKS:
        now = world.clock.second()
        values = defaults(world, table, now) | values
    row = world.insert(table, values)
    for element, text in journals:
        say(world, table, row["sys_id"], element, text)
    response = answers.result(_shown(world, request, table, row["sys_id"]), 201)
    response.headers["Location"] = f"{_prefix(world, request)}/table/{table}/{row['sys_id']}"
    return _bodiless(request, response)


def change_row(world: World, request: Request, table: str, sys_id: str) -> Response:
    """PATCH or PUT /table/{table}/{sys_id}: journals are appended, "" does not clear a choice."""
    allow(world, table, write=True)
    row = handle(world, table, sys_id).row
    if table == "sn_customerservice_case" and row["state"] == "3" and not world.switches.case_closed_writable:
        raise answers.forbidden()
    values, journals = _written(world, table, body(request), request)
    values = {name: value for name, value in values.items() if row.get(name) != value}
    if values:
        world.change(table, sys_id, values, INTEGRATION)
    for element, text in journals:
        say(world, table, sys_id, element, text)
    return _bodiless(request, answers.result(_shown(world, request, table, sys_id)))


def delete_row(world: World, request: Request, table: str, sys_id: str) -> Response:
    """DELETE /table/{table}/{sys_id}"""
    allow(world, table, write=True)
    handle(world, table, sys_id)
    world.remove(table, sys_id)
    return Response(204, b"", headers={})


def say(world: World, table: str, sys_id: str, element: str, text: str, by: str = INTEGRATION) -> None:
    """A comment or work note; a comment of the desk reaches the customer by mail."""
    entry = world.journal(table, sys_id, element, text, by)
    if element == "comments":
        row = world.get(table, sys_id) or {}
        person = world.get("sys_user", row.get("caller_id") or row.get("contact") or "")
        world.mails.append({
            "table": table, "sys_id": sys_id, "number": row.get("number"), "to": person["email"] if person else "", "text": text,
            "by": by, "entry": entry["sys_id"], "at": entry["sys_created_on"],
        })  # fmt: skip


def find(world: World, table: str, text: str) -> Finder | None:
    """The rows of an encoded query; None: the instance answers a query it does not understand with none."""
    parsed = query.parse(text, lambda name: world.known(table, name), lambda code: _evaluated(world, code))
    if parsed.dropped and world.switches.invalid_query_no_rows:
        return None
    fields = TABLES[table].fields
    if world.store(table).name != table:  # a child in its parent's store
        parsed.groups = [[*group, [query.Condition("sys_class_name", "=", table)]] for group in parsed.groups]
    world.calls += 1

    def numeric(name: str) -> bool:
        return name in fields and fields[name].kind == "integer"

    return Finder(_store(world, table), parsed, lambda one: world.reader(one.store.name if one.store.name in TABLES else table, one),
                  numeric, world.calls)  # fmt: skip


def _store(world: World, table: str) -> Store:
    """A parent's list holds rows of several tables: those are gathered when it is asked for, which is slow as it is."""
    members = world.members(table)
    if len(members) < 2:
        return world.store(table)
    gathered = Store(table)
    for name in members:
        for one in world.stores[name].all():
            gathered.rows[one.sys_id] = one.row
    return gathered


def allow(world: World, table: str, *, write: bool = False) -> None:
    """Raises Refused for a table that is not there, or that the user may not read."""
    plugin = _PLUGINS.get(table)
    if table not in TABLES or (plugin and not getattr(world.switches, plugin)):
        raise answers.refuse(400, f"Invalid table {table}", None)
    barred = table in world.switches.tables_forbidden.split(",")
    barred = barred or (table == "sys_journal_field" and world.switches.journals == "forbidden")
    barred = barred or (table == "sys_audit_delete" and world.switches.audit_delete == "forbidden")
    barred = barred or (table == "sys_properties" and not world.switches.properties_readable)
    if barred and not write:
        raise answers.unreadable()
    if barred or (write and table.startswith("sys_") and table != "sys_attachment"):
        raise answers.forbidden()


def refused_table(world: World, table: str) -> bool:
    """Whether a list is empty though rows exist."""
    switches = world.switches
    return (table == "sys_journal_field" and switches.journals == "empty") or (
        table == "sys_audit_delete" and switches.audit_delete == "empty")  # fmt: skip


def cancelled(world: World, rows: list[Any]) -> Response | None:
    """A transaction that took too long says so in the middle of its answer, with status 200."""
    most, least = world.switches.cancel_after_rows, world.switches.cancel_from_rows
    if not most or len(rows) < max(least, most):
        return None
    if world.switches.cancel_as_result:
        return answers.result(answers.CANCELLED)
    told = {"error": {"message": answers.CANCELLED, "detail": answers.CANCELLED}, "status": "failure"}
    body = orjson.dumps({"result": rows[:most]} | told)
    if world.switches.cancel_broken:  # the array is never closed
        body = orjson.dumps({"result": rows[:most]}).removesuffix(b"]}") + b"," + orjson.dumps(told)
    return Response(200, body, content_type="application/json;charset=UTF-8", headers={})


def dressed(world: World, request: Request) -> Dress:
    mode = request.query.get("sysparm_display_value", "false").lower()
    links = not _on(request.query, "exclude_reference_link")
    return Dress(world, mode if mode in ("true", "all") else "false", links, _prefix(world, request))


def _prefix(world: World, request: Request) -> str:
    host = request.headers.get("host", "localhost")
    base = re.match(r"/api/now(?:/v\d+)?", request.path)
    return f"{world.scheme}://{host}{base[0] if base else '/api/now'}"


def _names(asked: dict[str, str]) -> list[str] | None:
    names = [name.strip() for name in asked.get("sysparm_fields", "").split(",") if name.strip()]
    return list(dict.fromkeys(names)) or None


def _on(asked: dict[str, str], name: str) -> bool:
    return asked.get(f"sysparm_{name}", "").lower() == "true"


def _whole(text: str, default: int) -> int:
    return int(text) if text.isdigit() else default


def _links(request: Request, offset: int, limit: int, total: int) -> str:
    host = request.headers.get("host", "localhost")
    last = max(0, (total - 1) // max(limit, 1) * limit)
    places = {"first": 0, "prev": max(0, offset - limit), "next": offset + limit, "last": last}
    if offset == 0:
        del places["prev"]
    if offset + limit >= total:
        del places["next"]
    found = []
    for name, place in places.items():
        told = urlencode(request.query | {"sysparm_limit": str(limit), "sysparm_offset": str(place)})
        found.append(f'<https://{host}{request.path}?{told}>;rel="{name}"')
    return ",".join(found)


def _evaluated(world: World, code: str) -> str | None:
    """What a script in a query gives: a date is read in the user's zone."""
    found = _DATE.fullmatch(code.strip())
    if found is None:
        return None
    local = datetime.fromisoformat(f"{found[1]} {found[2]}").replace(tzinfo=ZoneInfo(world.switches.time_zone))
    return local.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def body(request: Request) -> dict[str, Any]:
    """One record; of a list the first. Raises Refused."""
    if "json" not in request.headers.get("content-type", ""):
        raise answers.refuse(415, "Unsupported Media Type", "Content-Type header value is not supported")
    try:
        body = request.json()
    except ValueError:
        raise answers.refuse(400, "Exception while reading request", "The payload is not valid JSON.") from None
    body = body[0] if isinstance(body, list) and body else body
    if not isinstance(body, dict):
        raise answers.refuse(400, "Exception while reading request", "The payload is not valid JSON.")
    return body


def _written(world: World, table: str, body: dict[str, Any], request: Request) -> tuple[Row, list[tuple[str, str]]]:
    """Fields and journal entries that a body sets; names that do not exist, or are the system's, are passed over."""
    values: Row = {}
    journals = []
    for name, value in body.items():
        one = TABLES[table].fields.get(name)
        text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        if one is None or name.startswith("sys_") or (name == "number" and table in TASKS):
            continue
        if name in JOURNALS:
            if text and name != "comments_and_work_notes":
                journals.append((name, text))
        elif one.kind == "choice" and not text:
            continue
        elif one.kind == "reference" and text and world.get(target(name, one), text) is None:
            values[name] = _by_title(world, target(name, one), text) or text
        else:
            values[name] = text
    if "state" in values and table == "incident":
        values["incident_state"] = values["state"]
    return values, journals


def _by_title(world: World, to: str, text: str) -> str:
    """A reference may be written by what is shown for the row."""
    if to not in TABLES:
        return ""
    shown = TABLES[to].shown
    return next((row["sys_id"] for row in world.store(to).rows.values() if row.get(shown) == text), "")


def defaults(world: World, table: str, now: int) -> Row:
    number = {"incident": "INC9", "sn_customerservice_case": "CS9"}.get(table, "PRB9")
    user = world.account(INTEGRATION)
    made = {"number": f"{number}{world.made:06d}", "state": "1", "active": "true", "opened_at": stamp(now), "impact": "3",
            "urgency": "3", "priority": "5", "escalation": "0", "knowledge": "false", "made_sla": "true", "upon_approval": "proceed",
            "upon_reject": "cancel", "approval": "not requested", "opened_by": user["sys_id"] if user else ""}  # fmt: skip
    if table == "incident":
        made |= {"incident_state": "1", "category": "inquiry", "severity": "3", "reopen_count": "0", "notify": "1"}
    return {name: value for name, value in made.items() if name in blank(table, {})}


def _shown(world: World, request: Request, table: str, sys_id: str) -> dict[str, Any]:
    one = world.store(world.home(table, sys_id)).handle(sys_id)
    assert one is not None
    return dressed(world, request).row(table, one, _names(request.query))


def _bodiless(request: Request, response: Response) -> Response:
    if request.headers.get("x-no-response-body") == "true":
        response.body, response.status = b"", 204
    return response
