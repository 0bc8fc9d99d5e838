"""Starts PostgreSQL, Valkey and the vector engine before Django reads its settings (pytest loads this with -p).

A process that only hands tests to workers starts none: each worker has engines of its own.
"""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from embedded.postgres import Postgres
from embedded.roles import DATABASE, ensure_roles
from embedded.valkey import Valkey
from embedded.vectors.process import VectorsProcess
from tests import turns

folder = tempfile.TemporaryDirectory(prefix="deskhand-test-")
postgres = Postgres(Path(folder.name) / "postgres", fsync=False)
valkey: Valkey
vectors: VectorsProcess
PREPARED = os.environ.get("PREPARED_CLUSTER", "")  # see tests/seeded/prepared.py


def start(*, run: bool = True) -> None:
    """The engines run and the environment says where. `run` false: it names places where nothing is."""
    global valkey, vectors
    if run and PREPARED:
        postgres.data.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", PREPARED, postgres.data], check=True)
    if run:
        postgres.start()
        ensure_roles(postgres)
    valkey = Valkey(Path(folder.name) / "valkey")  # a port is free now, not a second ago
    if run:
        valkey.start()
    vectors = VectorsProcess(Path(folder.name) / "vectors")
    if run:
        vectors.start()
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


def stop() -> None:
    """Whatever runs ends, and the folder is gone."""
    for engine in (vectors, valkey, postgres):
        engine.stop()
    folder.cleanup()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, Any, Any]:
    """Around the hook in which pytest-django reads the settings, whichever plugin is named first."""
    hands_out = getattr(early_config.known_args_namespace, "numprocesses", None)
    if hands_out:
        os.environ.setdefault(turns.ROOM, folder.name)
    start(run=not hands_out or "PYTEST_XDIST_WORKER" in os.environ)
    return (yield)


def pytest_unconfigure() -> None:
    stop()
