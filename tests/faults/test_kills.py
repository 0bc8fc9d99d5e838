"""kill -9 of any process of a site during a first sync: it ends complete, as if nothing had happened (F1, F2, F10, F13)."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import pytest
import redis

from tests.first_sync import FINDS_PROCESSES, Accounts, FirstSync
from tests.running_site import RunningSite, wait_until

pytestmark = [
    pytest.mark.verify,
    pytest.mark.alone("site"),
    FINDS_PROCESSES,
]
TICKETS = 120
RECOVERY = 60  # seconds after a crash until the work goes on: claims and leases of the dead run out after 45
SUSPECTS = 30  # more, on a busy machine: what a dead worker held is read one by one
WORK = 90  # seconds the rest of the sync may take on a busy machine
ACCOUNTS = Accounts("fault", 6)


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
