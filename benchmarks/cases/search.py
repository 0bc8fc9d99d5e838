"""A company's own search among the points of several: the product's index beside faiss over the company's slice."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import faiss
import numpy as np
from qdrant_edge import EdgeShard

from apps.accounts.reach import ALL_TICKETS
from apps.search.index import CHUNKS, CompanyIndex, Found, Sparse, Wanted, open_index
from apps.search.lexical import SparseVector
from apps.search.retrieval import LEG
from apps.tenancy.context import bind_company
from benchmarks.company import company_named
from benchmarks.index import clustered, running_index, words, write_points
from benchmarks.measure import ran_threads
from embedded.vectors.points import Schema
from embedded.vectors.process import VectorsProcess
from embedded.vectors.queries import query_request

COMPANY, OTHERS = "bench-search", 8
GOAL, GOAL_HYBRID, RECALL = 3.0, 2.5, 0.98
TOP = 10
WANTED = Wanted(ALL_TICKETS, kinds=("article", "message"), visibilities=("public", "private", "restricted"))
Spent = list[tuple[float, float, float]]  # milliseconds: on the clock, of our CPU, of the engine's


def run(urls: dict[str, str], *, short: bool) -> dict[str, Any]:  # noqa: ARG001 - every benchmark is called alike
    """What a question for its LEG nearest chunks takes, with and without the way to the engine's process."""
    own, others, size, asked = (200, 100, CHUNKS.size, 5) if short else (20_000, 80_000, CHUNKS.size, 300)
    vectors = clustered(own + others, size, 3)
    questions = clustered(asked, size, 4)
    exact = faiss.IndexFlatIP(size)
    faiss.omp_set_num_threads(1)
    exact.add(vectors[:own])
    with running_index() as engine:
        _fill(engine, vectors, own)
        with bind_company(company_named(COMPANY).binding()):
            spent, found = _ask(engine, open_index(), exact, questions)
        spent["alone"] = _alone(engine, questions)
    best = [set(row[:TOP]) for row in exact.search(questions, TOP)[1].tolist()]
    recall = float(np.mean([len(want & set(got[:TOP])) / TOP for want, got in zip(best, found, strict=True)]))
    return _line(spent, recall, own, own + others)


