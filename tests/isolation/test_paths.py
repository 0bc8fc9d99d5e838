"""ISO-4, ISO-5: mixed reads of three companies through every path there is, with fewer connections than readers.

0 foreign rows, hits, cache values and log lines. The short form runs with every test, the long one in the longer tier.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest
from django.conf import settings
from redis import Redis

from apps.tenancy.context import bind_company
from embedded.processes import spawn, stop, tail
from tests.isolation.conftest import NAMES
from tests.isolation.crowd import PATHS, POOL
from tests.isolation.pgbouncer import ABSENT, pgbouncer, program
from tests.isolation.reads import CYCLE, looks, plant_marks, uproot_marks

ROOT = Path(__file__).resolve().parents[2]
SHORT, MIDDLE, LONG = 320, 2_000, 10_000
BEHIND = pytest.mark.skipif(program() is None, reason=ABSENT)
POOLS = [  # ISO-4 asks for the long form behind PgBouncer
    ("django", SHORT), pytest.param("pgbouncer", SHORT, marks=BEHIND),
    pytest.param("django", MIDDLE, marks=pytest.mark.verify), pytest.param("pgbouncer", LONG, marks=[pytest.mark.verify, BEHIND]),
    pytest.param("django", LONG, marks=pytest.mark.soak),
]  # fmt: skip


@pytest.fixture(scope="module")
def marked(standing: list[Any], django_db_blocker: Any, superuser_url: str) -> Any:
    """Marks of the three companies in every store. Gives what each may see: its name and the id of its point."""
    from uuid import UUID

    from apps.search.index import point_id

    own: dict[str, set[str]] = {}
    with django_db_blocker.unblock():
        for company in standing:
            with bind_company(company.binding()):
                plant_marks(company)
                own[company.company_id] = {company.company_id, str(point_id("use_v1", UUID(int=1), "article", 0))}
        yield own
        for company in standing:
            with bind_company(company.binding()):
                uproot_marks()
    with psycopg.connect(superuser_url) as admin:
        for name in NAMES:
            admin.execute(f"DELETE FROM c_{name}.accounts_user WHERE email LIKE 'reader@%'")


@pytest.fixture
def environment(tmp_path: Path) -> Any:
    """environment(pool): what a process of the product gets to reach PostgreSQL by."""
    with ExitStack() as stack:

        def of(pool: str) -> dict[str, str]:
            own = {
                "DB_POOL_MAX": str(POOL),
                "LOG_FORMAT": "json",
                "DJANGO_SETTINGS_MODULE": "tests.isolation.crowd_settings",
            }
            if pool == "pgbouncer":
                url = stack.enter_context(pgbouncer(tmp_path / "pgbouncer", os.environ["DATABASE_URL"], pool=2))
                own |= {"DATABASE_URL": url, "DB_PREPARED": "False"}
            serving = {name: value for name, value in os.environ.items() if name != "MIGRATE_DATABASE_URL"}
            return serving | own

        yield of


def foreign(seen: dict[str, dict[str, int]], own: dict[str, set[str]]) -> dict[str, dict[str, int]]:
    """What somebody saw that was not theirs, or not there though it had to be."""
    strange = {asker: {mark: n for mark, n in marks.items() if mark not in own[asker]} for asker, marks in seen.items()}
    return {asker: marks for asker, marks in strange.items() if marks}


def lines_of(log: str) -> Counter[tuple[str, str]]:
    """(company of the line, who asked) of the lines the reads wrote."""
    found: Counter[tuple[str, str]] = Counter()
    for line in log.splitlines():
        if line.startswith("{") and '"isolation.reads"' in line:
            fields = orjson.loads(line)
            found[fields.get("company", "nobody"), fields["reason"]] += 1
    return found


def judge(result: dict[str, Any], own: dict[str, set[str]], reads: int) -> None:
    assert result["errors"] == []
    assert foreign(result["seen"], own) == {}
    assert result["reads"] >= reads
    assert {asker for asker, marks in result["seen"].items() if asker in marks} == set(NAMES)


@pytest.mark.parametrize(("pool", "reads"), POOLS)
def test_nobody_sees_another_s(marked, environment, pool, reads):
    """Threads, tasks of a loop, streamed bodies, WSGI and ASGI, eight readers of a pool of four (two behind PgBouncer)."""
    command = [sys.executable, "-m", "tests.isolation.crowd", ",".join(PATHS), str(reads)]
    done = subprocess.run(command, cwd=ROOT, env=environment(pool), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    results = [orjson.loads(line) for line in done.stdout.splitlines()]
    assert [one["path"] for one in results] == list(PATHS)
    for result in results:
        judge(result, marked, reads)
    assert all({mark for one in results for mark in one["seen"][name]} == marked[name] for name in NAMES), "points too"
    lines = lines_of(done.stderr)
    assert {company for company, _ in lines} == set(NAMES)
    assert [pair for pair in lines if pair[0] != pair[1]] == []
    assert sum(lines.values()) >= len(PATHS) * reads // 30


@pytest.mark.parametrize(("pool", "reads"), [
    ("django", SHORT), pytest.param("django", MIDDLE, marks=pytest.mark.verify),
    pytest.param("django", LONG, marks=pytest.mark.soak), pytest.param("pgbouncer", LONG, marks=[pytest.mark.soak, BEHIND]),
])  # fmt: skip
def test_a_prefork_worker_reads_for_whom_it_was_asked(marked, standing, environment, tmp_path, pool, reads):
    """Three children serve three companies in turn; now and then a message comes that names none (E10): it is refused."""
    from tests.isolation import worker

    log = tmp_path / "worker.log"
    command = [sys.executable, "-m", "celery", "-A", "tests.isolation.worker", "worker", "-Q", "isolation", "-c", "3",
               "-P", "prefork", "--without-gossip", "--without-mingle"]  # fmt: skip
    each, messages = 25, -(-reads // 25)
    with Redis.from_url(settings.BROKER_URL) as store:
        store.delete(worker.SEEN)
        process = spawn(command, log=log, environment=environment(pool), cwd=ROOT)
        try:
            for number in range(messages):
                company = standing[number % len(standing)]
                with bind_company(company.binding()):
                    worker.read.apply_async([company.company_id, number * each, each], queue="isolation")
                if number % 8 == 0:  # sent by somebody who knows the broker, and nothing else
                    worker.app.send_task("isolation.read", ["nobody", number, each], queue="isolation")
            found = _collected(store, worker.SEEN, messages, log, process)
        finally:
            stop(process)
            store.delete(worker.SEEN)
    counts: dict[str, Counter[str]] = {}
    for asker, marks in found:
        counts.setdefault(asker, Counter()).update(marks)
    total = sum(sum(marks.values()) for marks in counts.values())
    judge({"seen": counts, "reads": total, "errors": []}, marked, reads)
    lines = lines_of(log.read_text())
    assert lines and [pair for pair in lines if pair[0] != pair[1]] == []
    assert log.read_text().count("NoCompany") >= 1


def _collected(store: Any, key: str, count: int, log: Path, process: Any) -> list[Any]:
    until = time.monotonic() + 120
    while store.llen(key) < count:
        assert process.poll() is None and time.monotonic() < until, (
            f"{store.llen(key)} of {count} came\n{tail(log, 40)}"
        )
        time.sleep(0.05)
    return [orjson.loads(one) for one in store.lrange(key, 0, -1)]


def test_a_foreign_mark_would_be_counted(marked, standing):
    """The judge itself: what one company sees, laid before another."""
    north, south = standing[0].company_id, standing[1].company_id
    with bind_company(standing[0].binding()):
        seen = {north: Counter(looks(0, len(CYCLE), north))}
    assert foreign(seen, marked) == {}
    assert set(foreign({south: seen[north]}, marked)[south]) == marked[north]
    assert foreign({north: {"nothing by by_orm": 1}}, marked) == {north: {"nothing by by_orm": 1}}
    with pytest.raises(AssertionError):
        judge({"seen": {south: seen[north]}, "reads": 100, "errors": []}, marked, 1)
