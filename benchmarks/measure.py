"""CPU and wall time of a piece of work, the server's share included; figures as one JSON line."""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

TICK = os.sysconf("SC_CLK_TCK")


def postgres_cpu() -> float:
    """CPU seconds of every postgres process of this machine that is our descendant or a backend."""
    total = 0.0
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if b"postgres" not in (entry / "cmdline").read_bytes():
                continue
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += (int(fields[11]) + int(fields[12])) / TICK
    return total


def cost(work: Callable[[], Any]) -> tuple[float, float]:
    """(CPU seconds here and in PostgreSQL, wall seconds)."""
    cpu, server, wall = time.process_time(), postgres_cpu(), time.perf_counter()
    work()
    return time.process_time() - cpu + postgres_cpu() - server, time.perf_counter() - wall


def alternate(ours: Callable[[], Any], reference: Callable[[], Any], rounds: int) -> dict[str, dict[str, float]]:
    """Both in turn, so that a busy neighbour slows both; the best of the rounds of each."""
    pairs = [(cost(ours), cost(reference)) for _ in range(rounds)]
    return {
        "ours": {"cpu_s": min(one[0][0] for one in pairs), "wall_s": statistics.median(one[0][1] for one in pairs)},
        "reference": {
            "cpu_s": min(one[1][0] for one in pairs),
            "wall_s": statistics.median(one[1][1] for one in pairs),
        },
    }


def report(**facts: Any) -> bool:
    """Print one line and say whether the goal was met."""
    sys.stdout.write(orjson.dumps(facts).decode() + "\n")
    sys.stdout.flush()
    return bool(facts["ok"])
