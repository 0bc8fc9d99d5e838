"""Engines of their own for benchmarks: a scratch folder, the settings of the product, two companies."""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embedded.postgres import SUPERUSER, Postgres
from embedded.roles import DATABASE, ensure_roles
from embedded.valkey import Valkey

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def scratch_site() -> Iterator[dict[str, str]]:
    """PostgreSQL and Valkey up, database migrated, Django set up. Yields the URLs by login."""
    with tempfile.TemporaryDirectory(prefix="deskhand-bench-") as folder:
        postgres = Postgres(Path(folder) / "postgres").start()
        valkey = Valkey(Path(folder) / "valkey").start()
        try:
            ensure_roles(postgres)
            urls = {name: postgres.dsn(f"deskhand_{name}", DATABASE) for name in ("app", "migrate")}
            urls["superuser"] = postgres.dsn(SUPERUSER, DATABASE)
            os.environ.update(
                DJANGO_SETTINGS_MODULE="config.settings.base", SECRET_KEY=secrets.token_urlsafe(40),
                MASTER_KEYS="k1:" + base64.b64encode(secrets.token_bytes(32)).decode(), DATABASE_URL=urls["app"],
                MIGRATE_DATABASE_URL=urls["migrate"], REDIS_URL=f"{valkey.url}/1", BROKER_URL=f"{valkey.url}/0",
                LOG_LEVEL="ERROR", LOG_FORMAT="text", DB_POOL_MAX="4",
            )  # fmt: skip
            subprocess.run([sys.executable, "manage.py", "migrate_database"], cwd=ROOT, check=True, capture_output=True)
            import django

            django.setup()
            yield urls
        finally:
            from django.db import connections

            connections.close_all()
            connections["default"].close_pool()
            valkey.stop()
            postgres.stop()
