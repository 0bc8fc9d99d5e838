"""A hit and a bounded set of the product's cache, beside bare redis-py GET and SET of the same value.

Two more figures must be exact: 50 callers that miss one key at once make one call upstream, and a namespace that
eight writers fill never holds one entry too many.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any

import orjson
from django.conf import settings
from redis import Redis

from apps.tenancy.cache import Namespace, declare, forget_company
from apps.tenancy.context import Binding, bind_company
from benchmarks.measure import ran_threads

HIT, SET = 1.5, 1.6
COMPANY = Binding("c_bench_cache", "bench-cache", "local")
LIVES = 3600
VALUE = {"answer": "x" * 1500, "citations": [{"id": n, "score": 0.5, "title": "title " * 3} for n in range(8)]}
BYTES = orjson.dumps(VALUE)


def run(urls: dict[str, str], *, short: bool) -> dict[str, Any]:
    """Microseconds a call, wall and CPU of both sides (client and server), by size of the namespace."""
    bare, pid = Redis.from_url(settings.REDIS_URL), _server(settings.REDIS_URL)
    bare.config_set("auto-aof-rewrite-percentage", 0)  # a rewrite of the log in the middle would fall on one side
    size, calls, rounds = (500, 50, 1) if short else (100_000, 2000, 7)
    with bind_company(COMPANY):
        few = declare("bench.few", seconds=LIVES, most=1000)
        many = declare("bench.many", seconds=LIVES, most=size)
        empty = _measure(bare, few, pid, calls, rounds)
        for number in range(size):
            many.put("fill", number, value=VALUE)
        full = _measure(bare, many, pid, calls, rounds)
        upstream, most = _misses(bare, few), _overflow(bare, 2000 if not short else 200)
        forget_company()
    return _line(empty, full, upstream, most, size)


def _measure(bare: Redis, space: Namespace, pid: int, calls: int, rounds: int) -> dict[str, tuple[float, float]]:
    """{work: (wall, CPU)} in microseconds a call: the best of the rounds, which take turns."""
    space.put("hot", value=VALUE)
    bare.set("bench:hot", BYTES, ex=LIVES)
    numbers = iter(range(10**9))
    works: dict[str, Callable[[], Any]] = {
        "get": lambda: bare.get("bench:hot"),
        "hit": lambda: space.get("hot"),
        "set": lambda: bare.set(f"bench:{next(numbers) % 1000}", BYTES, ex=LIVES),
        "put": lambda: space.put("new", next(numbers), value=VALUE),
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    for number in range(rounds + 1):
        for name, work in works.items():
            wall, cpu = time.perf_counter(), time.process_time() + ran_threads(pid)
            for _ in range(calls):
                work()
            wall, cpu = time.perf_counter() - wall, time.process_time() + ran_threads(pid) - cpu
            if number:
                found[name].append((wall / calls * 1e6, cpu / calls * 1e6))
    return {
        name: (min(one[0] for one in costs), statistics.median(one[1] for one in costs))
        for name, costs in found.items()
    }


def _misses(bare: Redis, space: Namespace) -> int:
    """Calls upstream when five processes of ten threads miss one key at once."""
    bare.delete("bench:upstream")
    fork = get_context("fork")
    gate = fork.Barrier(5)
    processes = [fork.Process(target=_ten_misses, args=(space, gate)) for _ in range(5)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    return int(bare.get("bench:upstream") or 0)


def _ten_misses(space: Namespace, gate: Any) -> None:
    upstream = Redis.from_url(settings.REDIS_URL)

    def make() -> int:
        number = upstream.incr("bench:upstream")
        time.sleep(0.2)
        return number

    def ask(_: int) -> Any:
        with bind_company(COMPANY):
            return space.get_or_make("missed", make=make)

    gate.wait(30)
    with ThreadPoolExecutor(10) as pool:
        answers = set(pool.map(ask, range(10)))
    sys.stdout.flush()
    os._exit(0 if answers == {1} else 1)


def _overflow(bare: Redis, each: int) -> int:
    """The most entries ever seen while eight threads write into a namespace for 500."""
    space = declare("bench.bound", seconds=LIVES, most=500)
    key = f"t:{{{COMPANY.company_id}}}:v1:bench.bound.1:values"
    seen = [0]

    def write(writer: int) -> None:
        with bind_company(COMPANY):
            for number in range(each):
                space.put(writer, number, value=number)
                if number % 20 == 0:
                    seen.append(bare.hlen(key))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    return max(*seen, bare.hlen(key))


def _line(
    empty: dict[str, tuple[float, float]], full: dict[str, tuple[float, float]], upstream: int, most: int, size: int
) -> dict[str, Any]:
    def ratios(found: dict[str, tuple[float, float]]) -> tuple[float, float, float, float]:
        return (found["hit"][0] / found["get"][0], found["hit"][1] / found["get"][1],
                found["put"][0] / found["set"][0], found["put"][1] / found["set"][1])  # fmt: skip

    hit, hit_cpu, put, put_cpu = ratios(empty)
    many_hit, many_hit_cpu, many_put, many_put_cpu = ratios(full)
    ok = max(hit, hit_cpu, many_hit, many_hit_cpu) <= HIT and max(put, put_cpu, many_put, many_put_cpu) <= SET
    return {
        "name": "cache", "ours": round(empty["hit"][0], 1), "unit": "microseconds a hit, best of the rounds",
        "reference": round(empty["get"][0], 1), "reference_name": "redis-py GET of the same value, not even parsed",
        "ratio": round(hit, 2),
        "goal": f"hit <= {HIT}x GET, set <= {SET}x SET by clock and CPU, also with {size} entries; 1 call; bound exact",
        "ok": ok and upstream == 1 and most == 500,
        "cpu_ratio": round(hit_cpu, 2), "set_us": round(empty["put"][0], 1), "set_reference_us": round(empty["set"][0], 1),
        "set_ratio": round(put, 2), "set_cpu_ratio": round(put_cpu, 2),
        "entries": size, "hit_ratio_at_entries": round(many_hit, 2), "hit_cpu_ratio_at_entries": round(many_hit_cpu, 2),
        "set_ratio_at_entries": round(many_put, 2), "set_cpu_ratio_at_entries": round(many_put_cpu, 2),
        "hit_cpu_us": round(empty["hit"][1], 1), "get_cpu_us": round(empty["get"][1], 1),
        "upstream_calls_of_50_misses": upstream, "most_entries_of_500": most,
    }  # fmt: skip


def _server(url: str) -> int:
    return int(Redis.from_url(url).info("server")["process_id"])
