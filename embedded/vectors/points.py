"""Points and what a collection takes. All is checked here, before the engine writes its log:
a batch it refuses half-way is half there after the next start.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import orjson
from qdrant_edge import (
    Distance,
    EdgeConfig,
    EdgeOptimizersConfig,
    EdgeSparseVectorParams,
    EdgeVectorParams,
    HnswIndexConfig,
    Modifier,
    PayloadSelector,
    Point,
    PointVectors,
    SparseVector,
)

from embedded.vectors.errors import BadCall, Unsupported, mapping, needed, read, sequence
from embedded.vectors.filters import point_id

DISTANCES = {"Cosine": Distance.Cosine, "Dot": Distance.Dot, "Euclid": Distance.Euclid, "Manhattan": Distance.Manhattan}
# Graphs stay off: building one holds the interpreter lock for tens of seconds, exact search takes under a millisecond.
NO_GRAPH = HnswIndexConfig(m=0, ef_construct=16, full_scan_threshold=10_000)
# Nothing is optimized but on our call, and then what was deleted is to leave the files, be it one point.
EVERY_DELETION = EdgeOptimizersConfig(deleted_threshold=1e-9, vacuum_min_vector_number=1)
# How a server lays data out; none of it changes an answer here.
LAYOUT = (
    "hnsw_config", "optimizers_config", "wal_config", "on_disk_payload", "shard_number", "replication_factor",
    "write_consistency_factor", "metadata",
)  # fmt: skip
MOST_INDEX = 2**32 - 1


def engine_config(value: Any) -> EdgeConfig:
    """Named dense and sparse vectors from a call that creates a collection."""
    body = read(value, "collection", known=("vectors", "sparse_vectors"), ignored=LAYOUT)
    dense = mapping(body.get("vectors", {}), "vectors")
    sparse = mapping(body.get("sparse_vectors", {}), "sparse_vectors")
    if "size" in dense:
        raise Unsupported("a vector without a name")
    if not dense and not sparse:
        raise BadCall("a collection needs vectors or sparse_vectors")
    return EdgeConfig(
        vectors={name: _dense_params(one) for name, one in dense.items()},
        sparse_vectors={name: _sparse_params(one or {}) for name, one in sparse.items()},
        optimizers=EVERY_DELETION,
    )


def _dense_params(value: Any) -> EdgeVectorParams:
    body = read(value, "vector", known=("size", "distance"), ignored=("hnsw_config", "on_disk"))
    distance = needed(body, "distance", "vector")
    if distance not in DISTANCES:
        raise BadCall(f"distance {distance!r}: one of {', '.join(DISTANCES)}")
    return EdgeVectorParams(size=needed(body, "size", "vector"), distance=DISTANCES[distance], hnsw_config=NO_GRAPH)


def _sparse_params(value: Any) -> EdgeSparseVectorParams:
    modifier = read(value, "sparse vector", known=("modifier",), ignored=("index",)).get("modifier", "none")
    if modifier not in ("idf", "none"):
        raise Unsupported(f"modifier {modifier!r}")
    return EdgeSparseVectorParams(modifier=Modifier.Idf if modifier == "idf" else None)


@dataclass(frozen=True, slots=True)
class Schema:
    """The vectors a collection has: parameters of the dense and the sparse ones by name, as Qdrant writes them."""

    dense: dict[str, dict[str, Any]]
    sparse: dict[str, dict[str, Any]]

    @classmethod
    def of_shard(cls, folder: Path) -> Schema:
        """From the file the engine keeps beside its data."""
        stored = orjson.loads((folder / "edge_config.json").read_bytes())
        dense = {name: {"size": one["size"], "distance": one["distance"]} for name, one in stored["vectors"].items()}
        sparse = stored.get("sparse_vectors") or {}
        return cls(dense, {name: {"modifier": one.get("modifier") or "none"} for name, one in sparse.items()})

    def engine_config(self) -> EdgeConfig:
        """What the shard is opened with: a folder made by an older release gets today's settings."""
        return engine_config({"vectors": self.dense, "sparse_vectors": self.sparse})

    def vector(self, name: str, value: Any) -> list[float] | SparseVector:
        """One vector for the engine. Raises BadCall when it does not fit."""
        if name in self.dense:
            return self._dense(name, value)
        if name in self.sparse:
            return _sparse(name, value)
        raise BadCall(f"Not existing vector name error: {name}")

    def point(self, value: Any) -> Point:
        body = read(value, "point", known=("id", "vector", "payload"))
        vectors = mapping(needed(body, "vector", "point"), "vector")
        payload = mapping(body.get("payload", {}), "payload")
        return Point(
            point_id(needed(body, "id", "point")),
            {name: self.vector(name, one) for name, one in vectors.items()},
            payload,
        )

    def point_vectors(self, value: Any) -> PointVectors:
        body = read(value, "point", known=("id", "vector"))
        vectors = mapping(needed(body, "vector", "point"), "vector")
        return PointVectors(
            point_id(needed(body, "id", "point")), {name: self.vector(name, one) for name, one in vectors.items()}
        )

    def _dense(self, name: str, value: Any) -> list[float]:
        numbers, size = sequence(value, f"vector {name}"), self.dense[name]["size"]
        if len(numbers) != size:
            raise BadCall(f"Vector dimension error: expected dim: {size}, got {len(numbers)}")
        if not _finite(numbers):
            raise BadCall(f"vector {name}: finite numbers only")
        return numbers


def _sparse(name: str, value: Any) -> SparseVector:
    body = read(value, f"sparse vector {name}", known=("indices", "values"))
    indices = sequence(needed(body, "indices", name), "indices")
    values = sequence(needed(body, "values", name), "values")
    if len(indices) != len(values) or len(set(indices)) != len(indices):
        raise BadCall(f"sparse vector {name}: as many values as indices, no index twice")
    if not all(isinstance(one, int) and 0 <= one <= MOST_INDEX for one in indices) or not _finite(values):
        raise BadCall(f"sparse vector {name}: indices of 32 bits, finite values")
    return SparseVector(indices, values)


def _finite(numbers: list[Any]) -> bool:
    try:
        return isfinite(sum(numbers))
    except TypeError:
        return False


def payload_choice(value: Any, *, default: bool) -> Any:
    """with_payload: yes, no, a list of fields, or include / exclude."""
    if value is None:
        return default
    if isinstance(value, dict):
        body = read(value, "with_payload", known=("include", "exclude"))
        if "exclude" in body:
            return PayloadSelector.Exclude(sequence(body["exclude"], "exclude"))
        return sequence(needed(body, "include", "with_payload"), "include")
    return value


def shown(record: Any) -> dict[str, Any]:
    """A record or scored point as Qdrant writes it; ids as text where they are UUIDs."""
    body: dict[str, Any] = {"id": shown_id(record.id)}
    if hasattr(record, "score"):
        body |= {"version": record.version, "score": record.score}
    if record.payload is not None:
        body["payload"] = record.payload
    if record.vector is not None:
        body["vector"] = {name: _shown_vector(one) for name, one in record.vector.items()}
    return body


def shown_id(value: Any) -> Any:
    return value if isinstance(value, int) or value is None else str(value)


def _shown_vector(value: Any) -> Any:
    return {"indices": value.indices, "values": value.values} if isinstance(value, SparseVector) else value
