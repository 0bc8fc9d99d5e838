"""Rate rules of an admin: per hour and resource, counted by node and committed late (contract 3.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from simulators.servicenow import answers
from simulators.servicenow.records import named_id
from simulators.web import Response

HOUR = 3600
COMMITTED = 30  # seconds until a count is known to all nodes


@dataclass(frozen=True, slots=True)
class Rule:
    """`who` is user, role or all: of several that fit, that of the user counts, then the lowest of a role, then that of all."""

    limit: int
    resource: str = "Table API"
    who: str = "all"

    @property
    def sys_id(self) -> str:
        return named_id("rate", f"{self.resource}:{self.who}:{self.limit}")


_RANK = {"user": 0, "role": 1, "all": 2}


@dataclass(slots=True)
class Rates:
    """No rule at first, as instances come. Times are the instance's."""

    rules: list[Rule] = field(default_factory=list)
    refused: int = 0
    _hour: int = -1
    _calls: dict[str, list[float]] = field(default_factory=dict)  # of this hour, by resource

    def load(self, rules: list[dict[str, Any]]) -> None:
        """Replace the rules and count from 0. Raises TypeError or ValueError."""
        made = [Rule(**rule) for rule in rules]
        if unknown := [one.who for one in made if one.who not in _RANK]:
            raise ValueError(f"who is user, role or all, not {unknown[0]}")
        self.rules, self.refused, self._calls = made, 0, {}

    def rule(self, resource: str) -> Rule | None:
        """The one that counts."""
        fitting = [one for one in self.rules if one.resource == resource]
        return min(fitting, key=lambda one: (_RANK[one.who], one.limit), default=None)

    def take(self, resource: str, now: float) -> Response | None:
        """Count a call; the refusal when too many were known of by the last commit."""
        rule, hour = self.rule(resource), int(now // HOUR)
        if hour != self._hour:
            self._hour, self._calls = hour, {}
        if rule is None:
            return None
        calls = self._calls.setdefault(resource, [])
        committed = now // COMMITTED * COMMITTED
        if sum(1 for at in calls if at < committed) >= rule.limit:
            self.refused += 1
            detail = f"Rate limit of {rule.limit} requests per hour for {resource} exceeded"
            return answers.error(429, "Rate limit exceeded", detail)
        calls.append(now)
        return None

    def headers(self, resource: str, now: float) -> dict[str, str]:
        """What answers of a limited resource carry."""
        rule = self.rule(resource)
        if rule is None:
            return {}
        end = (int(now // HOUR) + 1) * HOUR
        return {"X-RateLimit-Limit": str(rule.limit), "X-RateLimit-Reset": str(end), "X-RateLimit-Rule": rule.sys_id}

    def wait(self, now: float) -> int:
        return int((now // HOUR + 1) * HOUR - now) + 1

    def state(self) -> dict[str, Any]:
        return {"rules": [{"limit": one.limit, "resource": one.resource, "who": one.who} for one in self.rules],
                "refused": self.refused, "calls": {name: len(calls) for name, calls in self._calls.items()}}  # fmt: skip
