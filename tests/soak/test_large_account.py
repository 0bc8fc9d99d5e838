"""A first sync of 20,000 tickets with 160,000 messages: twice the data takes twice the time, and no more memory.

Run by hand: `make soak`. SOAK_TICKETS: size of the larger of the two accounts (tickets have seven messages on average).
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pytest

from apps.ingest.streams import ensure_streams
from apps.platforms.connecting import connect
from apps.platforms.models import Message, Ticket
from apps.tenancy.context import bind_company
from tests.isolation.companies import companies
from tests.simulated import KEY, ROOT, running

LARGE = int(os.environ.get("SOAK_TICKETS", "23000"))
WORKERS = 2
pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the memory of a process in /proc"),
]


@dataclass
class Reading:
    """How long it took, what is stored, and the memory of both workers (MB) at each look, after so many messages."""

    seconds: float = 0.0
    tickets: int = 0
    messages: int = 0
    memory: list[tuple[int, float]] = field(default_factory=list)

    def most(self, begin: float, end: float) -> float:
        """The most memory between two shares of all messages."""
        return max(used for stored, used in self.memory if begin * self.messages <= stored <= end * self.messages)


@pytest.fixture(scope="module")
def opened(django_db_setup, django_db_blocker, superuser_url):
    with django_db_blocker.unblock(), companies(superuser_url, "half", "whole") as found:
        yield found


def memory_of(workers: list[subprocess.Popen[str]]) -> float:
    rows = (row for one in workers for row in Path(f"/proc/{one.pid}/status").read_text().splitlines())
    return sum(int(row.split()[1]) for row in rows if row.startswith("VmRSS:")) / 1024


def read(company, size: int, settings) -> Reading:
    """By as many workers as a site has, in processes of their own."""
    with running("--account", "generated", "--tickets", str(size), "--plan", "unlimited") as simulator:
        host = simulator.url.removeprefix("http://")
        settings.EGRESS_ALLOW_HOSTS = frozenset({host})
        with bind_company(company.binding()):
            connection, _ = connect(platform="freshdesk", options={"base_url": simulator.url, "api_key": KEY})
            ensure_streams(connection)
        command = [sys.executable, "-m", "benchmarks.reader", company.company_id]
        environment = os.environ | {"EGRESS_ALLOW_HOSTS": host}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT, "env": environment}
        workers = [subprocess.Popen(command, **pipes) for _ in range(WORKERS)]
        try:
            return watched(company, workers)
        finally:
            for one in workers:
                one.kill()
                one.communicate()


def watched(company, workers: list[subprocess.Popen[str]]) -> Reading:
    reading = Reading()
    for one in workers:
        assert one.stdout.readline() == "ready\n"
    began = time.monotonic()
    for one in workers:
        one.stdin.write("go\n")
        one.stdin.flush()
    with bind_company(company.binding()):
        while all(one.poll() is None for one in workers):
            reading.memory.append((Message.objects.count(), memory_of(workers)))
            time.sleep(1)
        reading.seconds = time.monotonic() - began
        reading.tickets, reading.messages = Ticket.objects.count(), Message.objects.count()
    for one in workers:
        assert orjson.loads(one.stdout.readline())["cpu"] > 0
    return reading


def test_twice_the_data_takes_twice_the_time_and_no_more_memory(opened, settings):
    half, whole = (read(company, size, settings) for company, size in zip(opened, (LARGE // 2, LARGE), strict=True))
    for name, one in (("half", half), ("whole", whole)):
        sys.stderr.write(
            f"{name}: {one.tickets} tickets, {one.messages} messages in {one.seconds:.0f} s; both workers "
            f"{one.most(0.2, 0.4):.0f} MB in the second fifth, {one.most(0.8, 1):.0f} MB in the last\n"
        )
    assert (half.tickets, whole.tickets) == (LARGE // 2, LARGE)
    data = whole.messages / half.messages
    assert 1.8 <= data <= 2.2
    assert whole.seconds / half.seconds <= 2.2 * data / 2
    assert whole.most(0.8, 1) <= 1.1 * whole.most(0.2, 0.4)
    assert whole.most(0.8, 1) <= 1.1 * half.most(0.8, 1)
