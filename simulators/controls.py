"""What every simulated service has on its control port: clock, faults, script, log, stop. No adapter may know it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from simulators.clock import Clock, parse_time, stamp
from simulators.faults import FaultPlan
from simulators.script import Script
from simulators.web import Request, Response, json_response

Json = dict[str, Any]
Routes = dict[tuple[str, str], Callable[[Any], Any]]


class Served(Protocol):
    """The public port of a service, as far as its controls must know it."""

    plan: FaultPlan
    script: Script
    calls: int

    @property
    def clock(self) -> Clock: ...
    def rows(self) -> list[Json]: ...
    def clear(self) -> None: ...


@dataclass(slots=True)
class Controls:
    """Routes below /__sim/. GET reads, POST (JSON) changes; 400 says what was wrong with the input."""

    api: Any
    stopped: asyncio.Event

    @property
    def served(self) -> Served:
        """The same, as far as it is known here."""
        api: Served = self.api
        return api

    def routes(self, request: Request) -> Routes:
        """What answers a verb and a path."""
        return {
            ("GET", "/__sim/log"): self.read_log,
            ("DELETE", "/__sim/log"): self.clear_log,
            ("GET", "/__sim/clock"): self.read_clock,
            ("POST", "/__sim/clock"): self.set_clock,
            ("GET", "/__sim/faults"): self.read_faults,
            ("POST", "/__sim/faults"): self.set_faults,
            ("GET", "/__sim/script"): self.read_script,
            ("POST", "/__sim/script"): self.set_script,
            ("GET", "/__sim/script/told"): self.read_told,
            ("POST", "/__sim/script/finish"): self.finish_script,
            ("POST", "/__sim/update"): self.update,
            ("POST", "/__sim/stop"): self.stop,
        }

    async def __call__(self, request: Request) -> Response:
        """Answer one call."""
        routes = self.routes(request)
        call = routes.get((request.method, request.path))
        if call is None:
            known = sorted(f"{method} {path}" for method, path in routes)
            return json_response({"error": "no such route", "routes": known}, 404)
        try:
            return json_response(call(request.json()))
        except (ValueError, TypeError, KeyError, AttributeError) as exc:
            return json_response({"error": f"{type(exc).__name__}: {exc}"}, 400)

    def read_log(self, _: Any) -> Json:
        """Every call, oldest first."""
        return {"calls": self.served.calls, "requests": self.served.rows()}

    def clear_log(self, _: Any) -> Json:
        self.served.clear()
        return {"calls": 0}

    def read_clock(self, _: Any) -> Json:
        clock = self.served.clock
        return {"now": stamp(clock.second()), "rate": clock.rate}

    def set_clock(self, asked: Json) -> Json:
        """{"now": ISO time, "advance": seconds, "rate": pace}; each optional."""
        at = parse_time(asked["now"]) if "now" in asked else None
        if "now" in asked and at is None:
            raise ValueError("now is not a time")
        self.served.clock.set(at=at, advance=float(asked.get("advance", 0)), rate=asked.get("rate"))
        return self.read_clock(None)

    def read_faults(self, _: Any) -> list[Json]:
        return [
            {"kind": one.kind, "path": one.path, "seen": one.seen, "hits": one.hits} for one in self.served.plan.faults
        ]

    def set_faults(self, asked: Json) -> list[Json]:
        """{"faults": [{"kind", "path", "at": [calls], "rate", "seconds", "retry_after"}], "seed": n}"""
        self.served.plan.load(asked["faults"], int(asked.get("seed", 0)))
        return self.read_faults(None)

    def read_script(self, _: Any) -> Json:
        script = self.served.script
        return {"calls": script.calls, "pending": script.pending}

    def read_told(self, _: Any) -> Json:
        """What the script has for whoever runs the reader, all calls so far, and events that could not be applied."""
        script = self.served.script
        return {"calls": script.every_call, "told": script.told, "failed": script.failed}

    def set_script(self, asked: Json) -> Json:
        """{"rules": [{"after": n | "every": n, "times": k, "rate": r, "of": "calls", "apply": [change, ...]}]}

        or {"seed": n}: a random script for an account of this size, with the switches that belong to it.
        """
        self.served.script.load(self.drawn(int(asked["seed"])) if "seed" in asked else asked["rules"])
        return self.read_script(None)

    def drawn(self, seed: int) -> list[Json]:
        """The rules of a random script; its switches are set."""
        raise NotImplementedError

    def finish_script(self, _: Any) -> Json:
        """Apply what has not come yet and end the rules; the service is at rest."""
        self.served.script.finish(self.api)
        return self.read_told(None)

    def update(self, asked: Json) -> Json:
        """{"apply": [change, ...]}: at once."""
        return {"touched": self.served.script.applied(self.api, asked["apply"])}

    def stop(self, _: Any) -> Json:
        """End the process after this answer."""
        asyncio.get_running_loop().call_later(0.05, self.stopped.set)
        return {}
