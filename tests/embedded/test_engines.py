"""PostgreSQL and Valkey from wheels: start, restart warm, survive a kill, refuse clearly."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import redis

from embedded import identity
from embedded.identity import Identity
from embedded.postgres import SOCKET_LOCK, SUPERUSER, Postgres
from embedded.processes import StartFailed
from embedded.roles import DATABASE, ensure_roles
from embedded.valkey import Valkey


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    server = Postgres(tmp_path_factory.mktemp("a folder") / "postgres", fsync=False).start()
    ensure_roles(server)
    yield server
    server.stop()


def ask(server: Postgres, user: str, query: str, database: str = DATABASE):
    with psycopg.connect(server.dsn(user, database)) as connection:
        return connection.execute(query).fetchone()[0]


def test_committed_rows_survive_a_kill_in_a_path_with_a_space(tmp_path):
    data = tmp_path / "a folder" / "postgres"
    first = Postgres(data).start()
    with psycopg.connect(first.dsn(SUPERUSER, "postgres")) as connection:
        connection.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
    first.process.kill()
    first.process.wait()
    second = Postgres(data).start()
    try:
        assert ask(second, SUPERUSER, "SELECT n FROM kept", "postgres") == 7
        assert ask(second, SUPERUSER, "SHOW fsync", "postgres") == "on"
    finally:
        second.stop()
    assert not list(data.glob("socket"))


def test_a_crashed_server_comes_back_at_the_same_address(tmp_path):
    server = Postgres(tmp_path / "postgres", fsync=False).start()
    try:
        before = server.dsn(SUPERUSER, "postgres")
        server.process.kill()
        server.process.wait()
        server.start()
        assert server.dsn(SUPERUSER, "postgres") == before
        assert ask(server, SUPERUSER, "SELECT 1", "postgres") == 1
    finally:
        server.stop()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="sees in /proc that a process ended")
def test_a_killed_server_that_nobody_has_buried_does_not_keep_the_next_one_from_its_socket(tmp_path):
    server = Postgres(tmp_path / "postgres", fsync=False).start()
    server.process.kill()
    server.process.wait()
    dead = subprocess.Popen(["true"])
    while Path(f"/proc/{dead.pid}/stat").read_text().split()[2] != "Z":  # ended, its number still taken
        time.sleep(0.01)
    lock = Path(server.socket_dir) / SOCKET_LOCK
    _first, *rest = lock.read_text().splitlines(keepends=True)
    lock.write_text(f"{dead.pid}\n" + "".join(rest))
    try:
        server.start()
        assert ask(server, SUPERUSER, "SELECT 1", "postgres") == 1
    finally:
        server.stop()
        dead.wait()


def test_a_long_path_gets_a_short_socket_that_goes_away_with_the_server(tmp_path):
    server = Postgres(tmp_path / ("long" * 30) / "postgres", fsync=False).start()
    folder = Path(server.socket_dir)
    try:
        assert len(str(folder)) < 60
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    finally:
        server.stop()
    assert not folder.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_root_without_user_namespaces_runs_it_as_nobody(tmp_path, monkeypatch):
    monkeypatch.setattr(identity, "_succeeds", lambda command: False)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for _ in range(2):
        server = Postgres(closed / "postgres", fsync=False).start()
        try:
            assert Path(f"/proc/{server.process.pid}").stat().st_uid not in (0, 1000)
            assert ask(server, SUPERUSER, "SELECT 1", "postgres") == 1
        finally:
            server.stop()
    server.erase()
    assert not server.data.parent.exists()


def test_the_reason_is_told_when_it_does_not_start(tmp_path):
    server = Postgres(tmp_path / "postgres", fsync=False).start()
    server.stop()
    (server.data / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(StartFailed, match="no_such_setting"):
        Postgres(tmp_path / "postgres").start()


def test_an_ordinary_user_needs_no_detour(monkeypatch):
    monkeypatch.setattr(identity.os, "geteuid", lambda: 1000)
    assert identity.choose_identity() == Identity()


def test_the_serving_login_owns_nothing_and_finds_nothing(postgres):
    assert ask(postgres, "deskhand_app", "SHOW search_path") == "pg_catalog"
    assert ask(postgres, "deskhand_app", "SHOW statement_timeout") == "15s"
    assert ask(postgres, "deskhand_app", "SHOW idle_in_transaction_session_timeout") == "30s"
    powers = "SELECT rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = '{}'"
    for login in ("deskhand_app", "deskhand_migrate", "deskhand_owner"):
        assert ask(postgres, SUPERUSER, powers.format(login)) is False
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(postgres, "deskhand_app", "CREATE TABLE public.mine (n int)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(postgres, "deskhand_app", "CREATE SCHEMA mine")
    with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
        ask(postgres, "deskhand_owner", "SELECT 1")


def test_the_migrating_login_works_as_the_owner(postgres):
    assert ask(postgres, "deskhand_migrate", "SELECT current_user") == "deskhand_owner"
    assert ask(postgres, "deskhand_migrate", "SHOW lock_timeout") == "2s"
    with psycopg.connect(postgres.dsn("deskhand_migrate", DATABASE)) as connection:
        connection.execute("CREATE SCHEMA c_try; CREATE TABLE c_try.t (n int); DROP SCHEMA c_try CASCADE")
    owner = "SELECT pg_get_userbyid({}) FROM {} WHERE {} = '{}'"
    assert ask(postgres, SUPERUSER, owner.format("datdba", "pg_database", "datname", DATABASE)) == "deskhand_owner"
    assert ask(postgres, SUPERUSER, owner.format("nspowner", "pg_namespace", "nspname", "public")) == "deskhand_owner"


def test_making_the_roles_again_changes_nothing(postgres):
    state = "SELECT string_agg(r::text, ' ' ORDER BY r.rolname) FROM pg_roles r"
    before = ask(postgres, SUPERUSER, state)
    ensure_roles(postgres)
    assert ask(postgres, SUPERUSER, state) == before


def test_text_is_ordered_the_same_on_every_machine(postgres):
    provider = "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = 'deskhand'"
    assert ask(postgres, SUPERUSER, provider) == "bC.UTF-8"


def test_valkey_keeps_what_it_was_given_through_a_stop_and_a_kill(tmp_path):
    first = Valkey(tmp_path / "valkey").start()
    redis.Redis.from_url(first.url).set("stopped", "value")
    first.stop()
    second = Valkey(tmp_path / "valkey").start()
    redis.Redis.from_url(second.url).set("killed", "value")
    second.process.kill()
    second.process.wait()
    second.start()  # at the same port: others know the address by then
    try:
        assert redis.Redis.from_url(second.url).mget("stopped", "killed") == [b"value", b"value"]
    finally:
        second.stop()


def test_valkey_with_a_password_answers_nobody_else(tmp_path):
    server = Valkey(tmp_path / "valkey", password="a-Good_one").start()
    try:
        assert redis.Redis.from_url(server.url).ping()
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=server.port).ping()
        assert server.password not in Path(f"/proc/{server.process.pid}/cmdline").read_text()
        assert stat.S_IMODE((server.data / "valkey.conf").stat().st_mode) == 0o600
    finally:
        server.stop()


def test_a_port_that_is_taken_is_named(tmp_path):
    first = Valkey(tmp_path / "one").start()
    try:
        second = Valkey(tmp_path / "two")
        second.port = first.port
        with pytest.raises(StartFailed, match="Valkey did not start"):
            second.start()
    finally:
        first.stop()


def test_a_killed_starter_leaves_no_process_and_no_folder(tmp_path):
    script = """
import sys
from embedded.postgres import Postgres
from embedded.valkey import Valkey
from embedded.vectors.process import VectorsProcess
folder = sys.argv[1]
engines = [Postgres(folder + "/" + "long" * 30, fsync=False), Valkey(folder + "/valkey"), VectorsProcess(folder + "/vectors")]
for engine in engines:
    engine.start()
print(*(engine.process.pid for engine in engines), engines[0].socket_dir, flush=True)
sys.stdin.read()
"""
    starter = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    *numbers, socket_dir = starter.stdout.readline().split()
    assert len(numbers) == 3
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    until = time.monotonic() + 10
    left = [Path(f"/proc/{number}") for number in numbers] + [Path(socket_dir)]
    while time.monotonic() < until and any(one.exists() for one in left):
        time.sleep(0.05)
    assert not [one for one in left if one.exists()]
    assert not list(Path("/dev/shm").glob("PostgreSQL.*.new"))
