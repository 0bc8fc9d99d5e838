"""The control port, which no adapter may know: truth, log, clock, faults, script, limits, updates, stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulators.freshdesk import events, scripts
from simulators.freshdesk.api import Api
from simulators.freshdesk.clock import parse_time, stamp
from simulators.freshdesk.truth import truth
from simulators.web import Request, Response, json_response

Json = dict[str, Any]


@dataclass(slots=True)
class Control:
    """Routes below /__sim/. GET reads, POST (JSON) changes; 400 says what was wrong with the input."""

    api: Api
    stopped: asyncio.Event

    def routes(self, request: Request) -> dict[tuple[str, str], Callable[[Any], Any]]:
        """What answers a verb and a path."""
        return {
            ("GET", "/__sim/truth"): lambda _: truth(self.api.world, **_range(request)),
            ("GET", "/__sim/storage"): lambda _: list(self.api.world.storage.log),
            ("GET", "/__sim/switches"): lambda _: self.api.world.switches.all(),
            ("POST", "/__sim/scope"): self.set_scope,
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
            ("GET", "/__sim/limits"): self.read_limits,
            ("POST", "/__sim/limits"): self.set_limits,
            ("GET", "/__sim/mails"): lambda _: self.api.world.mails,
            ("POST", "/__sim/key"): self.set_key,
            ("POST", "/__sim/switches"): self.set_switches,
            ("GET", "/__sim/webhook"): lambda _: self.api.world.webhooks.state(),
            ("POST", "/__sim/webhook"): self.set_webhook,
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
        """Every call with method, path, query, status, credits; and their sums."""
        return {"calls": self.api.calls, "credits": self.api.credits, "requests": self.api.rows()}

    def clear_log(self, _: Any) -> Json:
        self.api.clear()
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
        script = self.api.script
        return {"calls": script.calls, "pending": script.pending}

    def read_told(self, _: Any) -> Json:
        """What the script has for whoever runs the reader, all calls so far, and events that could not be applied."""
        script = self.api.script
        return {"calls": script.every_call, "told": script.told, "failed": script.failed}

    def set_script(self, asked: Json) -> Json:
        """{"rules": [{"after": n | "every": n, "times": k, "rate": r, "of": "calls", "apply": [change, ...]}]}

        or {"seed": n}: a random script for an account of this size, with the switches that belong to it.
        """
        if "seed" in asked:
            size = sum(len(index) for index in self.api.world.index.values())
            script = scripts.Script(int(asked["seed"]), tickets=size)
            events.set_switches(self.api, script.switches())
            self.api.script.load(script.rules())
        else:
            self.api.script.load(asked["rules"])
        return self.read_script(None)

    def finish_script(self, _: Any) -> Json:
        """Apply what has not come yet, end the rules; scope, faults and lag are as in an account at rest."""
        self.api.script.finish(self.api)
        return self.read_told(None)

    def update(self, asked: Json) -> Json:
        """{"apply": [change, ...]}: at once."""
        return {"touched": events.apply(self.api, asked["apply"])}

    def read_limits(self, _: Any) -> Json:
        budget = self.api.budget
        return {
            "total": budget.plan.total, "left": budget.left(), "refused": budget.refused,
            "windows": len(budget.refusals), "share": budget.share,
        }  # fmt: skip

    def set_limits(self, asked: Json) -> Json:
        """{"plan": name, "eat": credits another app spends now, "share": 0..1 of every window, "burst": bool}"""
        events.set_limits(self.api, asked)
        return self.read_limits(None)

    def set_key(self, asked: Json) -> Json:
        """{"api_key": the key that counts from now on}: revokes the one before."""
        self.api.api_key = str(asked["api_key"])
        return {}

    def set_scope(self, asked: Json) -> Json:
        """{"scope": 1 all tickets, 2 the groups and own, 3 own}: of the key that counts."""
        events.apply(self.api, [{"op": "scope", "value": asked["scope"]}])
        return asked

    def set_switches(self, asked: Json) -> Json:
        """{"archived_in_list": true, ...}: what is unknown of the real service, so both answers are possible."""
        events.set_switches(self.api, asked)
        return asked

    def set_webhook(self, asked: Json) -> Json:
        """{"url", "headers", "loss", "duplicate", "reorder", "hiding", "seed"}: an automation of the account; {} ends it."""
        self.api.world.webhooks.set(asked)
        return self.api.world.webhooks.state()

    def stop(self, _: Any) -> Json:
        """End the process after this answer."""
        asyncio.get_running_loop().call_later(0.05, self.stopped.set)
        return {}


def _range(request: Request) -> dict[str, int]:
    """?first=1&last=1000: only these tickets."""
    return {name: int(request.query[name]) for name in ("first", "last") if name in request.query}
