"""The Aggregate API: counts, sums and averages, in groups or as one (contract 3.4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from simulators.servicenow import answers, tables
from simulators.servicenow.shelves import Handle
from simulators.servicenow.world import World
from simulators.web import Request, Response

_KINDS = ("avg", "min", "max", "sum")


def stats(world: World, request: Request, table: str) -> Response:
    """GET /stats/{table}"""
    tables.allow(world, table)
    asked = request.query
    finder = None if tables.refused_table(world, table) else tables.find(world, table, asked.get("sysparm_query", ""))
    groups = [name for name in asked.get("sysparm_group_by", "").split(",") if name and world.known(table, name)]
    fields = {kind: asked[f"sysparm_{kind}_fields"].split(",") for kind in _KINDS if asked.get(f"sysparm_{kind}_fields")}
    counted = asked.get("sysparm_count") == "true"
    if not groups and not fields:
        total = finder.total() if finder else 0
        return answers.result({"stats": {"count": str(total)} if counted else {}})
    rows = list(finder.page(0, 10**9)) if finder else []
    if not groups:
        return answers.result({"stats": _stats(world, table, rows, fields, counted=counted)})
    found: dict[tuple[str, ...], list[Handle]] = {}
    for one in rows:
        read = world.reader(table, one)
        found.setdefault(tuple(read(name) or "" for name in groups), []).append(one)
    return answers.result([
        {
            "stats": _stats(world, table, members, fields, counted=counted),
            "groupby_fields": [{"field": name, "value": value} for name, value in zip(groups, values, strict=True)],
        }
        for values, members in sorted(found.items())
    ])  # fmt: skip


def _stats(world: World, table: str, rows: list[Handle], fields: dict[str, list[str]], *, counted: bool) -> dict[str, Any]:
    made: dict[str, Any] = {"count": str(len(rows))} if counted else {}
    for kind, names in fields.items():
        made[kind] = {name: _folded(kind, _numbers(world, table, rows, name)) for name in names}
    return made


def _numbers(world: World, table: str, rows: list[Handle], name: str) -> Iterable[float]:
    for one in rows:
        value = world.reader(table, one)(name) or ""
        try:
            yield float(value)
        except ValueError:
            continue


def _folded(kind: str, numbers: Iterable[float]) -> str:
    found = list(numbers)
    if not found:
        return ""
    if kind == "avg":
        return f"{sum(found) / len(found):.4f}"
    value = min(found) if kind == "min" else max(found) if kind == "max" else sum(found)
    return f"{value:g}"
