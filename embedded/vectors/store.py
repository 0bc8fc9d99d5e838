"""Collections on disk: a folder each, one owner, aliases in a file that is replaced whole."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from pathlib import Path
from typing import Any

import orjson
from qdrant_edge import (
    CountRequest,
    EdgeShard,
    KeywordIndexParams,
    PayloadSchemaType,
    QueryRequest,
    ScrollRequest,
    UpdateOperation,
)

from embedded.vectors.translate import (
    BadCall,
    Unsupported,
    config,
    filter_of,
    parameters,
    point,
    query,
)

_NAME = re.compile(r"\A[a-z0-9_]{1,60}\Z")


class Taken(RuntimeError):
    """Another process owns the folder."""


class Missing(KeyError):
    """No such collection: 404."""


class Store:
    """Owns a folder of shards. The lock is taken before any shard is opened: a refused second load would
    damage the first holder's flushes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = (folder / "owner.lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise Taken(f"{folder} is served by another process") from exc
        self.shards = {one.parent.name: EdgeShard.load(str(one.parent)) for one in folder.glob("*/edge_config.json")}
        self.aliases: dict[str, str] = self._read_aliases()

    def close(self) -> None:
        for shard in self.shards.values():
            shard.flush()
            shard.close()
        self._lock.close()

    def shard(self, name: str) -> EdgeShard:
        try:
            return self.shards[self.aliases.get(name, name)]
        except KeyError:
            raise Missing(name) from None

    def exists(self, name: str) -> bool:
        return self.aliases.get(name, name) in self.shards

    def create(self, name: str, body: dict[str, Any]) -> None:
        if not _NAME.match(name):
            raise BadCall(f"collection name {name!r}: a-z, 0-9 and _ only")
        if name in self.shards:
            raise BadCall(f"collection {name!r} exists")
        folder = self.folder / name
        folder.mkdir()
        self.shards[name] = EdgeShard.create(str(folder), config(body))

    def drop(self, name: str) -> None:
        shard = self.shards.pop(name, None)
        if shard is not None:
            shard.close()
            shutil.rmtree(self.folder / name)

    def index(self, name: str, body: dict[str, Any]) -> None:
        schema = body["field_schema"]
        kind = schema if isinstance(schema, str) else schema["type"]
        tenant = None if isinstance(schema, str) else schema.get("is_tenant")
        wanted = (
            KeywordIndexParams(is_tenant=tenant) if kind == "keyword" else getattr(PayloadSchemaType, kind.capitalize())
        )
        self.shard(name).update(UpdateOperation.create_field_index(body["field_name"], wanted))

    def upsert(self, name: str, body: dict[str, Any]) -> None:
        if "points" not in body:
            raise Unsupported("upsert in columns")
        self.shard(name).update(UpdateOperation.upsert_points([point(one) for one in body["points"]]))

    def delete(self, name: str, body: dict[str, Any]) -> None:
        if body.get("points"):
            operation = UpdateOperation.delete_points(body["points"])
        elif body.get("filter"):
            operation = UpdateOperation.delete_points_by_filter(filter_of(body["filter"]))
        else:
            raise BadCall("delete needs points or a filter that is not empty")
        self.shard(name).update(operation)

    def set_payload(self, name: str, body: dict[str, Any]) -> None:
        if body.get("points"):
            operation = UpdateOperation.set_payload(body["points"], body["payload"])
        elif body.get("filter"):
            operation = UpdateOperation.set_payload_by_filter(filter_of(body["filter"]), body["payload"])
        else:
            raise BadCall("set payload needs points or a filter that is not empty")
        self.shard(name).update(operation)

    def query(self, name: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        if body.get("prefetch"):
            raise Unsupported("prefetch")
        request = QueryRequest(
            limit=body.get("limit") or 10,
            offset=body.get("offset") or 0,
            query=query(body.get("query"), body.get("using")),
            filter=filter_of(body.get("filter")),
            params=parameters(body.get("params")),
            with_payload=bool(body.get("with_payload")),
            score_threshold=body.get("score_threshold"),
        )
        fields = body.get("with_payload")
        return [
            {"id": one.id, "version": one.version, "score": one.score, "payload": _fields(one.payload, fields)}
            for one in self.shard(name).query(request)
        ]

    def count(self, name: str, body: dict[str, Any]) -> int:
        return int(self.shard(name).count(CountRequest(filter=filter_of(body.get("filter")), exact=True)))

    def scroll(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        request = ScrollRequest(
            limit=body.get("limit") or 10,
            offset=body.get("offset"),
            filter=filter_of(body.get("filter")),
            with_payload=bool(body.get("with_payload", True)),
        )
        points, following = self.shard(name).scroll(request)
        return {
            "points": [{"id": one.id, "payload": one.payload} for one in points],
            "next_page_offset": following,
        }

    def change_aliases(self, body: dict[str, Any]) -> None:
        """All of the actions or none; the file is replaced whole."""
        aliases = dict(self.aliases)
        for action in body["actions"]:
            if "create_alias" in action:
                one = action["create_alias"]
                if one["collection_name"] not in self.shards:
                    raise Missing(one["collection_name"])
                aliases[one["alias_name"]] = one["collection_name"]
            elif "delete_alias" in action:
                aliases.pop(action["delete_alias"]["alias_name"], None)
            else:
                raise Unsupported(f"alias action {sorted(action)}")
        draft = self.folder / "aliases.json.new"
        with draft.open("wb") as file:
            file.write(orjson.dumps(aliases))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.folder / "aliases.json")
        self.aliases = aliases

    def _read_aliases(self) -> dict[str, str]:
        file = self.folder / "aliases.json"
        found: dict[str, str] = orjson.loads(file.read_bytes()) if file.exists() else {}
        return found


def _fields(payload: Any, wanted: Any) -> Any:
    """with_payload may name the fields to return."""
    if isinstance(wanted, dict):
        wanted = wanted.get("include")
    if isinstance(wanted, list) and payload:
        return {name: payload[name] for name in wanted if name in payload}
    return payload