def _fill(engine: VectorsProcess, vectors: Any, own: int) -> None:
    """Points 0 to `own` are the company's, the rest in equal parts of others."""
    terms, share = words(len(vectors), 5), -(-(len(vectors) - own) // OTHERS)
    parts = {COMPANY: (0, own)} | {f"other-{n}": (own + n * share, min(own + (n + 1) * share, len(vectors))) for n in range(OTHERS)}
    for company_id, (start, end) in parts.items():
        write_points(
            engine, company_id, [UUID(int=at) for at in range(start, end)], vectors[start:end], terms[start:end],
            [{"kind": "article" if at % 5 == 0 else "message", "visibility": "private" if at % 7 == 0 else "public",
              "source_id": str(UUID(int=at)), "ticket_id": str(UUID(int=at // 8)), "language": "en", "group": "",
              "connection": company_id, "remote_id": str(at // 8), "position": 0} for at in range(start, end)],
        )  # fmt: skip


def _ask(
    engine: VectorsProcess, index: CompanyIndex, exact: Any, questions: Any
) -> tuple[dict[str, Spent], list[list[int]]]:
    """What each way of asking takes, in turn, and what the dense one found."""
    assert engine.process is not None
    terms, pid = words(len(questions), 6, each=12), engine.process.pid
    spent: dict[str, Spent] = {"dense": [], "exact": [], "hybrid": []}
    found: list[list[int]] = []
    for place in range(-5, len(questions)):  # the first five warm up
        vector = questions[place].tolist()
        dense, hits = _timed(partial(index.nearest, vector, WANTED, LEG), pid)
        rest = [
            _timed(partial(exact.search, questions[place][None], LEG), pid)[0],
            _timed(partial(_both, index, vector, terms[place]), pid)[0],
        ]
        if place >= 0:
            found.append([one.id.int for one in hits])
            for name, one in zip(spent, [dense, *rest], strict=True):
                spent[name].append(one)
    return spent, found


def _both(index: CompanyIndex, vector: list[float], terms: SparseVector) -> Sequence[Found]:
    """The legs of a question, and the cosine of what only its words found."""
    near = index.nearest(vector, WANTED, LEG)
    worded = index.matching(Sparse(list(terms.indices), list(terms.values)), WANTED, LEG)
    return [*near, *worded, *index.closeness(vector, {one.id for one in worded} - {one.id for one in near})]


def _alone(engine: VectorsProcess, questions: Any) -> Spent:
    """The engine's library itself on the same folder, without its process and the way there."""
    engine.stop()
    folder = Path(engine.data) / CHUNKS.collection
    schema = Schema.of_shard(folder)
    shard = EdgeShard.load(str(folder), schema.engine_config())
    found = []
    for vector in questions:
        asked = {
            "query": vector.tolist(), "using": CHUNKS.vector, "limit": LEG, "with_payload": ["company_id"],
            "filter": {"must": [
                {"key": "company_id", "match": {"value": COMPANY}},
                {"key": "kind", "match": {"any": list(WANTED.kinds)}},
                {"key": "visibility", "match": {"any": list(WANTED.visibilities)}},
            ]},
        }  # fmt: skip
        found.append(_timed(partial(shard.query, query_request(asked, schema)))[0])
    shard.close()
    return found


def _timed(ask: Callable[[], Any], pid: int | None = None) -> tuple[tuple[float, float, float], Any]:
    """(milliseconds on the clock, of our CPU, of the CPU of the engine's process), and the answer."""
    there, here, began = ran_threads(pid) if pid else 0.0, time.process_time(), time.perf_counter()
    found = ask()
    wall, here = time.perf_counter() - began, time.process_time() - here
    return (wall * 1000, here * 1000, (ran_threads(pid) - there if pid else 0.0) * 1000), found


def _at(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def _line(spent: dict[str, Spent], recall: float, own: int, points: int) -> dict[str, Any]:
    cpu = {name: _at([here + there for _, here, there in found], 0.5) for name, found in spent.items()}
    walls = {name: [wall for wall, _, _ in found] for name, found in spent.items()}
    ratio, hybrid = cpu["dense"] / cpu["exact"], cpu["hybrid"] / cpu["dense"]
    return {
        "name": "search", "ours": round(cpu["dense"], 3), "unit": "CPU ms a question, p50, our side and the engine's",
        "reference": round(cpu["exact"], 3), "reference_name": "faiss Flat over the company's slice, one thread",
        "ratio": round(ratio, 2), "goal": f"<= {GOAL} x, recall@{TOP} >= {RECALL}, hybrid <= {GOAL_HYBRID} x dense",
        "ok": ratio <= GOAL and recall >= RECALL and hybrid <= GOAL_HYBRID, "recall": round(recall, 4),
        "hybrid_times_dense": round(hybrid, 2), "engine_alone_ratio": round(cpu["alone"] / cpu["exact"], 2),
        "wall_ratio": round(_at(walls["dense"], 0.5) / _at(walls["exact"], 0.5), 2),
        "cpu_client_ms": round(_at([here for _, here, _ in spent["dense"]], 0.5), 3),
        "cpu_engine_ms": round(_at([there for _, _, there in spent["dense"]], 0.5), 3),
        "cpu_ms": {name: round(value, 3) for name, value in cpu.items()},
        "wall_ms": {
            name: {"p50": round(_at(values, 0.5), 3), "p95": round(_at(values, 0.95), 3)} for name, values in walls.items()
        },
        "points": points, "of_the_company": own, "numbers": CHUNKS.size, "wanted": LEG,
    }  # fmt: skip
