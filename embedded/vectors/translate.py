"""Qdrant's REST shapes to the embedded engine's objects. Anything unknown is refused, never guessed."""

from __future__ import annotations

from typing import Any

from qdrant_edge import (
    Distance,
    EdgeConfig,
    EdgeSparseVectorParams,
    EdgeVectorParams,
    FieldCondition,
    Filter,
    HasIdCondition,
    HnswIndexConfig,
    IdfParams,
    MatchAny,
    MatchExcept,
    MatchValue,
    Modifier,
    Point,
    Query,
    RangeFloat,
    SearchParams,
    SparseVector,
)

DISTANCES = {"Cosine": Distance.Cosine, "Dot": Distance.Dot, "Euclid": Distance.Euclid}


class BadCall(ValueError):
    """The call cannot be read: 400."""


class Unsupported(ValueError):
    """A part of Qdrant this engine does not have: 501."""


def config(body: dict[str, Any]) -> EdgeConfig:
    """Named vectors only. Graphs stay off: building them holds the GIL for long, exact search is fast enough."""
    vectors, sparse = body.get("vectors") or {}, body.get("sparse_vectors") or {}
    if "size" in vectors:
        raise Unsupported("unnamed vectors")
    return EdgeConfig(
        vectors={name: _dense(one) for name, one in vectors.items()},
        sparse_vectors={name: _sparse(one or {}) for name, one in sparse.items()},
    )


def _dense(one: dict[str, Any]) -> EdgeVectorParams:
    try:
        return EdgeVectorParams(
            size=one["size"],
            distance=DISTANCES[one["distance"]],
            hnsw_config=HnswIndexConfig(m=0, ef_construct=16, full_scan_threshold=10_000),
        )
    except KeyError as exc:
        raise BadCall(f"vector parameters: {exc}") from exc


def _sparse(one: dict[str, Any]) -> EdgeSparseVectorParams:
    return EdgeSparseVectorParams(modifier=Modifier.Idf if one.get("modifier") == "idf" else None)


def condition(one: dict[str, Any]) -> Any:
    if "key" in one:
        return _field(one)
    if "has_id" in one:
        return HasIdCondition(set(one["has_id"]))
    if {"must", "should", "must_not"} & set(one):
        return filter_of(one)
    raise Unsupported(f"condition {sorted(one)}")


def _field(one: dict[str, Any]) -> FieldCondition:
    match, span = one.get("match"), one.get("range")
    if match:
        for name, kind in (("value", MatchValue), ("any", MatchAny), ("except", MatchExcept)):
            if name in match:
                return FieldCondition(one["key"], match=kind(match[name]))
    if span:
        return FieldCondition(
            one["key"], range=RangeFloat(**{name: span.get(name) for name in ("gte", "gt", "lte", "lt")})
        )
    raise Unsupported(f"field condition {sorted(one)}")


def filter_of(body: dict[str, Any] | None) -> Filter | None:
    if not body:
        return None
    unknown = set(body) - {"must", "should", "must_not"}
    if any(body[name] for name in unknown):
        raise Unsupported(f"filter {sorted(unknown)}")
    return Filter(must=_list(body.get("must")), should=_list(body.get("should")), must_not=_list(body.get("must_not")))


def _list(value: Any) -> list[Any] | None:
    if not value:
        return None
    return [condition(one) for one in (value if isinstance(value, list) else [value])]


def vector(value: Any) -> Any:
    if isinstance(value, dict):
        if "indices" in value:
            return SparseVector(value["indices"], value["values"])
        return {name: vector(one) for name, one in value.items()}
    return value


def point(body: dict[str, Any]) -> Point:
    try:
        return Point(body["id"], vector(body["vector"]), body.get("payload"))
    except KeyError as exc:
        raise BadCall(f"point without {exc}") from exc


def query(body: Any, using: str | None) -> Any:
    """Nearest by a dense or sparse vector; other kinds of query are not there."""
    if isinstance(body, dict) and "nearest" in body:
        body = body["nearest"]
    if isinstance(body, list) or (isinstance(body, dict) and "indices" in body):
        return Query.Nearest(vector(body), using=using)
    raise Unsupported(f"query {sorted(body) if isinstance(body, dict) else type(body).__name__}")


def parameters(body: dict[str, Any] | None) -> SearchParams | None:
    """exact and idf: the latter names the documents whose words are counted (decisions 17)."""
    if not body:
        return None
    idf = body.get("idf")
    if isinstance(idf, dict):
        return SearchParams(exact=body.get("exact") or False, idf=IdfParams(corpus=filter_of(idf["corpus"])))
    return SearchParams(exact=body.get("exact") or False)
