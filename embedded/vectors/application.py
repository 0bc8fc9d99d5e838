"""The HTTP side of the owner: token, routes, bodies, and errors as Qdrant writes them."""

from __future__ import annotations

import asyncio
import hmac
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from time import perf_counter
from typing import Any
from urllib.parse import unquote

import orjson

from embedded.vectors.collection import Collection
from embedded.vectors.errors import BadCall, EngineFailed, Refused, Unsupported
from embedded.vectors.store import Store

VERSION = "1.20.0"  # of the REST interface spoken here
MOST_BYTES = 64 * 2**20
FLUSH_SECONDS = 5.0
PROBES = (["healthz"], ["readyz"], ["livez"])

READS: dict[tuple[str, ...], Callable[[Collection, Any], Any]] = {
    ("GET",): lambda collection, _: collection.info(),
    ("POST", "points"): Collection.retrieve,
    ("POST", "points", "query"): Collection.query,
    ("POST", "points", "query", "batch"): Collection.query_batch,
    ("POST", "points", "scroll"): Collection.scroll,
    ("POST", "points", "count"): Collection.count,
    ("POST", "facet"): Collection.facet,
}
WRITES: dict[tuple[str, ...], Callable[[Collection, Any], Any]] = {
    ("PUT", "points"): Collection.upsert,
    ("PUT", "points", "vectors"): Collection.update_vectors,
    ("POST", "points", "delete"): Collection.delete,
    ("POST", "points", "payload"): Collection.set_payload,
    ("PUT", "points", "payload"): Collection.overwrite_payload,
    ("POST", "points", "payload", "delete"): Collection.delete_payload,
    ("POST", "points", "payload", "clear"): Collection.clear_payload,
    ("PUT", "index"): Collection.create_index,
    ("PATCH",): Collection.sweep,
}


def is_read(method: str, parts: list[str]) -> bool:
    """Whether a call leaves everything as it is; writes go through one thread, one after the other."""
    return method == "GET" or (method, *parts[2:]) in READS


def answer(store: Store, method: str, parts: list[str], body: Any) -> Any:
    """The result of one call. Raises Refused."""
    if parts and parts[0] == "collections" and len(parts) >= 2 and parts[1:] != ["aliases"]:
        return _about_collection(store, method, parts[1], parts[2:], body)
    match (method, *parts):
        case ("GET", "collections"):
            return store.listed()
        case ("GET", "aliases"):
            return store.listed_aliases()
        case ("POST", "collections", "aliases"):
            return store.change_aliases(body)
    raise Unsupported(f"{method} /{'/'.join(parts)}")


def _about_collection(store: Store, method: str, name: str, rest: list[str], body: Any) -> Any:
    match (method, *rest):
        case ("GET", "exists"):
            return store.exists(name)
        case ("GET", "aliases"):
            return store.listed_aliases(store.collection(name).folder.name)
        case ("PUT",):
            return store.create(name, body)
        case ("DELETE",):
            return store.drop(name)
        case ("DELETE", "index", field):
            return store.collection(name).drop_index(field)
    call = READS.get((method, *rest)) or WRITES.get((method, *rest))
    if call is None:
        raise Unsupported(f"{method} /collections/{name}/{'/'.join(rest)}")
    return call(store.collection(name), body)


class Application:
    """ASGI. Reads may run beside a write; a collection is changed by one thread only."""

    def __init__(self, store: Store, token: str) -> None:
        self.store = store
        self.token = token.encode()
        self.readers = ThreadPoolExecutor(2, thread_name_prefix="read")
        self.writer = ThreadPoolExecutor(1, thread_name_prefix="write")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            status, content = await self._respond(scope, receive)
            headers = [(b"content-type", b"application/json"), (b"server", b"deskhand-vectors/" + VERSION.encode())]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": orjson.dumps(content)})

    async def _respond(self, scope: Any, receive: Any) -> tuple[int, dict[str, Any]]:
        began = perf_counter()
        given = dict(scope["headers"]).get(b"api-key", b"")
        if not hmac.compare_digest(given, self.token):
            return 401, {"status": {"error": "Must provide an API key or an Authorization bearer token"}, "time": 0}
        parts = [unquote(part) for part in scope["raw_path"].decode("ascii", "replace").split("/") if part]
        if not parts:
            return 200, {"title": "deskhand vectors", "version": VERSION}
        if parts in PROBES:
            return 200, {"result": "ok", "status": "ok", "time": 0}
        try:
            body = await _body(receive)
            pool = self.readers if is_read(scope["method"], parts) else self.writer
            result = await asyncio.get_running_loop().run_in_executor(
                pool, _guarded, self.store, scope["method"], parts, body
            )
        except Refused as exc:
            prefix = "Not part of the embedded vector engine: " if isinstance(exc, Unsupported) else ""
            return exc.status, {"status": {"error": f"{prefix}{exc}"}, "time": perf_counter() - began}
        return 200, {"result": result, "status": "ok", "time": perf_counter() - began}

    async def _lifespan(self, receive: Any, send: Any) -> None:
        flushing = None
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                flushing = asyncio.create_task(self._flush_now_and_then())
                await send({"type": "lifespan.startup.complete"})
                continue
            if flushing is not None:
                flushing.cancel()
                with suppress(asyncio.CancelledError):
                    await flushing
            self.readers.shutdown()
            self.writer.shutdown()
            await send({"type": "lifespan.shutdown.complete"})
            return

    async def _flush_now_and_then(self) -> None:
        """Keeps the write-ahead log short; nothing is lost without it."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            try:
                await asyncio.get_running_loop().run_in_executor(self.writer, self.store.flush)
            except EngineFailed as exc:
                sys.stderr.write(f"flush failed, the log keeps what was written: {exc}\n")


async def _body(receive: Any) -> bytes:
    """The whole body. Raises BadCall over 64 MiB."""
    pieces, size, more = [], 0, True
    while more:
        message = await receive()
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        more = message.get("more_body", False)
        if size > MOST_BYTES:
            raise BadCall(f"a body may have {MOST_BYTES} bytes")
    return b"".join(pieces)


def _guarded(store: Store, method: str, parts: list[str], body: bytes) -> Any:
    """Runs in a thread of a pool: reads the body, answers, and turns what the engine's types refuse into a 400."""
    try:
        return answer(store, method, parts, orjson.loads(body) if body else {})
    except (TypeError, ValueError, OverflowError, orjson.JSONDecodeError) as exc:
        raise BadCall(str(exc)) from exc
    except Exception:
        raise
    except BaseException as exc:  # a panic of the engine leaves its locks poisoned; the log brings all back
        sys.stderr.write(f"the engine panicked, the owner starts over: {exc}\n")
        sys.stderr.flush()
        os._exit(70)
