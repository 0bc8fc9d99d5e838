"""Opening a company: by replaying the template, beside bare CREATE TABLEs and django-tenants' own way; and by an order
that finds a standby."""

from __future__ import annotations

import statistics
from itertools import count
from typing import Any

import psycopg

from apps.tenancy.provisioning import create_company, owner_connection
from benchmarks.first_page import first_pages
from benchmarks.measure import Cost, Server, alternate, best, middle_wall
from benchmarks.stock_tenants import stock_tenants

GOAL = 2.0  # ms a table
GOAL_OF_PEER = 4.0  # times as fast as django-tenants
GOAL_OF_STANDBY = 50.0  # ms from an order to the first page
_TABLES = """
SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind = 'r'
"""
_numbers = count()


def run(urls: dict[str, str], *, short: bool) -> dict[str, Any]:
    """Milliseconds a table: everything create_company does, its commit to disk and reading the row back included."""
    rounds, few, pages = (1, 1, 1) if short else (40, 5, 20)
    create_company(company_id="bench-first", name="Bench")
    with psycopg.connect(urls["superuser"]) as admin:
        row = admin.execute(_TABLES, ["c_bench_first"]).fetchone()
        tables = row[0] if row else 0
    server = Server(urls["superuser"])
    with owner_connection() as owner:

        def ours() -> None:
            create_company(company_id=f"bench-{next(_numbers)}", name="Bench", connection=owner)

        found = alternate(server, rounds, ours=ours, floor=lambda: _floor(owner, tables))
        with stock_tenants() as stock:
            beside = alternate(server, few, ours=ours, stock=stock.open_one, dropped=stock.drop_it)
    # Apart: it would empty the caches of the other connection.
    found |= alternate(server, rounds, alone=_alone)
    line = _line(found, tables) | _peer(beside, stock.cpu[1:]) | _standby(first_pages(server, pages))
    line["ok"] = line["ours"] <= GOAL and line["peer_ratio"] >= GOAL_OF_PEER and line["standby_ms"] <= GOAL_OF_STANDBY
    return line


def _alone() -> None:
    create_company(company_id=f"bench-{next(_numbers)}", name="Bench")


def _floor(owner: psycopg.Connection, tables: int) -> None:
    schema = f"floor_{next(_numbers)}"
    owner.execute(f"CREATE SCHEMA {schema}")
    for number in range(tables):
        owner.execute(f"CREATE TABLE {schema}.t{number} (id bigint PRIMARY KEY, name text, at timestamptz)")
    owner.commit()


def _line(found: dict[str, list[Cost]], tables: int) -> dict[str, Any]:
    own, least, single = (best(found[name]) for name in ("ours", "floor", "alone"))
    each = 1000 / tables
    return {
        "name": "tenant_create", "ours": round(own.wall * each, 3), "unit": "ms a table, best of the rounds",
        "reference": round(least.wall * each, 3), "reference_name": "bare CREATE TABLE with a primary key",
        "ratio": round(own.wall / least.wall, 2),
        "goal": f"<= {GOAL} ms a table, >= {GOAL_OF_PEER} times django-tenants, standby <= {GOAL_OF_STANDBY} ms",
        "median_ms_a_table": round(middle_wall(found["ours"]) * each, 3),
        "cpu_ms_a_table": round(own.cpu * each, 3), "cpu_server_ms_a_table": round(own.server * each, 3),
        "reference_cpu_ms_a_table": round(least.cpu * each, 3), "cpu_ratio": round(own.cpu / least.cpu, 2),
        "alone_ms_a_table": round(single.wall * each, 3), "alone_cpu_ms_a_table": round(single.cpu * each, 3),
        "tables": tables, "ms_a_company": round(own.wall * 1000, 1),
    }  # fmt: skip


def _peer(found: dict[str, list[Cost]], own_cpu: list[float]) -> dict[str, Any]:
    """Both in turn, medians: a tenant of django-tenants is without walls; CPU is its process's and the server's."""
    ours, theirs = found["ours"], found["stock"]
    cpu = statistics.median(one.server + own for one, own in zip(theirs, own_cpu, strict=True))
    return {
        "peer_name": "django-tenants: TenantMixin.save, CREATE SCHEMA and migrate_schemas",
        "peer_ms_a_company": round(middle_wall(theirs) * 1000, 1),
        "peer_ratio": round(middle_wall(theirs) / middle_wall(ours), 1),
        "peer_cpu_ms_a_company": round(cpu * 1000, 1),
        "peer_cpu_ratio": round(cpu / statistics.median(one.cpu for one in ours), 1),
    }  # fmt: skip


def _standby(pages: dict[str, list[float]]) -> dict[str, Any]:
    """Medians in milliseconds, and the longest of all."""
    middle = {name: round(statistics.median(times), 1) for name, times in pages.items()}
    return {
        "standby_ms": middle["both"], "standby_opened_ms": middle["opened"], "standby_page_ms": middle["page"],
        "standby_cpu_ms": middle["cpu"], "standby_longest_ms": round(max(pages["both"]), 1), "standby_claims": len(pages["both"]),
    }  # fmt: skip
