"""A simulated provider of language models as its own process, for tests of both sides."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import orjson

from tests.simulated import ROOT

LLM_KEY = "sk-the-key-of-the-provider"


@dataclass(slots=True)
class SimulatedLlm:
    """A running provider: `url` as a customer of it, `control` as nobody but a test may."""

    url: str
    control: httpx2.Client

    @property
    def hosts(self) -> frozenset[str]:
        return frozenset({self.url.split("//")[1].split("/")[0]})

    def told(self, path: str = "log") -> Any:
        return self.control.get(f"/__sim/{path}").raise_for_status().json()

    def tell(self, path: str, **payload: Any) -> Any:
        answer = self.control.post(f"/__sim/{path}", content=orjson.dumps(payload))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fault(self, kind: str, **more: Any) -> None:
        """From now on, this happens (at every call unless `at` or `rate` says otherwise)."""
        self.tell("faults", faults=[{"kind": kind, **more}])

    def calls(self) -> list[dict[str, Any]]:
        """What was asked since `fresh`."""
        return list(self.told()["requests"])

    def ended(self, seconds: float = 2.0) -> list[dict[str, Any]]:
        """The calls, once none is open any more."""
        until = time.monotonic() + seconds
        while (log := self.told())["open"]:
            assert time.monotonic() < until, "a call is still open"
            time.sleep(0.01)
        return list(log["requests"])

    def fresh(self) -> None:
        """No faults, no answers, nothing logged, honest and fast."""
        self.tell("faults", faults=[])
        self.tell("answers", answers=[])
        self.tell("settings", manner="honest", first_token=0, gap=0, version=1, dimension=256, api_key=LLM_KEY)
        self.control.delete("/__sim/log").raise_for_status()


@contextmanager
def running_llm(*arguments: str) -> Iterator[SimulatedLlm]:
    """The simulator with these arguments, on free ports, gone afterwards."""
    command = [sys.executable, "-m", "simulators.llm", "--api-key", LLM_KEY, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            line = orjson.loads(process.stdout.readline())
            with httpx2.Client(base_url=line["control"], trust_env=False, timeout=10) as control:
                yield SimulatedLlm(line["api"], control)
        finally:
            process.terminate()
