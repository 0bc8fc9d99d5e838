"""The control port, which no adapter may know: truth, log, clock, faults, script, switches, secrets, updates, stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulators.freshdesk.clock import parse_time
from simulators.freshdesk.clock import stamp as iso
from simulators.servicenow import events
from simulators.servicenow.api import Api
from simulators.servicenow.truth import truth
from simulators.web import Request, Response, json_response

Json = dict[str, Any]


@dataclass(slots=True)
class Control:
    """Routes below /__sim/. GET reads, POST (JSON) changes; 400 says what was wrong with the input."""

    api: Api
    stopped: asyncio.Event

    def routes(self, request: Request) -> dict[tuple[str, str], Callable[[Any], Any]]:
        """What answers a verb and a path."""
        world = self.api.world
        bounds = {name: request.query[name] for name in ("first", "last", "table") if name in request.query}
        return {
            ("GET", "/__sim/truth"): lambda _: truth(world, **bounds),
            ("GET", "/__sim/switches"): lambda _: world.switches.all(),
            ("POST", "/__sim/switches"): self.set_switches,
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
            ("GET", "/__sim/mails"): lambda _: world.mails,
            ("POST", "/__sim/key"): self.set_key,
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
        """Every call with method, path, query, status and how many rows its answer had."""
        return {"calls": self.api.calls, "requests": self.api.rows()}

    def clear_log(self, _: Any) -> Json:
        self.api.clear()
        return {"calls": 0}

    def read_clock(self, _: Any) -> Json:
        clock = self.api.world.clock
        return {"now": iso(clock.second()), "rate": clock.rate}

    def set_clock(self, asked: Json) -> Json:
        """{"now": ISO time, "advance": seconds, "rate": pace}; each optional."""
        at = parse_time(asked["now"]) if "now" in asked else None
        if "now" in asked and at is None:
            raise ValueError("now is not a time")
        self.api.world.clock.set(at=at, advance=float(asked.get("advance", 0)), rate=asked.get("rate"))
        return self.read_clock(None)

    def read_faults(self, _: Any) -> list[Json]:
        return [
            {"kind": one.kind, "path": one.path, "seen": one.seen, "hits": one.hits} for one in self.api.plan.faults
        ]

    def set_faults(self, asked: Json) -> list[Json]:
        """{"faults": [{"kind", "path", "at": [calls], "rate", "seconds", "retry_after"}], "seed": n}"""
        rules = [{"path": "/api/"} | rule for rule in asked["faults"]]
        self.api.plan.load(rules, int(asked.get("seed", 0)))
        return self.read_faults(None)

    def read_script(self, _: Any) -> Json:
        return {"calls": self.api.script.calls, "pending": self.api.script.pending}

    def read_told(self, _: Any) -> Json:
        """What the script has for whoever runs the reader, all calls so far, and events that could not be applied."""
        script = self.api.script
        return {"calls": script.every_call, "told": script.told, "failed": script.failed}

    def set_script(self, asked: Json) -> Json:
        """{"rules": [{"after": n | "every": n, "times": k, "rate": r, "of": "calls", "apply": [change, ...]}]}"""
        self.api.script.load(asked["rules"])
        return self.read_script(None)

    def finish_script(self, _: Any) -> Json:
        """Apply what has not come yet and end the rules; the instance is at rest."""
        self.api.script.finish(self.api)
        return self.read_told(None)

    def update(self, asked: Json) -> Json:
        """{"apply": [change, ...]}: at once."""
        return {"touched": events.apply(self.api, asked["apply"])}

    def set_key(self, asked: Json) -> Json:
        """{"password": what counts from now on, ...}: revokes what counted before, and every token."""
        events.apply(self.api, [{"op": "key"} | asked])
        return {}

    def set_switches(self, asked: Json) -> Json:
        """{"journals": "forbidden", ...}"""
        events.set_switches(self.api, asked)
        return asked

    def stop(self, _: Any) -> Json:
        """End the process after this answer."""
        asyncio.get_running_loop().call_later(0.05, self.stopped.set)
        return {}
