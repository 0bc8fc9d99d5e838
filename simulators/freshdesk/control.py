"""The control port, which no adapter may know: truth, log, clock, faults, script, limits, updates, stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulators.freshdesk import changes
from simulators.freshdesk.api import Api
from simulators.freshdesk.clock import parse_time, stamp
from simulators.freshdesk.limits import PLANS
from simulators.freshdesk.truth import truth
from simulators.web import Request, Response, json_response

Json = dict[str, Any]


@dataclass(slots=True)
class Control:
    """Routes below /__sim/. GET reads, POST (JSON) changes; 400 says what was wrong with the input."""

    api: Api
    stopped: asyncio.Event

    async def __call__(self, request: Request) -> Response:
        """Answer one call."""
        routes: dict[tuple[str, str], Callable[[Any], Any]] = {
            ("GET", "/__sim/truth"): lambda _: truth(self.api.world),
            ("GET", "/__sim/log"): self.read_log,
            ("DELETE", "/__sim/log"): self.clear_log,
            ("GET", "/__sim/clock"): self.read_clock,
            ("POST", "/__sim/clock"): self.set_clock,
            ("GET", "/__sim/faults"): self.read_faults,
            ("POST", "/__sim/faults"): self.set_faults,
            ("GET", "/__sim/script"): self.read_script,
            ("POST", "/__sim/script"): self.set_script,
            ("POST", "/__sim/update"): self.update,
            ("GET", "/__sim/limits"): self.read_limits,
            ("POST", "/__sim/limits"): self.set_limits,
            ("GET", "/__sim/mails"): lambda _: self.api.world.mails,
            ("POST", "/__sim/key"): self.set_key,
            ("POST", "/__sim/switches"): self.set_switches,
            ("POST", "/__sim/stop"): self.stop,
        }
        call = routes.get((request.method, request.path))
        if call is None:
            known = sorted(f"{method} {path}" for method, path in routes)
            return json_response({"error": "no such route", "routes": known}, 404)
        try:
            return json_response(call(request.json()))
        except (ValueError, TypeError, KeyError, AttributeError) as exc:
            return json_response({"error": f"{type(exc).__name__}: {exc}"}, 400)

    def read_log(self, _: Any) -> Json:
        """Every call with method, path, query, status, credits; and their sums."""
        rows = list(self.api.log)
        return {"calls": len(rows), "credits": sum(row["credits"] for row in rows), "requests": rows}

    def clear_log(self, _: Any) -> Json:
        self.api.log.clear()
        return {"calls": 0}

    def read_clock(self, _: Any) -> Json:
        clock = self.api.world.clock
        return {"now": stamp(clock.second()), "rate": clock.rate}

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
        self.api.plan.load(asked["faults"], int(asked.get("seed", 0)))
        return self.read_faults(None)

    def read_script(self, _: Any) -> Json:
        return {"calls": self.api.script.calls, "pending": self.api.script.pending}

    def set_script(self, asked: Json) -> Json:
        """{"rules": [{"after": n | "every": n, "times": k, "apply": [change, ...]}]}"""
        self.api.script.load(asked["rules"])
        return self.read_script(None)

    def update(self, asked: Json) -> Json:
        """{"apply": [change, ...]}: at once."""
        return {"touched": changes.apply(self.api.world, asked["apply"])}

    def read_limits(self, _: Any) -> Json:
        budget = self.api.budget
        return {"total": budget.plan.total, "left": budget.left(), "refused": budget.refused}

    def set_limits(self, asked: Json) -> Json:
        """{"plan": name, "eat": credits another app spends now}"""
        if "plan" in asked:
            self.api.budget.plan = PLANS[asked["plan"]]
        self.api.budget.eat(int(asked.get("eat", 0)), self.api.world.clock.now())
        return self.read_limits(None)

    def set_key(self, asked: Json) -> Json:
        """{"api_key": the key that counts from now on}: revokes the one before."""
        self.api.api_key = str(asked["api_key"])
        return {}

    def set_switches(self, asked: Json) -> Json:
        """{"archived_in_list": whether GET /tickets still shows archived tickets}: both answers are possible."""
        self.api.world.archived_in_list = bool(asked["archived_in_list"])
        return asked

    def stop(self, _: Any) -> Json:
        """End the process after this answer."""
        asyncio.get_running_loop().call_later(0.05, self.stopped.set)
        return {}
