"""python -m embedded.vectors: the owner process of the embedded vector engine."""

from __future__ import annotations

import argparse
import asyncio
import hmac
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson
import uvicorn

from embedded.vectors.store import Missing, Store, Taken
from embedded.vectors.translate import BadCall, Unsupported

VERSION = "1.20.0"  # of the REST interface spoken here


def route(store: Store, method: str, parts: list[str], body: dict[str, Any]) -> Any:
    """The result of one call. Raises Missing, BadCall or Unsupported."""
    if parts == ["collections"] and method == "GET":
        return {"collections": [{"name": name} for name in sorted(store.shards)]}
    if parts == ["collections", "aliases"] and method == "POST":
        return store.change_aliases(body) or True
    if parts == ["aliases"] and method == "GET":
        return {"aliases": [{"alias_name": one, "collection_name": to} for one, to in store.aliases.items()]}
    if len(parts) < 2 or parts[0] != "collections":
        raise Unsupported("/".join(parts))
    name, call = parts[1], (method, *parts[2:])
    done = {"operation_id": 0, "status": "completed"}
    match call:
        case ("GET", "exists"):
            return {"exists": store.exists(name)}
        case ("PUT",):
            return store.create(name, body) or True
        case ("DELETE",):
            return store.drop(name) or True
        case ("PUT", "index"):
            return store.index(name, body) or done
        case ("PUT", "points"):
            return store.upsert(name, body) or done
        case ("POST", "points", "query"):
            return {"points": store.query(name, body)}
        case ("POST", "points", "delete"):
            return store.delete(name, body) or done
        case ("POST", "points", "payload"):
            return store.set_payload(name, body) or done
        case ("POST", "points", "count"):
            return {"count": store.count(name, body)}
        case ("POST", "points", "scroll"):
            return store.scroll(name, body)
    raise Unsupported(f"{method} {'/'.join(parts)}")


class Application:
    """The ASGI side: token, body, errors as Qdrant writes them."""

    def __init__(self, store: Store, token: str) -> None:
        self.store = store
        self.token = token.encode()
        self.pool = ThreadPoolExecutor(1)  # one writer; searches take well under a millisecond

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        status, answer = await self._answer(scope, body)
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": orjson.dumps(answer, default=str)})

    async def _answer(self, scope: Any, body: bytes) -> tuple[int, dict[str, Any]]:
        given = dict(scope["headers"]).get(b"api-key", b"")
        if not hmac.compare_digest(given, self.token):
            return 401, {"status": {"error": "api-key is missing or wrong"}, "time": 0}
        parts = [part for part in scope["path"].split("/") if part]
        if not parts:
            return 200, {"title": "deskhand vectors", "version": VERSION}
        loop = asyncio.get_running_loop()
        try:
            content = orjson.loads(body) if body else {}
            result = await loop.run_in_executor(self.pool, route, self.store, scope["method"], parts, content)
        except Missing as exc:
            return 404, {"status": {"error": f"collection {exc} does not exist"}, "time": 0}
        except Unsupported as exc:
            return 501, {"status": {"error": f"not part of the embedded engine: {exc}"}, "time": 0}
        except (BadCall, KeyError, TypeError, ValueError, orjson.JSONDecodeError) as exc:
            return 400, {"status": {"error": str(exc)}, "time": 0}
        return 200, {"result": result, "status": "ok", "time": 0.0}

    async def _lifespan(self, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            else:
                self.store.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m embedded.vectors", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the collections; one owner at a time")
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    parser.add_argument(
        "--token", default=os.environ.get("QDRANT_API_KEY", ""), help="api-key (default QDRANT_API_KEY)"
    )
    options = parser.parse_args()
    if not options.token:
        parser.error("a token is needed: --token or QDRANT_API_KEY")
    try:
        store = Store(options.data)
    except Taken as exc:
        sys.stderr.write(f"{exc}\n")
        return 3
    application = Application(store, options.token)
    uvicorn.run(application, host="127.0.0.1", port=options.port, log_level="warning", access_log=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
