"""A simulated instance asked without a process or a socket between: quick, and its clock stands still."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import orjson

from simulators.servicenow.__main__ import arguments, build
from simulators.servicenow.api import Api
from simulators.servicenow.control import Control
from simulators.web import Request, Response
from tests.simulated import NOW
from tests.simulated_servicenow import API_KEY, CLIENT_ID, CLIENT_SECRET, PASSWORD, USER


@dataclass
class Inside:
    """The instance's API and its controls."""

    api: Api
    control: Control = field(init=False)

    def __post_init__(self) -> None:
        self.control = Control(self.api, asyncio.Event())
        self.api.world.clock.set(at=self.api.world.clock.second(), rate=0)

    def ask(self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None, **params: Any) -> Response:
        """One call, below /api/now unless the path says otherwise; sysparm_ is put before the names of parameters."""
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        sent = {"authorization": f"Basic {login}", "content-type": "application/json", "host": "sim.example", "accept": "application/json"}
        query = {name if name.startswith(("table_", "file_")) else f"sysparm_{name}": str(value) for name, value in params.items()}
        content = b"" if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
        whole = path if path.startswith(("/api", "/oauth")) else f"/api/now{path}"
        target = f"{whole}?{urlencode(query)}"
        kept = {name: value for name, value in (sent | (headers or {})).items() if value}
        return asyncio.run(self.api(Request(method, whole, query, kept, content, target)))

    def get(self, path: str, **params: Any) -> Any:
        """The result of a call that must succeed."""
        answer = self.ask("GET", path, **params)
        assert answer.status == 200, (path, answer.status, answer.body[:300])
        return orjson.loads(answer.body)["result"]

    def rows(self, table: str, query: str = "", **params: Any) -> list[Any]:
        found: list[Any] = self.get(f"/v2/table/{table}", query=query, **params)
        return found

    def ids(self, table: str, query: str = "", **params: Any) -> list[str]:
        return [row["sys_id"] for row in self.rows(table, query, fields="sys_id", **params)]

    def token(self, **form: str) -> Response:
        known = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET} | form
        kind = {"content-type": "application/x-www-form-urlencoded", "authorization": ""}
        return self.ask("POST", "/oauth_token.do", urlencode(known).encode(), headers=kind)

    def tell(self, path: str, method: str = "POST", **payload: Any) -> Any:
        """One call of the controls."""
        path, _, query = path.partition("?")
        asked = dict(pair.split("=", 1) for pair in query.split("&") if pair)
        answer = asyncio.run(self.control(Request(method, f"/__sim/{path}", asked, {}, orjson.dumps(payload))))
        assert answer.status == 200, answer.body
        return orjson.loads(answer.body)

    def told(self, path: str) -> Any:
        return self.tell(path, "GET")

    def update(self, **change: Any) -> int:
        return int(self.tell("update", apply=[change])["touched"])

    def switch(self, **values: Any) -> None:
        self.tell("switches", **values)

    def truth(self) -> dict[str, dict[str, Any]]:
        return {row["remote_id"]: row for row in self.told("truth")["tickets"]}


def instance(account: str, *more: str) -> Inside:
    secrets = ("--user", USER, "--password", PASSWORD, "--client-id", CLIENT_ID, "--client-secret", CLIENT_SECRET, "--api-key", API_KEY)
    return Inside(build(arguments(("--account", account, *secrets, "--now", NOW, *more))))


def generated(count: int, seed: int = 1) -> Inside:
    return instance(f"generated:{count}:{seed}")
