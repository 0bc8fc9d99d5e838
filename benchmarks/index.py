"""The embedded vector engine for a benchmark, and many chunks in it, as the index writes them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import numpy as np
import orjson
from django.test.utils import override_settings

from apps.search import index
from apps.search.lexical import SparseVector
from embedded.vectors.process import VectorsProcess

BATCH = 500  # points a write
TOPICS, APART = 200, 1.2  # subjects the texts of a company are about; how far a text is from the middle of its own


@contextmanager
def running_index() -> Iterator[VectorsProcess]:
    """The engine on a scratch folder, asked by everything here that asks an index; the collection of chunks is there."""
    with tempfile.TemporaryDirectory(prefix="deskhand-bench-index-") as folder:
        engine = VectorsProcess(Path(folder) / "vectors").start()
        try:
            with override_settings(QDRANT_URL=engine.url, QDRANT_API_KEY=engine.token):
                index._client.cache_clear()
                index.ensure_collection()
                yield engine
        finally:
            index._client.cache_clear()
            engine.stop()


def clustered(count: int, size: int, seed: int) -> Any:
    """float32 [count, size] of unit length, in TOPICS heaps: harder to tell apart than dice, as texts are."""
    dice = np.random.default_rng(seed)
    middles = dice.standard_normal((TOPICS, size), dtype=np.float32)
    found = middles[dice.integers(0, TOPICS, count)]
    found += APART * dice.standard_normal((count, size), dtype=np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def words(count: int, seed: int, *, each: int = 30, known: int = 20_000) -> list[SparseVector]:
    """The terms of each text: few are common and many rare."""
    drawn = (np.random.default_rng(seed).zipf(1.3, (count, each)) % known).tolist()
    return [SparseVector(tuple(sorted(row)), (1.0,) * len(row)) for row in map(set, drawn)]


def write_points(
    engine: VectorsProcess, company_id: str, ids: Sequence[UUID], vectors: Any, terms: Sequence[SparseVector] | None,
    payloads: Sequence[dict[str, Any]], space: index.Space = index.CHUNKS,
) -> None:  # fmt: skip
    """By the engine's own interface: what the product's writing costs is measured elsewhere (vectors_busy, resync_cost)."""
    with httpx2.Client(base_url=engine.url, headers={"api-key": engine.token}, timeout=60) as client:
        for start in range(0, len(ids), BATCH):
            points = [
                {"id": str(ids[at]), "payload": payloads[at] | {"company_id": company_id},
                 "vector": {space.vector: vectors[at]} | ({index.SPARSE: asdict(terms[at])} if terms else {})}
                for at in range(start, min(start + BATCH, len(ids)))
            ]  # fmt: skip
            client.put(
                f"/collections/{space.alias}/points?wait=true",
                content=orjson.dumps({"points": points}, option=orjson.OPT_SERIALIZE_NUMPY),
            ).raise_for_status()
