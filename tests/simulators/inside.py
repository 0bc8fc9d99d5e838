"""A simulated account asked without a process or a socket between: quick, and its clock stands still."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson

from simulators.freshdesk.__main__ import arguments, build
from simulators.freshdesk.api import Api
from simulators.freshdesk.control import Control
from simulators.web import Request, Response
from tests.simulated import KEY, NOW

EVER = "2000-01-01T00:00:00Z"


@dataclass
class Inside:
    """The account's API, its storage host and its controls."""

    api: Api
    control: Control = field(init=False)

    def __post_init__(self) -> None:
        self.control = Control(self.api, asyncio.Event())
        self.api.world.clock.set(at=self.api.world.clock.second(), rate=0)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str = KEY,
        headers: dict[str, str] | None = None,
        **params: Any,
    ) -> Response:
        """One call of the API, below /api/v2. A body of bytes is sent as it is."""
        login = base64.b64encode(f"{key}:X".encode()).decode()
        sent = {"authorization": f"Basic {login}", "content-type": "application/json", "host": "sim.example"}
        query = {name: str(value) for name, value in params.items()}
        content = b"" if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
        return asyncio.run(self.api(Request(method, f"/api/v2{path}", query, sent | (headers or {}), content)))

    def get(self, path: str, **params: Any) -> Any:
        """The JSON of a call that must succeed."""
        answer = self.ask("GET", path, **params)
        assert answer.status == 200, (path, answer.status, answer.body[:300])
        return orjson.loads(answer.body)

    def status(self, path: str, **params: Any) -> int:
        return self.ask("GET", path, **params).status

    def tell(self, path: str, method: str = "POST", **payload: Any) -> Any:
        """One call of the controls."""
        request = Request(method, f"/__sim/{path}", {}, {}, orjson.dumps(payload))
        answer = asyncio.run(self.control(request))
        assert answer.status == 200, answer.body
        return orjson.loads(answer.body)

    def told(self, path: str) -> Any:
        return self.tell(path, "GET")

    def update(self, **change: Any) -> int:
        return self.tell("update", apply=[change])["touched"]

    def download(self, url: str, **headers: str) -> Response:
        """A link of the storage host."""
        split = urlsplit(url)
        request = Request("GET", unquote(split.path), dict(parse_qsl(split.query)), headers, b"")
        return asyncio.run(self.api.world.storage(request))

    def truth(self) -> dict[int, dict[str, Any]]:
        return {int(row["remote_id"]): row for row in self.told("truth")["tickets"]}


def generated(tickets: int, *more: str, seed: int = 1) -> Inside:
    size = ("--account", "generated", "--tickets", str(tickets), "--seed", str(seed), "--plan", "unlimited")
    return Inside(build(arguments((*size, "--now", NOW, "--api-key", KEY, *more))))
