"""kill -9 of any process of a site during a first sync: it ends complete, as if nothing had happened (F1, F2, F10).
A worker that is asked to stop (F3), and a company that is closed (F8), in the middle of one."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
import redis
from django.core import signing

from apps.tenancy.tasks import HEADER, SALT
from tests.first_sync import FINDS_PROCESSES, Accounts, FirstSync
from tests.running_site import RunningSite, wait_until

pytestmark = [
    pytest.mark.verify,
    pytest.mark.alone("site"),
    FINDS_PROCESSES,
]
TICKETS, FEW, MANY = 120, 25, 1000
RECOVERY = 60  # seconds after a crash until the work goes on: claims and leases of the dead run out after 45
SUSPECTS = 30  # more, on a busy machine: what a dead worker held is read one by one
WORK = 90  # seconds the rest of the sync may take on a busy machine
STOPS = 30  # seconds a worker that is asked to stop may take for what it has begun
ACCOUNTS = Accounts("fault", 8)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """One site for all; each test brings a company of its own."""
    with ACCOUNTS.site(tmp_path_factory.mktemp("a site") / "dätä", poll_seconds=5) as running:
        yield running


@pytest.fixture
def sync(site: RunningSite) -> Iterator[FirstSync]:
    with ACCOUNTS.sync(site, tickets=TICKETS) as begun:
        yield begun


def read_again(site: RunningSite, sync: FirstSync) -> None:
    """Every feed that a sync hurries once more to its end."""
    newest = site.ask(f"SELECT max(completed_at) FROM c_{sync.company}.ingest_stream")[0][0].isoformat()
    site.manage("sync", sync.company)
    later = f"kind IN ('articles', 'tickets', 'trashed', 'spam') AND completed_at > '{newest}'"
    wait_until(lambda: sync.count("ingest_stream", later) == 4 and sync.done(), "every feed is read again", 60)


def test_without_a_fault_every_chunk_is_embedded_once_and_a_second_sync_embeds_none(site, sync):
    sync.wait_until_done(WORK)
    sync.check()
    assert site.embedded(sync.company) == sync.count("search_chunk")
    read_again(site, sync)
    sync.check()
    assert site.embedded(sync.company) == sync.count("search_chunk")


def emptied(queue: str) -> bool:
    try:
        return bool(redis.Redis.from_url(queue).flushall())
    except redis.ConnectionError:
        return False


def test_the_vector_engine_the_web_process_beat_and_the_queue_are_killed_and_the_queue_lost(site, sync, capsys):
    sync.wait_for("chunks", 20)
    dead = {name: site.kill(name) for name in ("vectors", "web", "beat")}
    sync.wait_for("chunks", 60)
    site.kill_and_see_it_return("valkey")
    for name, number in dead.items():
        wait_until(lambda name=name, number=number: site.child(name) != number, f"{name} is there again")
    wait_until(lambda: emptied(site.environment["BROKER_URL"]), "the queue answers and forgets all")
    began, before = time.monotonic(), sync.progress()
    wait_until(lambda: sync.progress() > before, "the sync goes on", RECOVERY)
    with capsys.disabled():
        print(f"\nF10: the sync goes on {time.monotonic() - began:.1f} s after the queue was lost")
    sync.wait_until_done(RECOVERY + WORK)
    sync.check()


def test_a_child_of_the_worker_the_worker_with_its_children_and_postgresql_are_killed(site, sync, capsys):
    sync.wait_for("messages", 20)
    site.kill("worker child")
    child = sync.watch()
    sync.wait_for("chunks", 20)
    site.kill_family("worker")
    family = sync.watch()
    sync.wait_for("chunks", 21)
    site.kill_and_see_it_return("postgres")
    sync.wait_until_done(RECOVERY + WORK)
    sync.check()
    with capsys.disabled():
        for name, one in (("F1", child), ("F2", family)):
            print(f"\n{name}: {one.count} things held at the kill, all free again after {one.seconds():.1f} s")
            assert one.seconds() <= RECOVERY + SUSPECTS


def stopped(sync: FirstSync) -> tuple[float, int]:
    """The worker is asked to stop, as a deploy does: seconds until it has, and how much it holds for ever then. The
    supervisor starts the next one a second later."""
    number, began = sync.site.child("worker"), time.monotonic()
    os.kill(number, signal.SIGTERM)
    wait_until(lambda: not Path(f"/proc/{number}").exists(), "it has stopped", 60, 0.02)
    return time.monotonic() - began, len([one for one in sync.held() if one[0] != "file"])  # those are another worker's


def told_of(site: RunningSite, company: str) -> set[str]:
    """Events of the company in the worker's log."""
    lines = (site.data / "logs" / "worker.log").read_bytes().splitlines()
    events = [orjson.loads(line) for line in lines if line.startswith(b"{")]
    return {one["event"] for one in events if one.get("company") == company}


