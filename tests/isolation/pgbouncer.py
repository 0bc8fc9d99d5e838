"""PgBouncer in transaction mode before the tests' PostgreSQL: Debian's package, see ci/apt.txt."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg

from embedded.identity import choose_identity
from embedded.processes import free_port, spawn, stop, tail

CONFIG = """
[databases]
* = host={socket} port=5432
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {users}
pool_mode = transaction
default_pool_size = {pool}
max_client_conn = 200
logfile =
pidfile =
"""
ABSENT = "PgBouncer is not installed: the way through it is NOT TESTED here. apt-get install pgbouncer (ci/apt.txt)"


def program() -> str | None:
    """Debian puts it where only administrators look."""
    return shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin:/usr/local/bin:/usr/bin")


@contextmanager
def pgbouncer(folder: Path, database_url: str, *, pool: int = 2) -> Iterator[str]:
    """The database's URL through a PgBouncer that shares `pool` server connections a login among all clients."""
    found = program()
    assert found is not None, ABSENT
    folder.mkdir(parents=True, exist_ok=True)
    parts, port = urlsplit(database_url), free_port()
    users, settings, log = folder / "users.txt", folder / "pgbouncer.ini", folder / "pgbouncer.log"
    users.write_text(f'"{parts.username}" ""\n')
    settings.write_text(CONFIG.format(socket=parse_qs(parts.query)["host"][0], port=port, users=users, pool=pool))
    identity = choose_identity()  # it refuses to be root, like PostgreSQL
    process = spawn(
        [*identity.prefix, found, settings], log=log, environment={"PATH": "/usr/bin:/bin"}, **identity.options
    )
    url = f"postgresql://{parts.username}@127.0.0.1:{port}{parts.path}"
    try:
        _wait(url, port, log)
        yield url
    finally:
        stop(process)


def _wait(url: str, port: int, log: Path) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
            continue
        with psycopg.connect(url, prepare_threshold=None) as connection:
            connection.execute("SELECT 1")
        return
    raise AssertionError(f"PgBouncer did not answer:\n{tail(log)}")
