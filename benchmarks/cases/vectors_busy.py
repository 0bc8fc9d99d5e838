"""Questions to the embedded vector engine while 40,000 points of 512 numbers are indexed, beside the same ones at rest."""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import UUID

import httpx2
import orjson

from benchmarks.measure import ran_threads
from embedded.vectors.process import VectorsProcess

GOAL_MS = 250.0  # a question waits for one batch at the most; agents do not see it
BATCH, KEPT = 200, 2000  # points a write; vectors drawn, and repeated
PATH = "/collections/bench"


def run(urls: dict[str, str], *, short: bool) -> dict[str, Any]:
    points, size = (400, 16) if short else (40_000, 512)
    dice = random.Random(11)
    drawn = [[round(dice.gauss(0, 1), 3) for _ in range(size)] for _ in range(min(points, KEPT))]
    with tempfile.TemporaryDirectory(prefix="deskhand-bench-vectors-") as folder:
        engine = VectorsProcess(Path(folder) / "vectors").start()
        try:
            return _line(*_measure(engine, drawn, points), points, size)
        finally:
            engine.stop()


def _measure(
    engine: VectorsProcess, drawn: list[list[float]], points: int
) -> tuple[list[float], list[float], float, float]:
    """Milliseconds of every question while indexing and at rest, seconds of indexing, CPU seconds of the engine in it."""
    assert engine.process is not None
    with httpx2.Client(base_url=engine.url, headers={"api-key": engine.token}, timeout=30) as writer:
        _call(
            writer,
            "PUT",
            PATH,
            {"vectors": {"use": {"size": len(drawn[0]), "distance": "Cosine", "hnsw_config": {"m": 0}}}},
        )
        index = {"field_name": "company_id", "field_schema": {"type": "keyword", "is_tenant": True}}
        _call(writer, "PUT", f"{PATH}/index", index)
        done, busy, began, cpu = Event(), [], time.perf_counter(), ran_threads(engine.process.pid)
        asker = Thread(target=_ask_until, args=(engine, drawn, done, busy))
        asker.start()
        try:
            for start in range(0, points, BATCH):
                _call(
                    writer,
                    "PUT",
                    f"{PATH}/points?wait=true",
                    {"points": _points(drawn, start, min(start + BATCH, points))},
                )
        finally:
            spent, cpu = time.perf_counter() - began, ran_threads(engine.process.pid) - cpu
            done.set()
            asker.join()
        found = _call(writer, "POST", f"{PATH}/points/count", {})["result"]["count"]
        if found != points:
            raise AssertionError(f"{found} of {points} points are there")
        rest = [_ask(writer, vector) for vector in drawn[:200]]
    return busy, rest, spent, cpu


def _points(drawn: list[list[float]], start: int, end: int) -> list[dict[str, Any]]:
    return [
        {"id": str(UUID(int=n + 1)), "vector": {"use": drawn[n % len(drawn)]},
         "payload": {"company_id": "acme" if n % 2 else "globex", "n": n}}
        for n in range(start, end)
    ]  # fmt: skip


def _ask_until(engine: VectorsProcess, drawn: list[list[float]], done: Event, into: list[float]) -> None:
    """One question after the other, 20 ms apart, as several agents would."""
    with httpx2.Client(base_url=engine.url, headers={"api-key": engine.token}, timeout=30) as client:
        while not into or not done.wait(0.02):
            into.append(_ask(client, drawn[len(into) % len(drawn)]))


def _ask(client: httpx2.Client, vector: list[float]) -> float:
    only = {"must": [{"key": "company_id", "match": {"value": "acme"}}]}
    began = time.perf_counter()
    _call(client, "POST", f"{PATH}/points/query", {"query": vector, "using": "use", "filter": only, "limit": 10})
    return (time.perf_counter() - began) * 1000


def _call(client: httpx2.Client, method: str, path: str, body: dict[str, Any]) -> Any:
    answer = client.request(method, path, content=orjson.dumps(body), headers={"content-type": "application/json"})
    answer.raise_for_status()
    return answer.json()


def _line(busy: list[float], rest: list[float], spent: float, cpu: float, points: int, size: int) -> dict[str, Any]:
    def at(times: list[float], share: float) -> float:
        return sorted(times)[min(len(times) - 1, int(share * len(times)))]

    return {
        "name": "vectors_busy", "ours": round(at(busy, 0.95), 1), "unit": "ms a question, p95 while points are indexed",
        "reference": round(at(rest, 0.95), 1), "reference_name": "p95 at rest, over all points",
        "ratio": round(at(busy, 0.95) / at(rest, 0.95), 2), "goal": f"p95 <= {GOAL_MS} ms, no question fails",
        "ok": at(busy, 0.95) <= GOAL_MS, "p50_ms": round(at(busy, 0.5), 1), "longest_ms": round(max(busy), 1),
        "questions": len(busy), "points": points, "numbers": size, "indexed_s": round(spent, 1),
        "points_a_second": round(points / spent), "cpu_engine_s": round(cpu, 2),
    }  # fmt: skip