def left_of(site: RunningSite, company: str) -> dict[str, int]:
    """How much each store still holds of it."""
    cache, queue = (redis.Redis.from_url(site.environment[name]) for name in ("REDIS_URL", "BROKER_URL"))
    raws = [raw for name in queue.scan_iter("deskhand:*", _type="list") for raw in queue.lrange(name, 0, -1)]
    envelopes = [orjson.loads(raw)["headers"].get(HEADER) for raw in raws]
    signed = [signing.loads(one, key=site.environment["SECRET_KEY"], salt=SALT) for one in envelopes if one]
    return {
        "schemas": site.number(f"SELECT count(*) FROM pg_namespace WHERE nspname = 'c_{company}'"),
        "points": len(site.points(company)),
        "keys": len(list(cache.scan_iter(f"t:{{{company}}}:*", count=10_000))),
        "messages": sum(one["company_id"] == company for one in signed),
    }


def test_a_worker_is_replaced_and_another_company_closed_while_they_are_read(site, capsys):
    """Nothing of the one fails or is done twice; of the other nothing is left, nor comes again."""
    dice = random.Random()
    moment, stage = dice.randint(1, 60), dice.choice(["messages", "chunks"])
    with ACCOUNTS.sync(site, tickets=MANY) as leaving:
        leaving.wait_for("messages", moment)
        closed: list[dict] = []
        order = ("close_company", leaving.company, "--confirm", leaving.company)
        closing = threading.Thread(target=lambda: closed.append(site.manage(*order)))
        closing.start()
        with ACCOUNTS.sync(site, tickets=FEW) as staying:
            staying.wait_for(stage, 10)
            seconds, held = stopped(staying)
            staying.wait_until_done(WORK)
            staying.check()
            failed = staying.count("ingest_stream", "failures > 0") + staying.count("ingest_deadletter")
            embedded, chunks = site.embedded(staying.company), staying.count("search_chunk")
            closing.join()
            calls = leaving.simulator.told("log")["calls"]
            wait_until(lambda: not left_of(site, leaving.company)["messages"], "its last messages are dropped", 20)
            left, later = left_of(site, leaving.company), leaving.simulator.told("log")["calls"] - calls
    with capsys.disabled():
        print(f"\nF3: stopped in {seconds:.1f} s at {stage}, {held} held, {failed} failed, {embedded} chunks embedded of {chunks}")
        print(f"F8: closed after {moment} messages or more, {calls} calls: {left}; calls afterwards {later}")
    assert seconds <= STOPS
    assert held == 0, "handed back"
    assert not told_of(site, staying.company) & {"task_failed", "crashed", "work_set_aside"}
    assert (failed, embedded) == (0, chunks)
    assert [one["state"] for one in closed] == ["done"]
    assert set(left.values()) == {0}
    assert (calls < MANY, later) == (True, 0), "it was in the middle, and is read no more"


def test_the_supervisor_is_killed_and_the_next_start_goes_on(site, sync):
    sync.wait_for("chunks", 30)
    site.kill("supervisor")
    site.process.wait()
    site.start()
    sync.wait_until_done(RECOVERY + WORK)
    sync.check()


def test_a_warm_start_embeds_nothing_again(site, sync):
    sync.wait_until_done(WORK)
    before = site.embedded(sync.company)
    assert site.stop(signal.SIGINT) == 0
    site.start()
    read_again(site, sync)
    sync.check()
    assert site.embedded(sync.company) == before > 0
