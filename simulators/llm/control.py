"""The control port, which no provider of ours may know: log, faults, answers, manner, pace, key, stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulators.llm.api import Api
from simulators.llm.manners import MANNERS
from simulators.llm.prompts import Json
from simulators.web import Request, Response, json_response


@dataclass(slots=True)
class Control:
    """Routes below /__sim/. GET reads, POST (JSON) changes; 400 says what was wrong with the input."""

    api: Api
    stopped: asyncio.Event

    def routes(self) -> dict[tuple[str, str], Callable[[Any], Any]]:
        """What answers a verb and a path."""
        return {
            ("GET", "/__sim/log"): self.read_log,
            ("DELETE", "/__sim/log"): self.clear_log,
            ("GET", "/__sim/faults"): self.read_faults,
            ("POST", "/__sim/faults"): self.set_faults,
            ("POST", "/__sim/answers"): self.set_answers,
            ("GET", "/__sim/settings"): self.read_settings,
            ("POST", "/__sim/settings"): self.set_settings,
            ("POST", "/__sim/stop"): self.stop,
        }

    async def __call__(self, request: Request) -> Response:
        """Answer one call."""
        routes = self.routes()
        call = routes.get((request.method, request.path))
        if call is None:
            known = sorted(f"{method} {path}" for method, path in routes)
            return json_response({"error": "no such route", "routes": known}, 404)
        try:
            return json_response(call(request.json()))
        except (ValueError, TypeError, KeyError, AttributeError) as exc:
            return json_response({"error": f"{type(exc).__name__}: {exc}"}, 400)

    def read_log(self, _: Any) -> Json:
        """Calls since the last clearing, the prompts as received; how many are under way."""
        rows = list(self.api.log)
        return {"calls": len(rows), "open": sum(row["seconds"] is None for row in rows), "requests": rows}

    def clear_log(self, _: Any) -> Json:
        self.api.log.clear()
        self.api.calls = 0
        return {"calls": 0}

    def read_faults(self, _: Any) -> list[Json]:
        return [{"kind": one.kind, "path": one.path, "seen": one.seen, "hits": one.hits} for one in self.api.plan.faults]

    def set_faults(self, asked: Json) -> list[Json]:
        """{"faults": [{"kind", "path", "at": [calls], "rate", "seconds", "after", "retry_after"}], "seed": n}"""
        self.api.plan.load(asked["faults"], int(asked.get("seed", 0)))
        return self.read_faults(None)

    def set_answers(self, asked: Json) -> Json:
        """{"answers": [{"match": pattern of the prompt, "text": "…" or "json": {…}, "times": n}]}; the first that fits."""
        answers = [dict(one) for one in asked["answers"]]
        if any("text" not in one and "json" not in one for one in answers):
            raise ValueError("an answer needs text or json")
        self.api.answers = answers
        return {"answers": len(answers)}

    def read_settings(self, _: Any) -> Json:
        api = self.api
        return {
            "manner": api.manner, "first_token": api.first_token, "gap": api.gap, "models": api.models,
            "dimension": api.dimension, "version": api.version,
        }  # fmt: skip

    def set_settings(self, asked: Json) -> Json:
        """Any of manner, first_token and gap (seconds), models (names), dimension and version of embeddings, api_key."""
        known = {*self.read_settings(None), "api_key"}
        if unknown := set(asked) - known:
            raise ValueError(f"unknown setting {sorted(unknown)[0]}; known: {', '.join(sorted(known))}")
        if asked.get("manner", "honest") not in MANNERS:
            raise ValueError(f"unknown manner; known: {', '.join(MANNERS)}")
        for name, value in asked.items():
            setattr(self.api, name, value)
        return self.read_settings(None)

    def stop(self, _: Any) -> Json:
        """End the process after this answer."""
        asyncio.get_running_loop().call_later(0.05, self.stopped.set)
        return {}
