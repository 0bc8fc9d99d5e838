"""migrate_companies over many companies, beside a script of plain ALTER TABLEs and django-tenants' migrate_schemas.

Each command runs in a process of its own on the migrating login, and is timed from when Django is ready: that start
costs both sides the same. The registry holds few of the companies, for the peer walks the registry and takes its
time with each; ours walks the schemas. Milliseconds are by company.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.apps import apps
from django.db.migrations.loader import MigrationLoader

from apps.tenancy.provisioning import create_company, owner_connection
from apps.tenancy.template import replay
from benchmarks.measure import Cost, Server, best, cost

NO_OP_SECONDS, DDL, PEER = 1.0, 20.0, 10.0
APP, TABLE = "search", "search_chunk"
RUN = """
import sys, time, django
django.setup()
from django.core.management import call_command
wall, cpu = time.perf_counter(), time.process_time()
call_command(sys.argv[1], verbosity=0, **({"json": False} if sys.argv[1] == "migrate_companies" else {"tenant": True}))
print(time.perf_counter() - wall, time.process_time() - cpu, file=sys.stderr)
"""
MIGRATION = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("{app}", "{before}")]
    operations = [migrations.AddField("chunk", "{column}", models.TextField(null=True))]
"""


@dataclass
class Releases:
    """Releases of this product, each with one more column."""

    folder: Path
    last: str
    number: int = 0

    def next(self) -> None:
        self.number += 1
        name = f"{9000 + self.number}_column"
        text = MIGRATION.format(app=APP, before=self.last, column=f"bench_{self.number}")
        (self.folder / "bench_migrations" / f"{name}.py").write_text(text)
        self.last = name


def run(urls: dict[str, str], *, short: bool) -> dict[str, Any]:
    companies, known, rounds = (6, 2, 1) if short else (200, 10, 3)
    with tempfile.TemporaryDirectory(prefix="deskhand-bench-migrate-") as folder, owner_connection() as owner:
        releases = _releases(Path(folder))
        schemas = _open(owner, companies, known)
        server = Server(urls["superuser"])
        still = [_command(server, folder, "migrate_companies") for _ in range(rounds)]
        peer_still = _command(server, folder, "migrate_schemas")
        ours, floor = [], []
        for number in range(rounds):
            floor.append(cost(server, lambda number=number: _plain(owner, schemas, f"plain_{number}")))
            releases.next()
            ours.append(_command(server, folder, "migrate_companies"))
        releases.next()
        peer = _command(server, folder, "migrate_schemas")
        _shown(owner, schemas, f"bench_{releases.number - 1}")
    return _line(best(still), best(ours), best(floor), peer_still, peer, companies, known)


def _releases(folder: Path) -> Releases:
    package = folder / "bench_migrations"
    package.mkdir()
    ours = Path(apps.get_app_config(APP).path) / "migrations"
    (package / "__init__.py").write_text(f"__path__ = [{str(ours)!r}, {str(package)!r}]\n")
    settings = f"from config.settings.base import *\nMIGRATION_MODULES = {{{APP!r}: 'bench_migrations'}}\n"
    (folder / "bench_settings.py").write_text(settings)
    (last,) = [name for app, name in MigrationLoader(None).graph.leaf_nodes() if app == APP]
    return Releases(folder, last)


def _open(owner: psycopg.Connection, companies: int, known: int) -> list[str]:
    """Schemas of so many companies; so many stand in the registry too."""
    for number in range(known):
        create_company(company_id=f"migrate-{number}", name="Bench", connection=owner)
    for number in range(known, companies):
        replay(owner, schema=f"c_migrate_{number}", company_id=f"migrate-{number}")
        owner.commit()
    return [f"c_migrate_{number}" for number in range(companies)]


def _plain(owner: psycopg.Connection, schemas: list[str], column: str) -> None:
    owner.execute("".join(f"ALTER TABLE {schema}.{TABLE} ADD COLUMN {column} text;" for schema in schemas).encode())
    owner.commit()


def _command(server: Server, folder: str, name: str) -> Cost:
    """What the command cost once Django was ready."""
    environment = os.environ | {
        "DATABASE_LOGIN": "migrate", "DJANGO_SETTINGS_MODULE": "bench_settings", "PYTHONPATH": f"{folder}:{os.getcwd()}",
    }  # fmt: skip
    before = server.cpu()
    done = subprocess.run(
        [sys.executable, "-c", RUN, name], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr[-2000:]}")
    wall, cpu = map(float, done.stderr.split()[-2:])
    return Cost(wall=wall, client=cpu, server=server.cpu() - before)


def _shown(owner: psycopg.Connection, schemas: list[str], column: str) -> None:
    """Raises AssertionError unless every company has the column: a fast run that did nothing is no figure."""
    row = owner.execute(
        "SELECT count(*) FROM information_schema.columns WHERE table_schema = ANY (%s) AND column_name = %s",
        [schemas, column],
    ).fetchone()
    if row != (len(schemas),):
        raise AssertionError(f"{row} of {len(schemas)} companies have {column}")


def _line(
    still: Cost, ours: Cost, floor: Cost, peer_still: Cost, peer: Cost, companies: int, known: int
) -> dict[str, Any]:
    each, theirs = 1000 / companies, 1000 / known
    faster = peer_still.wall * theirs / (still.wall * each)
    ratio = ours.wall / floor.wall
    return {
        "name": "tenant_migrate", "ours": round(ours.wall * each, 3), "unit": "ms a company for one column, best of the rounds",
        "reference": round(floor.wall * each, 3), "reference_name": "one script of plain ALTER TABLEs",
        "ratio": round(ratio, 2),
        "goal": f"no-op <= {NO_OP_SECONDS} s and >= {PEER}x faster than migrate_schemas, column <= {DDL}x plain DDL",
        "ok": ratio <= DDL and still.wall <= NO_OP_SECONDS and faster >= PEER,
        "companies": companies, "no_op_s": round(still.wall, 3), "column_s": round(ours.wall, 3),
        "cpu_ratio": round(ours.cpu / floor.cpu, 2), "cpu_no_op_s": round(still.cpu, 3), "cpu_column_s": round(ours.cpu, 3),
        "no_op_ms_a_company": round(still.wall * each, 3),
        "peer": f"migrate_schemas over {known} companies", "peer_no_op_ms_a_company": round(peer_still.wall * theirs, 2),
        "peer_column_ms_a_company": round(peer.wall * theirs, 2), "times_faster_no_op": round(faster, 1),
        "times_faster_column": round(peer.wall * theirs / (ours.wall * each), 1),
    }  # fmt: skip
