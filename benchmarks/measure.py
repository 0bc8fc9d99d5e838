"""CPU and wall time of a piece of work, PostgreSQL's share included: both sides in turn, the best of each counts.

Wall time doubles when a neighbour is busy; CPU time moves by a sixth. So every figure in seconds has one in CPU
seconds beside it, and ours and the reference take turns in one run.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds: on the clock, of this process's CPU, of the server's CPU."""

    wall: float
    client: float
    server: float

    @property
    def cpu(self) -> float:
        return self.client + self.server


class Server:
    """CPU seconds of the PostgreSQL that answers at a URL: its living processes and those that ended."""

    def __init__(self, url: str) -> None:
        with psycopg.connect(url) as connection:
            self.pid = _parent(connection.info.backend_pid)

    def cpu(self) -> float:
        living = [_ran(pid) for pid in (self.pid, *children(self.pid))]
        fields = _stat(self.pid)
        return sum(living) + (int(fields[13]) + int(fields[14])) / TICK


def cost(server: Server, work: Callable[[], Any]) -> Cost:
    there, client, wall = server.cpu(), time.process_time(), time.perf_counter()
    work()
    wall, client = time.perf_counter() - wall, time.process_time() - client
    return Cost(wall=wall, client=client, server=server.cpu() - there)


def alternate(server: Server, rounds: int, **works: Callable[[], Any]) -> dict[str, list[Cost]]:
    """Every work once a round, in turn; a first round warms up and is not counted."""
    found: dict[str, list[Cost]] = {name: [] for name in works}
    for number in range(rounds + 1):
        for name, work in works.items():
            spent = cost(server, work)
            if number:
                found[name].append(spent)
    return found


def best(costs: list[Cost]) -> Cost:
    """The least of each figure: what is above it came from elsewhere."""
    return Cost(
        wall=min(one.wall for one in costs),
        client=min(one.client for one in costs),
        server=min(one.server for one in costs),
    )


def middle_wall(costs: list[Cost]) -> float:
    return statistics.median(one.wall for one in costs)


def _stat(pid: int) -> list[str]:
    """Fields of /proc/<pid>/stat after the name: 1 is the parent, 13 and 14 the CPU ticks of children that ended."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


def _parent(pid: int) -> int:
    return int(_stat(pid)[1])


def children(pid: int) -> list[int]:
    """The processes it started that still run."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if _parent(int(entry.name)) == pid:
                found.append(int(entry.name))
        except OSError:
            continue  # it ended while we looked
    return found


def _ran(pid: int) -> float:
    """Nanoseconds are in schedstat; stat counts in hundredths of a second."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0.0


def ran_threads(pid: int) -> float:
    """CPU seconds of all threads of a process."""
    return sum(int((task / "schedstat").read_text().split()[0]) for task in Path(f"/proc/{pid}/task").iterdir()) / 1e9
