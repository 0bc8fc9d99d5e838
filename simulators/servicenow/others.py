"""Two interfaces beside the tables: the search of articles, which asks the user criteria, and import sets (contract 3.3, 3.7)."""

from __future__ import annotations

from typing import Any

import orjson

from simulators import mail
from simulators.servicenow import answers, tables
from simulators.servicenow.schema import TABLES
from simulators.servicenow.setup import INTEGRATION
from simulators.servicenow.shelves import Row
from simulators.servicenow.times import stamp
from simulators.servicenow.truth import current
from simulators.servicenow.world import World
from simulators.web import Request, Response

_STAGES = {"imp_user": ("User", "sys_user", "name"), "imp_incident": ("Incident", "incident", "number")}
_FIELDS = {"short_description": ("Short description", "string"), "sys_class_name": ("Class", "sys_class_name")}
_SNIPPET = 400


def search_articles(world: World, request: Request) -> Response:
    """GET /api/sn_km_api/knowledge/articles: what the user may read."""
    asked = request.query
    words, today = asked.get("query", ""), stamp(world.clock.second())
    rows = [row for row in world.stores["kb_knowledge"].rows.values()
            if current(row, today) and row["language"] == asked.get("language", "en") and _reads(world, row)
            and words.casefold() in f"{row['short_description']} {row['text']}".casefold()]  # fmt: skip
    rows.sort(key=lambda row: row["number"])
    limit, offset = int(asked.get("limit", "30")), int(asked.get("offset", "0"))
    names = [name for name in asked.get("fields", "short_description,sys_class_name").split(",") if name in rows[0]] if rows else []
    page = rows[offset : offset + limit]
    return answers.result({
        "meta": {"start": offset, "end": offset + len(page), "fields": ",".join(names), "query": words, "filter": asked.get("filter", ""),
                 "kb": asked.get("kb", ""), "language": asked.get("language", "en"), "count": len(rows), "ts_query_id": world.new_id(),
                 "status": {"code": 200}},
        "articles": [_found(row, rank, names) for rank, row in enumerate(page, offset + 1)],
    })  # fmt: skip


def _found(row: Row, rank: int, names: list[str]) -> dict[str, Any]:
    fields = {name: {"display_value": row[name], "name": name, "label": _FIELDS.get(name, (name, ""))[0],
                     "type": _FIELDS.get(name, ("", "string"))[1], "value": row[name]} for name in names}  # fmt: skip
    return {
        "link": f"?id=kb_article_view&sys_kb_id={row['sys_id']}", "rank": rank, "id": f"kb_knowledge:{row['sys_id']}",
        "title": row["short_description"], "snippet": mail.plain(row["text"])[:_SNIPPET], "score": 20.0 / rank,
        "number": row["number"], "fields": fields,
    }  # fmt: skip


def _reads(world: World, row: Row) -> bool:
    """By criteria of the article and of its base; what a script decides is decided against us."""
    base = row["kb_knowledge_base"]
    can = [one["user_criteria"] for one in world.stores["kb_uc_can_read_mtom"].rows.values() if one["kb_knowledge_base"] == base]
    cannot = [one["user_criteria"] for one in world.stores["kb_uc_cannot_read_mtom"].rows.values() if one["kb_knowledge_base"] == base]
    own = [one for one in row["can_read_user_criteria"].split(",") if one]
    barred = cannot + [one for one in row["cannot_read_user_criteria"].split(",") if one]
    if any(meets(world, one) for one in barred):
        return False
    return all(any(meets(world, one) for one in group) for group in (can, own) if group)


def meets(world: World, criterion: str) -> bool:
    """Whether the integration user does."""
    row, me = world.get("user_criteria", criterion), world.account(INTEGRATION)
    if row is None or me is None or row["active"] != "true":
        return False
    groups = {one["group"] for one in world.stores["sys_user_grmember"].rows.values() if one["user"] == me["sys_id"]}
    roles = {one["role"] for one in world.stores["sys_user_has_role"].rows.values() if one["user"] == me["sys_id"]}
    lists = [(row["user"], {me["sys_id"]}), (row["group"], groups), (row["role"], roles)]
    return any(set(text.split(",")) & held for text, held in lists if text)


def import_row(world: World, request: Request, staging: str) -> Response:
    """POST /api/now/import/{staging}"""
    if staging not in _STAGES:
        raise answers.refuse(400, f"Invalid staging table name: {staging}", None)
    label, table, shown = _STAGES[staging]
    body = {str(name): str(value) for name, value in tables.body(request).items()}
    values = {name.removeprefix("u_"): value for name, value in body.items()}
    fields = TABLES[table].fields
    row = world.insert(table, (tables.defaults(world, table, world.clock.second()) if table == "incident" else {})
                       | {name: value for name, value in values.items() if name in fields and not name.startswith("sys_")})  # fmt: skip
    world.imports[row["sys_id"]] = told = {
        "transform_map": label, "table": table, "display_name": shown, "display_value": row[shown],
        "record_link": f"{world.scheme}://{request.headers.get('host', 'localhost')}/api/now/table/{table}/{row['sys_id']}",
        "status": "inserted", "sys_id": row["sys_id"],
    }  # fmt: skip
    return _import_answer(staging, told, 201)


def read_import(world: World, request: Request, staging: str, sys_id: str) -> Response:
    """GET /api/now/import/{staging}/{sys_id}"""
    if sys_id not in world.imports:
        raise answers.missing()
    return _import_answer(staging, world.imports[sys_id], 200)


def _import_answer(staging: str, told: dict[str, Any], status: int) -> Response:
    body = {"import_set": "ISET0010001", "staging_table": staging, "result": [told]}
    return Response(status, orjson.dumps(body), content_type="application/json;charset=UTF-8", headers={})
