"""Work that takes longer than its broker waits, and many starts of one feed: one reads, the others leave (F4, F7)."""

from __future__ import annotations

import os
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, connections
from django.utils import timezone
from kombu import Connection
from redis import Redis

from apps.ingest.models import Outbox, Stream
from apps.ingest.sync import Outcome, read_feed
from apps.ingest.tasks import sync_stream
from apps.platforms.models import Ticket
from apps.tenancy.context import bind_company
from config import celery_settings
from tests import engines
from tests.faults.impatient import BEGUN, LEASE, OUTCOMES, VISIBILITY
from tests.ingest.test_sync import allow, join
from tests.isolation.companies import companies
from tests.isolation.test_lost_work import worker
from tests.simulated import Simulator, running

pytestmark = pytest.mark.verify
BROKER = f"{engines.valkey.url}/7"
TICKETS, SLOW = 60, 7  # seconds of the first answer: longer than the broker waits
SIZE = ("--account", "generated", "--tickets", str(TICKETS), "--plan", "unlimited")


def let_go() -> None:
    """No connection of ours may live in two processes."""
    connections.close_all()
    connections["default"].close_pool()


class Copies:
    """Sends one message and waits until its copies are over."""

    def __init__(self, simulator: Simulator) -> None:
        self.store, self.simulator = Redis.from_url(BROKER), simulator
        self.store.flushdb()

    def deliver(self, company, stream_id, *, lease: int) -> list[str]:
        """Outcomes in the order in which they came, each with the number of its turn."""
        self.store.delete(OUTCOMES, BEGUN)
        self.store.set(LEASE, lease)
        self.simulator.tell("faults", faults=[{"kind": "slow", "path": "/api/v2/tickets", "at": [1], "seconds": SLOW}])
        self.simulator.control.request("DELETE", "/__sim/log")
        options = celery_settings.broker_transport_options
        with bind_company(company.binding()), Connection(BROKER, transport_options=options) as queue:
            sync_stream.apply_async([str(stream_id)], queue="copies", connection=queue)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            told = [one.decode() for one in self.store.lrange(OUTCOMES, 0, -1)]
            waiting = self.store.llen("deskhand:copies") + self.store.hlen("deskhand:unacked")
            over = int(self.store.get(BEGUN) or 0) == len(told)  # type: ignore[arg-type]
            if over and not waiting and any(one.endswith(Outcome.DONE) for one in told):
                return told
            time.sleep(0.1)
        raise AssertionError(f"the copies do not end: {told}")

    def lists(self) -> int:
        return sum(row["path"] == "/api/v2/tickets" for row in self.simulator.told("log")["requests"])


def test_a_second_copy_of_a_slow_page_leaves_or_takes_over_and_nothing_is_done_twice(
    django_db_setup, django_db_blocker, superuser_url, settings, tmp_path: Path, capsys
):
    """Ten seconds a case, and a worker to start."""
    with django_db_blocker.unblock(), companies(superuser_url, "copied") as [company], running(*SIZE) as simulator:
        allow(settings, simulator)
        with bind_company(company.binding()):
            join(simulator)
            Stream.objects.exclude(kind=Stream.Kind.TICKETS).update(next_at=timezone.now() + timedelta(hours=1))
            stream = Stream.objects.get(kind=Stream.Kind.TICKETS)
            Stream.objects.filter(pk=stream.pk).update(cursor=None)
        copies = Copies(simulator)
        told = {}
        host = simulator.url.removeprefix("http://")
        with worker("tests.faults.impatient", "copies", tmp_path / "log", BROKER_URL=BROKER, EGRESS_ALLOW_HOSTS=host):
            for lease in (45, VISIBILITY - 1):
                with bind_company(company.binding()):
                    before = Stream.objects.get(pk=stream.pk)
                    Stream.objects.filter(pk=stream.pk).update(next_at=timezone.now(), cursor=None)
                told[lease] = copies.deliver(company, stream.pk, lease=lease)
                with bind_company(company.binding()):
                    after = Stream.objects.get(pk=stream.pk)
                    rows = set(Ticket.objects.values_list("remote_id", flat=True))
                    owed = Outbox.objects.filter(kind=Outbox.Kind.THREAD)
                    assert (after.pages - before.pages, after.items - before.items) == (1, len(rows))
                    assert len(rows) == TICKETS
                    assert set(owed.values_list("version", flat=True)) == {1}, "owed once"
                    assert after.fence - before.fence == copies.lists() == (1 if lease == 45 else 2)
        copies.store.close()
        let_go()
    with capsys.disabled():
        print(f"\nF4, visibility {VISIBILITY} s, page {SLOW} s: lease held {told[45]}, lease run out {told[VISIBILITY - 1]}")
    assert "2 already_running" in told[45]
    assert told[45][-1] == "1 done"
    assert told[VISIBILITY - 1][:2] == ["2 done", "1 already_running"]


def test_of_twenty_starts_at_once_from_four_processes_one_reads(
    django_db_setup, django_db_blocker, superuser_url, settings, capsys
):
    with django_db_blocker.unblock(), companies(superuser_url, "started") as [company], running(*SIZE) as simulator:
        allow(settings, simulator)
        with bind_company(company.binding()):
            join(simulator)
            stream_id = Stream.objects.get(kind=Stream.Kind.TICKETS).pk
        simulator.tell("faults", faults=[{"kind": "slow", "path": "/api/v2/tickets", "rate": 1.0, "seconds": 3}])
        simulator.control.request("DELETE", "/__sim/log")
        let_go()
        at = time.monotonic() + 1.5  # all of them begin then
        children = []
        for _ in range(4):
            child = os.fork()
            if child == 0:
                os._exit(start_five(company, stream_id, at))
            children.append(child)
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        calls = [row["path"] for row in simulator.told("log")["requests"]].count("/api/v2/tickets")
        with bind_company(company.binding()):
            fence = Stream.objects.get(pk=stream_id).fence
        let_go()
    done, busy = sum(code // 10 for code in codes), sum(code % 10 for code in codes)
    with capsys.disabled():
        print(f"\nF7: of 20 starts from 4 processes {done} read and {busy} said already running; {calls} call")
    assert (done, busy, calls, fence) == (1, 19, 1, 1)


def start_five(company, stream_id, at: float) -> int:
    """Ten for each that read, one for each that said somebody else does."""
    outcomes: list[Outcome] = []

    def start() -> None:
        time.sleep(max(0.0, at - time.monotonic()))
        with bind_company(company.binding()):
            outcomes.append(read_feed(stream_id=stream_id, go_on=lambda: True))
        connection.close()

    threads = [threading.Thread(target=start) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return 10 * outcomes.count(Outcome.DONE) + outcomes.count(Outcome.BUSY)
