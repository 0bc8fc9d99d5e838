"""The control port, which no adapter may know: truth, log, clock, faults, script, limits, updates, stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulators.controls import Controls, Json, Routes
from simulators.freshdesk import events, scripts
from simulators.freshdesk.api import Api
from simulators.freshdesk.truth import truth
from simulators.web import Request


@dataclass(slots=True)
class Control(Controls):
    """Beside what every service has: limits, the key and its scope, storage, switches, webhooks, truth."""

    api: Api

    def routes(self, request: Request) -> Routes:
        return Controls.routes(self, request) | {
            ("GET", "/__sim/truth"): lambda _: truth(self.api.world, **_range(request)),
            ("GET", "/__sim/storage"): lambda _: list(self.api.world.storage.log),
            ("GET", "/__sim/switches"): lambda _: self.api.world.switches.all(),
            ("POST", "/__sim/scope"): self.set_scope,
            ("GET", "/__sim/limits"): self.read_limits,
            ("POST", "/__sim/limits"): self.set_limits,
            ("GET", "/__sim/mails"): lambda _: self.api.world.mails,
            ("POST", "/__sim/key"): self.set_key,
            ("POST", "/__sim/switches"): self.set_switches,
            ("GET", "/__sim/webhook"): lambda _: self.api.world.webhooks.state(),
            ("POST", "/__sim/webhook"): self.set_webhook,
        }

    def read_log(self, _: Any) -> Json:
        """With the sum of credits."""
        return Controls.read_log(self, None) | {"credits": self.api.credits}

    def drawn(self, seed: int) -> list[Json]:
        size = sum(len(index) for index in self.api.world.index.values())
        script = scripts.Script(seed, tickets=size)
        events.set_switches(self.api, script.switches())
        return script.rules()

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


def _range(request: Request) -> dict[str, int]:
    """?first=1&last=1000: only these tickets."""
    return {name: int(request.query[name]) for name in ("first", "last") if name in request.query}
