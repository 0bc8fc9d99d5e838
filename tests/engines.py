"""Starts PostgreSQL, Valkey and the vector engine before Django reads its settings (pytest loads this with -p)."""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import tempfile
from pathlib import Path

from embedded.postgres import Postgres
from embedded.roles import DATABASE, ensure_roles
from embedded.valkey import Valkey
from embedded.vectors.process import VectorsProcess

folder = tempfile.TemporaryDirectory(prefix="deskhand-test-")
postgres = Postgres(Path(folder.name) / "postgres", fsync=False)
PREPARED = os.environ.get("PREPARED_CLUSTER", "")  # see tests/seeded/prepared.py
if PREPARED:
    postgres.data.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", PREPARED, postgres.data], check=True)
postgres.start()
valkey = Valkey(Path(folder.name) / "valkey").start()
vectors = VectorsProcess(Path(folder.name) / "vectors").start()
ensure_roles(postgres)
os.environ.update(
    SECRET_KEY=secrets.token_urlsafe(48),
    MASTER_KEYS="k1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
    DATABASE_URL=postgres.dsn("deskhand_app", DATABASE),
    MIGRATE_DATABASE_URL=postgres.dsn("deskhand_migrate", DATABASE),
    REDIS_URL=f"{valkey.url}/1",
    BROKER_URL=f"{valkey.url}/0",
    QDRANT_URL=vectors.url,
    QDRANT_API_KEY=vectors.token,
    BASE_DOMAIN="localhost",
    PUBLIC_URL="http://localhost:8000",
    EMAIL_URL="console:",
    MFA_REQUIRED="",  # tests of the second factor say who must have one
    LOG_FORMAT="text",
    LOG_LEVEL="WARNING",
    EGRESS_ALLOW_HOSTS="",
)


def pytest_unconfigure() -> None:
    vectors.stop()
    valkey.stop()
    postgres.stop()
    folder.cleanup()
