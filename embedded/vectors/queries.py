"""Qdrant's universal query as the engine's request: nearest by a dense or sparse vector, prefetch and fusion."""

from __future__ import annotations

from typing import Any

from qdrant_edge import Fusion, IdfParams, Prefetch, Query, QueryRequest, SearchParams

from embedded.vectors.errors import BadCall, Unsupported, mapping, needed, read
from embedded.vectors.filters import filter_of
from embedded.vectors.points import Schema, payload_choice

LEG = ("prefetch", "query", "using", "filter", "params", "score_threshold", "limit")
MOST = 10_000  # hits of one call


def query_request(value: Any, schema: Schema) -> QueryRequest:
    """One query. Raises BadCall for what does not fit the collection, Unsupported for other kinds of query."""
    body = read(value, "query", known=(*LEG, "offset", "with_payload", "with_vector"))
    return QueryRequest(
        limit=limit_of(body),
        offset=body.get("offset", 0),
        query=_scoring(body, schema),
        prefetches=_prefetches(body, schema),
        filter=filter_of(body.get("filter")),
        params=_parameters(body.get("params")),
        score_threshold=body.get("score_threshold"),
        with_payload=payload_choice(body.get("with_payload"), default=False),
        with_vector=body.get("with_vector", False),
    )


def limit_of(body: dict[str, Any]) -> int:
    """How many are wanted: 10 unless told, as in Qdrant."""
    limit = body.get("limit", 10)
    if not isinstance(limit, int) or not 1 <= limit <= MOST:
        raise BadCall(f"limit must be 1 to {MOST}")
    return limit


def _prefetches(body: dict[str, Any], schema: Schema) -> list[Prefetch] | None:
    value = body.get("prefetch")
    legs = value if isinstance(value, list) else [value] if value else []
    return [_prefetch(leg, schema) for leg in legs] or None


def _prefetch(value: Any, schema: Schema) -> Prefetch:
    body = read(value, "prefetch", known=LEG)
    return Prefetch(
        limit=limit_of(body),
        query=_scoring(body, schema),
        prefetches=_prefetches(body, schema),
        filter=filter_of(body.get("filter")),
        params=_parameters(body.get("params")),
        score_threshold=body.get("score_threshold"),
    )


def _scoring(body: dict[str, Any], schema: Schema) -> Any:
    query = body.get("query")
    if query is None:
        return None
    if isinstance(query, dict) and ("fusion" in query or "rrf" in query):
        if not body.get("prefetch"):
            raise BadCall("fusion needs prefetch")
        return _fusion(query)
    if isinstance(query, dict) and "nearest" in query:
        query = needed(read(query, "query", known=("nearest",)), "nearest", "query")
    if not isinstance(query, list) and not (isinstance(query, dict) and "indices" in query):
        raise Unsupported(f"query {', '.join(sorted(query)) if isinstance(query, dict) else 'by the id of a point'}")
    using = needed(body, "using", "query")
    return Query.Nearest(schema.vector(using, query), using=using)


def _fusion(query: dict[str, Any]) -> Any:
    if "rrf" in query:
        body = read(query["rrf"], "rrf", known=("k", "weights"))
        return Fusion.Rrf(k=body.get("k", 2), weights=body.get("weights"))
    if query["fusion"] == "rrf":
        return Fusion.Rrf(k=2)
    if query["fusion"] == "dbsf":
        return Fusion.Dbsf()
    raise Unsupported(f"fusion {query['fusion']!r}")


def _parameters(value: Any) -> SearchParams | None:
    """idf names the documents whose words are counted. Nothing else changes an answer: search is exact."""
    if value is None:
        return None
    body = read(value, "params", known=("idf",), ignored=("exact", "hnsw_ef", "indexed_only"))
    idf = body.get("idf", "global")
    if idf == "global":
        return None
    corpus = needed(read(mapping(idf, "idf"), "idf", known=("corpus",)), "corpus", "idf")
    return SearchParams(idf=IdfParams(corpus=filter_of(corpus)))
