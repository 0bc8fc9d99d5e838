"""A simulated ServiceNow instance as its own process: for tests of both sides."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import orjson

from tests.simulated import ROOT

USER, PASSWORD = "deskhand.integration", "the-password-of-the-user"
CLIENT_ID, CLIENT_SECRET, API_KEY = "the-client", "the-secret-of-the-client", "the-key-of-the-instance"


@dataclass(slots=True)
class Simulator:
    """A running instance: `api` as its integration user, `control` as nobody but a test may."""

    url: str
    api: httpx2.Client
    control: httpx2.Client

    def rows(self, table: str, query: str = "", **params: Any) -> list[dict[str, Any]]:
        """A list of a table."""
        asked = {"sysparm_query": query} | {f"sysparm_{name}": value for name, value in params.items()}
        found: list[dict[str, Any]] = self.api.get(f"/api/now/v2/table/{table}", params=asked).raise_for_status().json()["result"]
        return found

    def told(self, path: str) -> Any:
        return self.control.get(f"/__sim/{path}").raise_for_status().json()

    def tell(self, path: str, **payload: Any) -> Any:
        answer = self.control.post(f"/__sim/{path}", content=orjson.dumps(payload))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def update(self, **change: Any) -> None:
        self.tell("update", apply=[change])

    @property
    def hosts(self) -> frozenset[str]:
        return frozenset((self.url.removeprefix("http://"),))


@contextmanager
def running(*arguments: str) -> Iterator[Simulator]:
    """The simulator with these arguments, on free ports, gone afterwards."""
    secrets = ("--user", USER, "--password", PASSWORD, "--client-id", CLIENT_ID, "--client-secret", CLIENT_SECRET, "--api-key", API_KEY)
    command = [sys.executable, "-m", "simulators.servicenow", *secrets, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            line = orjson.loads(process.stdout.readline())
            with (
                httpx2.Client(base_url=line["api"], auth=(USER, PASSWORD), headers={"accept": "application/json"}, trust_env=False,
                              timeout=30) as api,
                httpx2.Client(base_url=line["control"], trust_env=False, timeout=60) as control,
            ):  # fmt: skip
                yield Simulator(line["api"], api, control)
        finally:
            process.terminate()
