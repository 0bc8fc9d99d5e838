"""One collection: a shard of the engine and the calls it answers, bodies in Qdrant's words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from qdrant_edge import (
    CountRequest,
    EdgeShard,
    FacetRequest,
    FieldCondition,
    Filter,
    KeywordIndexParams,
    MatchValue,
    PayloadSchemaType,
    QueryBatchRequest,
    ScrollRequest,
    UpdateOperation,
)

from embedded.vectors.errors import BadCall, EngineFailed, Missing, Unsupported, mapping, needed, read, sequence
from embedded.vectors.filters import Id, filter_of, narrowing_filter, point_id
from embedded.vectors.points import Schema, payload_choice, shown, shown_id
from embedded.vectors.queries import limit_of, query_request

Body = dict[str, Any]
T = TypeVar("T")
INDEXES = {name: getattr(PayloadSchemaType, name.capitalize()) for name in
           ("keyword", "integer", "float", "bool", "datetime", "uuid")}  # fmt: skip
FILLER = 12 * 2**20  # bytes of an operation that changes nothing and makes the log begin a new file
MOST_FILLERS = 12  # a log file has 32 MiB; three are in use at most


class Collection:
    """Reads and writes of one shard. Every method raises Refused, and then has changed nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.schema = Schema.of_shard(folder)
        self.unflushed = False
        self._shard = EdgeShard.load(str(folder), self.schema.engine_config())

    def close(self) -> None:
        """Flush and let go; what came since the last flush is in the write-ahead log in any case."""
        self.flush()
        self._shard.close()

    def flush(self) -> None:
        """Write everything to its place, so that the next start has no log to replay."""
        self.unflushed = False
        _ask(self._shard.flush)

    def tidy(self) -> None:
        """Give back the room of deleted points. Blocks for about 0.15 s for 10,000 points of 512 numbers."""
        _ask(self._shard.optimize)

    def sweep(self, value: Body) -> bool:
        """Afterwards no file holds a byte of a deleted point: segments are written anew, the log starts over.

        Qdrant's own word for it is a change of the optimizers' thresholds. Its figures are not looked at: here
        every deleted point counts. Other calls wait meanwhile, about as long as for `tidy` and half a second.
        """
        read(value, "collection", known=(), ignored=("optimizers_config",))
        self.tidy()
        self.flush()
        log = self.folder / "wal"
        before = {one.name for one in log.iterdir()} - {"first-index"}
        nothing = Filter(must=[FieldCondition("-", match=MatchValue("-" * FILLER))])
        for _ in range(MOST_FILLERS):
            self._write(UpdateOperation.delete_points_by_filter(nothing))
            self.flush()
            if not before & {one.name for one in log.iterdir()}:
                return True
        raise EngineFailed("Service internal error: the log did not start over")

    def upsert(self, value: Body) -> Body:
        body = read(value, "upsert", known=("points",))
        points = [self.schema.point(one) for one in sequence(needed(body, "points", "upsert"), "points")]
        return self._write(UpdateOperation.upsert_points(points))

    def update_vectors(self, value: Body) -> Body:
        body = read(value, "vectors", known=("points",))
        points = [self.schema.point_vectors(one) for one in sequence(needed(body, "points", "vectors"), "points")]
        return self._write(UpdateOperation.update_vectors(points))

    def delete(self, value: Body) -> Body:
        where = _selected(value, "delete")
        if isinstance(where, Filter):
            return self._write(UpdateOperation.delete_points_by_filter(where))
        return self._write(UpdateOperation.delete_points(where))

    def set_payload(self, value: Body) -> Body:
        """Change the fields that are named, keep the others."""
        where = _selected(value, "set payload", "payload", "key")
        payload, key = mapping(needed(value, "payload", "set payload"), "payload"), value.get("key")
        if isinstance(where, Filter):
            return self._write(UpdateOperation.set_payload_by_filter(where, payload, key))
        return self._write(UpdateOperation.set_payload(where, payload, key))

    def overwrite_payload(self, value: Body) -> Body:
        where = _selected(value, "overwrite payload", "payload")
        payload = mapping(needed(value, "payload", "overwrite payload"), "payload")
        if isinstance(where, Filter):
            return self._write(UpdateOperation.overwrite_payload_by_filter(where, payload))
        return self._write(UpdateOperation.overwrite_payload(where, payload))

    def delete_payload(self, value: Body) -> Body:
        where = _selected(value, "delete payload", "keys")
        keys = sequence(needed(value, "keys", "delete payload"), "keys")
        if isinstance(where, Filter):
            return self._write(UpdateOperation.delete_payload_by_filter(where, keys))
        return self._write(UpdateOperation.delete_payload(where, keys))

    def clear_payload(self, value: Body) -> Body:
        where = _selected(value, "clear payload")
        if isinstance(where, Filter):
            return self._write(UpdateOperation.clear_payload_by_filter(where))
        return self._write(UpdateOperation.clear_payload(where))

    def create_index(self, value: Body) -> Body:
        body = read(value, "index", known=("field_name", "field_schema"))
        schema = needed(body, "field_schema", "index")
        form = {"type": schema} if isinstance(schema, str) else schema
        form = read(
            form, "index", known=("type", "is_tenant", "prefix"), ignored=("on_disk", "memory", "lookup", "range")
        )
        kind = form.pop("type", "")
        if kind not in INDEXES:
            raise Unsupported(f"index of type {kind!r}")
        wanted = KeywordIndexParams(**form) if kind == "keyword" else INDEXES[kind]
        return self._write(UpdateOperation.create_field_index(needed(body, "field_name", "index"), wanted))

    def drop_index(self, field: str) -> Body:
        return self._write(UpdateOperation.delete_field_index(field))

    def query(self, value: Body) -> Body:
        request = query_request(value, self.schema)
        return {"points": [shown(one) for one in _ask(lambda: self._shard.query(request))]}

    def query_batch(self, value: Body) -> list[Body]:
        searches = sequence(needed(read(value, "batch", known=("searches",)), "searches", "batch"), "searches")
        batch = QueryBatchRequest([query_request(one, self.schema) for one in searches])
        return [{"points": [shown(one) for one in found]} for found in _ask(lambda: self._shard.query_batch(batch))]

    def scroll(self, value: Body) -> Body:
        body = read(value, "scroll", known=("limit", "offset", "filter", "with_payload", "with_vector"))
        request = ScrollRequest(
            limit=limit_of(body),
            offset=point_id(body["offset"]) if "offset" in body else None,
            filter=filter_of(body.get("filter")),
            with_payload=payload_choice(body.get("with_payload"), default=True),
            with_vector=body.get("with_vector", False),
        )
        points, following = _ask(lambda: self._shard.scroll(request))
        return {"points": [shown(one) for one in points], "next_page_offset": shown_id(following)}

    def retrieve(self, value: Body) -> list[Body]:
        body = read(value, "retrieve", known=("ids", "with_payload", "with_vector"))
        ids = [point_id(one) for one in sequence(needed(body, "ids", "retrieve"), "ids")]
        payload = payload_choice(body.get("with_payload"), default=True)
        return [shown(one) for one in _ask(lambda: self._shard.retrieve(ids, payload, body.get("with_vector", False)))]

    def count(self, value: Body) -> Body:
        body = read(value, "count", known=("filter",), ignored=("exact",))
        request = CountRequest(filter=filter_of(body.get("filter")), exact=True)
        return {"count": _ask(lambda: self._shard.count(request))}

    def facet(self, value: Body) -> Body:
        body = read(value, "facet", known=("key", "limit", "filter"), ignored=("exact",))
        key = needed(body, "key", "facet")
        request = FacetRequest(key, limit=limit_of(body), exact=True, filter=filter_of(body.get("filter")))
        return {"hits": [{"value": hit.value, "count": hit.count} for hit in _ask(lambda: self._shard.facet(request))]}

    def info(self) -> Body:
        """What GET /collections/{name} answers; graph and optimizer figures are those of the engine's fixed setting."""
        found = _ask(self._shard.info)
        return {
            "status": "green",
            "optimizer_status": "ok",
            "points_count": found.points_count,
            "indexed_vectors_count": found.indexed_vectors_count,
            "segments_count": found.segments_count,
            "config": {
                "params": {"vectors": self.schema.dense, "sparse_vectors": self.schema.sparse},
                "hnsw_config": {"m": 0, "ef_construct": 16, "full_scan_threshold": 10_000},
                "optimizer_config": {"default_segment_number": 1, "flush_interval_sec": 5},
            },
            "payload_schema": {
                name: {"data_type": str(one.data_type).rpartition(".")[2].lower(), "points": one.points}
                for name, one in found.payload_schema.items()
            },
        }

    def _write(self, operation: UpdateOperation) -> Body:
        """Apply; durable on return, for the engine writes its log first."""
        self.unflushed = True
        _ask(lambda: self._shard.update(operation))
        return {"operation_id": 0, "status": "completed"}


def _selected(value: Body, what: str, *also: str) -> list[Id] | Filter:
    """Which points are meant: ids, or a filter that names something."""
    body = read(value, what, known=("points", "filter", *also))
    if "points" in body:
        return [point_id(one) for one in sequence(body["points"], "points")]
    return narrowing_filter(body.get("filter"), what)


def _ask(call: Callable[[], T]) -> T:
    """The engine raises bare Exceptions; its words tell whose fault it was."""
    try:
        return call()
    except Exception as exc:
        reason = str(exc)
        if reason.startswith("Service "):
            raise EngineFailed(reason) from exc
        raise Missing(reason) if reason.startswith("No point with id") else BadCall(reason) from exc
