"""Opening a company by replaying the template, beside as many bare CREATE TABLEs."""

from __future__ import annotations

from itertools import count
from typing import Any

import psycopg

from apps.tenancy.provisioning import create_company, owner_connection
from benchmarks.measure import Server, alternate, best, middle_wall

GOAL = 2.0
_TABLES = """
SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind = 'r'
"""


def run(urls: dict[str, str], *, short: bool) -> dict[str, Any]:
    """Milliseconds a table: everything create_company does, its commit to disk and reading the row back included."""
    rounds, numbers = (1, count()) if short else (40, count())
    create_company(company_id="bench-first", name="Bench")
    with psycopg.connect(urls["superuser"]) as admin:
        row = admin.execute(_TABLES, ["c_bench_first"]).fetchone()
        tables = row[0] if row else 0
    with owner_connection() as owner:

        def ours() -> None:
            create_company(company_id=f"bench-{next(numbers)}", name="Bench", connection=owner)

        def alone() -> None:
            create_company(company_id=f"bench-{next(numbers)}", name="Bench")

        def floor() -> None:
            schema = f"floor_{next(numbers)}"
            owner.execute(f"CREATE SCHEMA {schema}")
            for number in range(tables):
                owner.execute(f"CREATE TABLE {schema}.t{number} (id bigint PRIMARY KEY, name text, at timestamptz)")
            owner.commit()

        server = Server(urls["superuser"])
        found = alternate(server, rounds, ours=ours, floor=floor)
        found |= alternate(server, rounds, alone=alone)  # apart: it would empty the caches of the other connection
    own, least, single = (best(found[name]) for name in ("ours", "floor", "alone"))
    each = 1000 / tables
    return {
        "name": "tenant_create", "ours": round(own.wall * each, 3), "unit": "ms a table, best of the rounds",
        "reference": round(least.wall * each, 3), "reference_name": "bare CREATE TABLE with a primary key",
        "ratio": round(own.wall / least.wall, 2), "goal": f"<= {GOAL} ms a table", "ok": own.wall * each <= GOAL,
        "median_ms_a_table": round(middle_wall(found["ours"]) * each, 3),
        "cpu_ms_a_table": round(own.cpu * each, 3), "cpu_server_ms_a_table": round(own.server * each, 3),
        "reference_cpu_ms_a_table": round(least.cpu * each, 3), "cpu_ratio": round(own.cpu / least.cpu, 2),
        "alone_ms_a_table": round(single.wall * each, 3), "alone_cpu_ms_a_table": round(single.cpu * each, 3),
        "tables": tables, "ms_a_company": round(own.wall * 1000, 1),
    }  # fmt: skip
