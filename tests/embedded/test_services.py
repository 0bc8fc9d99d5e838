"""The supervisor's list of children: what crashes is started again at the same address, in peace with the others."""

from __future__ import annotations

import os
import time
from pathlib import Path

import psycopg
import pytest
import redis

from embedded import services
from embedded.postgres import SUPERUSER, Postgres, workers_in
from embedded.processes import StartFailed
from embedded.services import Group, Service, python
from embedded.valkey import Valkey
from tests.running_site import children_of, wait_until


@pytest.fixture
def group():
    made = Group(say=[].append)
    yield made
    made.stop()


def program(tmp_path: Path, script: str, name: str = "program") -> Service:
    return Service(name, python("-c", script), dict(os.environ), tmp_path / f"{name}.log", tmp_path)


def watched_until(group: Group, true, what: str, seconds: float = 30):
    def look():
        group.watch()
        return true()

    return wait_until(look, what, seconds)


def test_an_engine_that_is_killed_comes_back_where_it_was(tmp_path, group):
    postgres, valkey = Postgres(tmp_path / "postgres", fsync=False), Valkey(tmp_path / "valkey")
    group.add(postgres)
    group.add(valkey)
    redis.Redis.from_url(valkey.url).set("kept", "yes")
    address, url, old = postgres.dsn(SUPERUSER, "postgres"), valkey.url, (postgres.process, valkey.process)
    for process in old:
        process.kill()
        process.wait()
    watched_until(group, lambda: postgres.process not in old and valkey.process not in old, "both run again")
    assert (postgres.dsn(SUPERUSER, "postgres"), valkey.url) == (address, url)
    psycopg.connect(address).close()
    assert redis.Redis.from_url(url).get("kept") == b"yes"


def test_a_killed_server_starts_only_when_its_last_backend_is_gone(tmp_path):
    server = Postgres(tmp_path / "postgres", fsync=False).start()
    try:
        busy = psycopg.connect(server.dsn(SUPERUSER, "postgres"), autocommit=True)
        busy.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 30000000)")
        backend = busy.info.backend_pid
        with psycopg.connect(server.dsn(SUPERUSER, "postgres"), autocommit=True) as other:
            works = f"SELECT state FROM pg_stat_activity WHERE pid = {backend}"
            wait_until(lambda: other.execute(works).fetchone() == ("active",), "the backend works")
        server.process.kill()
        server.process.wait()
        assert backend in workers_in(server.data), "the backend was to outlive its server"
        server.start()
        busy.close()
        assert backend not in workers_in(server.data)
        psycopg.connect(server.dsn(SUPERUSER, "postgres")).close()
    finally:
        server.stop()


def test_what_a_killed_service_had_started_does_not_work_beside_its_successor(tmp_path, group):
    forks = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)']); time.sleep(99)"
    service = program(tmp_path, forks)
    group.add(service)
    first = service.process
    (orphan,) = wait_until(lambda: children_of(first.pid), "it has a child")
    first.kill()
    watched_until(group, lambda: service.process is not first, "it runs again")
    wait_until(lambda: not Path(f"/proc/{orphan}").exists(), "the orphan is gone", 5)


def test_one_that_cannot_start_is_tried_again_and_keeps_nobody_from_running(tmp_path, monkeypatch):
    said: list[str] = []
    group = Group(say=said.append)
    valkey, other = Valkey(tmp_path / "valkey"), program(tmp_path, "import time; time.sleep(99)")
    group.add(valkey)
    group.add(other)
    try:
        refusals = iter([StartFailed("the port is taken"), None])
        start, first = Valkey.start, other.process

        def refused(self):
            if (refusal := next(refusals)) is not None:
                raise refusal
            return start(self)

        monkeypatch.setattr(Valkey, "start", refused)
        killed = valkey.process
        killed.kill()
        other.process.kill()
        watched_until(group, lambda: other.process is not first and valkey.process is not killed, "both run again")
        assert any("the port is taken" in line for line in said)
        assert redis.Redis.from_url(valkey.url).ping()
    finally:
        group.stop()


def test_one_that_crashes_again_and_again_waits_longer_each_time(tmp_path, group, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(services.time, "monotonic", lambda: clock[0])
    service = program(tmp_path, "raise SystemExit(3)")
    group.add(service)
    (kept,) = group.children
    waits = []
    for _ in range(7):
        service.process.wait()
        group.watch()
        waits.append(kept.again_at - clock[0])
        clock[0] = kept.again_at
        group.watch()
    assert waits == [1, 2, 4, 8, 16, 30, 30]
    clock[0] += services.QUIET_SECONDS + 1
    service.process.wait()
    group.watch()
    assert kept.again_at - clock[0] == 1


def test_children_stop_in_the_reverse_order_of_their_start(tmp_path):
    note = "import signal, sys, time; signal.signal(15, lambda *_: (print(time.monotonic_ns(), flush=True), sys.exit())); print('up', flush=True); time.sleep(99)"
    group = Group(say=[].append)
    for name in ("first", "second", "third"):
        group.add(program(tmp_path, note, name))
    logs = {name: tmp_path / f"{name}.log" for name in ("first", "second", "third")}
    wait_until(lambda: all("up" in log.read_text() for log in logs.values()), "all three run")
    group.stop()
    ended = {name: int(log.read_text().split()[-1]) for name, log in logs.items()}
    assert sorted(ended, key=ended.get) == ["third", "second", "first"]
    assert not group.children
    assert time.monotonic_ns() > max(ended.values())
