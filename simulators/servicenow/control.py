"""The control port, which no adapter may know: beside what every service has secrets, switches, rates, push, truth."""

from __future__ import annotations

from dataclasses import dataclass

from simulators.controls import Controls, Json, Routes
from simulators.servicenow import events, scripts
from simulators.servicenow.api import Api
from simulators.servicenow.truth import truth
from simulators.web import Request


@dataclass(slots=True)
class Control(Controls):
    """Routes below /__sim/."""

    api: Api

    def routes(self, request: Request) -> Routes:
        world = self.api.world
        bounds = {name: request.query[name] for name in ("first", "last", "table") if name in request.query}
        return Controls.routes(self, request) | {
            ("GET", "/__sim/truth"): lambda _: truth(world, **bounds),
            ("GET", "/__sim/switches"): lambda _: world.switches.all(),
            ("POST", "/__sim/switches"): self.set_switches,
            ("GET", "/__sim/mails"): lambda _: world.mails,
            ("POST", "/__sim/key"): self.set_key,
            ("GET", "/__sim/rates"): lambda _: self.api.rates.state(),
            ("POST", "/__sim/rates"): self.set_rates,
            ("GET", "/__sim/push"): lambda _: self.api.push.state(),
            ("POST", "/__sim/push"): self.set_push,
        }

    def drawn(self, seed: int) -> list[Json]:
        script = scripts.Script(seed, len(self.api.world.stores["incident"]))
        events.set_switches(self.api, script.switches())
        return script.rules()

    def set_rates(self, asked: Json) -> Json:
        """{"rules": [{"limit": 100, "resource": "Table API", "who": "user"}]}: an admin's; counted from 0."""
        self.api.rates.load(asked["rules"])
        return self.api.rates.state()

    def set_push(self, asked: Json) -> Json:
        """{"url", "key", "tables", "headers", "loss", "duplicate", "reorder", "late", "seed"}: a business rule; {} ends it."""
        self.api.push.set(asked)
        return self.api.push.state()

    def set_key(self, asked: Json) -> Json:
        """{"password": what counts from now on, ...}: revokes what counted before, and every token."""
        events.apply(self.api, [{"op": "key"} | asked])
        return {}

    def set_switches(self, asked: Json) -> Json:
        """{"journals": "forbidden", ...}"""
        events.set_switches(self.api, asked)
        return asked
