"""A site of the browser's own: a copy of the tests' database, its own vector engine, and the product under uvicorn."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import psycopg

from embedded.postgres import SUPERUSER
from embedded.processes import spawn, stop
from embedded.roles import DATABASE
from embedded.vectors.process import VectorsProcess
from tests import engines

ROOT = Path(__file__).resolve().parents[2]
COPY = f"{DATABASE}_browser"


@dataclass(frozen=True, slots=True)
class Site:
    """Where it answers, and the tickets somebody put there, by what they are for."""

    origin: str
    tickets: dict[str, str]
    log: Path
    vectors: VectorsProcess

    def ticket(self, name: str) -> str:
        return f"/tickets/{self.tickets[name]}/"


@contextmanager
def served() -> Iterator[Site]:
    """acme at http://acme.localhost:PORT/, filled; everything is gone afterwards. Nobody may use the tests' database."""
    with (
        tempfile.TemporaryDirectory(prefix="deskhand-browser-") as folder,
        socket.create_server(("127.0.0.1", 0)) as door,
    ):
        port = door.getsockname()[1]
        vectors = VectorsProcess(Path(folder) / "vectors").start()
        _copy_database()
        log = Path(folder) / "web.log"
        try:
            environment = _environment(vectors, port)
            tickets = orjson.loads(_run("tests.browser.fill", environment))
            web = _serve(door, environment, log)
            try:
                # The door is open before the server is: the first caller waits there, nobody has to look again.
                urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=60).close()
                yield Site(f"http://acme.localhost:{port}", tickets, log, vectors)
            finally:
                stop(web)
        finally:
            vectors.stop()
            _drop_database()


def fill_more(site: Site, module: str) -> Any:
    """What that module prints (JSON), run in the site's database with the logins that provisioning needs."""
    more = {
        "MIGRATE_DATABASE_URL": engines.postgres.dsn("deskhand_migrate", COPY),
        "SUPERUSER_URL": engines.postgres.dsn(SUPERUSER, COPY),
    }
    return orjson.loads(_run(module, _environment(site.vectors, urlsplit(site.origin).port or 80) | more))


def _environment(vectors: VectorsProcess, port: int) -> dict[str, str]:
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.base",
        "DATABASE_URL": engines.postgres.dsn("deskhand_app", COPY),
        "REDIS_URL": f"{engines.valkey.url}/3",
        "BROKER_URL": f"{engines.valkey.url}/2",
        "QDRANT_URL": vectors.url,
        "QDRANT_API_KEY": vectors.token,
        "PUBLIC_URL": f"http://localhost:{port}",
        "MFA_REQUIRED": "privacy",
    }


def _serve(door: socket.socket, environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    door.set_inheritable(True)
    command = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--fd", str(door.fileno())]
    quiet = ["--no-access-log", "--log-level", "warning", "--lifespan", "off"]
    environment = {name: value for name, value in environment.items() if name != "MIGRATE_DATABASE_URL"}
    return spawn([*command, *quiet], log=log, environment=environment, cwd=ROOT, pass_fds=(door.fileno(),))


def _run(module: str, environment: dict[str, str]) -> bytes:
    done = subprocess.run([sys.executable, "-m", module], cwd=ROOT, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    return done.stdout


def _copy_database() -> None:
    """The companies are made once and copied (decision 12)."""
    _drop_database()
    _as_superuser(f"CREATE DATABASE {COPY} TEMPLATE {DATABASE} OWNER deskhand_owner")


def _drop_database() -> None:
    _as_superuser(f"DROP DATABASE IF EXISTS {COPY} WITH (FORCE)")


def _as_superuser(statement: str) -> Any:
    with psycopg.connect(engines.postgres.dsn(SUPERUSER, "postgres"), autocommit=True) as connection:
        return connection.execute(statement)
