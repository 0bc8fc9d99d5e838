"""Many kills during first syncs of a whole site, with the seconds each takes to heal (F1, F2, F10). Short form: test_kills.py."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pytest
import redis

from tests.first_sync import FINDS_PROCESSES, Accounts, FirstSync, Recovery
from tests.running_site import RunningSite, wait_until

pytestmark = [pytest.mark.soak, FINDS_PROCESSES]
TICKETS, RECOVERY, WORK = 1500, 60, 600
STORM = 180  # seconds to heal when the next kills come before the last has healed: each makes its twenty wait for turns
CHILDREN, FAMILIES, LOSSES = 50, 6, 6
ACCOUNTS = Accounts("often", 3)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Feeds are read once: every list that is asked for twice is a repetition."""
    with ACCOUNTS.site(tmp_path_factory.mktemp("kills") / "data", poll_seconds=3600) as running:
        yield running


@pytest.fixture
def sync(site: RunningSite) -> Iterator[FirstSync]:
    with ACCOUNTS.sync(site, tickets=TICKETS) as begun:
        yield begun


def finish(sync: FirstSync) -> int:
    """To the end; returns how much had been set aside for lost workers: it is tried again at once, not after minutes."""
    aside = 0
    for _ in range(9):
        sync.wait_until_done(WORK)
        if not (letters := sync.count("ingest_deadletter")):
            break
        aside += letters
        sync.site.manage("retry_dead", sync.company)
    sync.check()
    return aside


def told(sync: FirstSync, what: str, recoveries: list[Recovery], capsys) -> None:
    aside = finish(sync)
    seconds = sorted(one.seconds() for one in recoveries if one.count)
    lists = sum(row["path"] == "/api/v2/tickets" for row in sync.simulator.told("log")["requests"])
    pages = sync.site.number(f"SELECT sum(pages) FROM c_{sync.company}.ingest_stream WHERE kind <> 'articles'")
    with capsys.disabled():
        print(
            f"\n{what}: {len(recoveries)} kills, {len(seconds)} while something was held; all free again after "
            f"{seconds[len(seconds) // 2]:.1f} s (median), {seconds[-1]:.1f} s (worst); {aside} set aside and tried again; "
            f"{pages} pages stored, {lists} lists asked"
        )
    assert seconds[-1] <= STORM
    assert lists <= pages + len(recoveries), "a kill costs one page at most"


def test_a_child_of_the_pool_is_killed_at_fifty_random_moments(site, sync, capsys):
    dice, recoveries = random.Random(1), []
    sync.wait_for("messages", 1)
    while len(recoveries) < CHILDREN and not sync.done():
        time.sleep(dice.uniform(0.2, 2.5))
        site.kill("worker child")
        recoveries.append(sync.watch())
    assert len(recoveries) == CHILDREN, "the sync was over too early: more tickets"
    told(sync, "F1", recoveries, capsys)


def test_the_worker_and_its_children_are_killed_again_and_again(site, sync, capsys):
    dice, recoveries = random.Random(2), []
    sync.wait_for("messages", 1)
    while len(recoveries) < FAMILIES and not sync.done():
        time.sleep(dice.uniform(2, 10))
        site.kill_family("worker")
        recoveries.append(sync.watch())
    assert len(recoveries) == FAMILIES, "the sync was over too early: more tickets"
    told(sync, "F2", recoveries, capsys)


def test_the_queue_is_emptied_and_killed_again_and_again(site, sync, capsys):
    dice, seconds = random.Random(3), []
    broker = redis.Redis.from_url(site.environment["BROKER_URL"])
    sync.wait_for("messages", 1)
    while len(seconds) < LOSSES and not sync.done():
        time.sleep(dice.uniform(1, 5))
        broker.flushall()
        site.kill_and_see_it_return("valkey")
        began, before = time.monotonic(), sync.progress()
        wait_until(lambda: sync.progress() > before or sync.done(), "the sync goes on", RECOVERY)  # noqa: B023
        seconds.append(time.monotonic() - began)
    aside = finish(sync)
    with capsys.disabled():
        print(f"\nF10: {len(seconds)} losses, going on after {', '.join(f'{one:.1f}' for one in seconds)} s, {aside} set aside")
    assert site.process.poll() is None
    assert max(seconds) <= RECOVERY
