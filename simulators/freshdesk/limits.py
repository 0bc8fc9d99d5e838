"""Freshdesk's rate limits: one budget a minute for the account, smaller ones for some calls (contract 2.1)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

Sub = Literal["ticket_create", "ticket_update", "ticket_list", "contact_list"]


@dataclass(frozen=True, slots=True)
class Plan:
    """Credits a minute; a missing sub-limit means only the total counts."""

    total: int
    subs: dict[str, int] = field(default_factory=dict)
    window: int = 60  # seconds


def _plan(total: int, write: int, listing: int) -> Plan:
    return Plan(
        total,
        {"ticket_create": write, "ticket_update": write, "ticket_list": listing, "contact_list": listing},
    )


PLANS: dict[str, Plan] = {
    "trial": Plan(50),
    "growth": _plan(200, 80, 20),
    "pro": _plan(400, 160, 100),
    "enterprise": _plan(700, 280, 200),
    "1000": _plan(1000, 400, 300),
    "2000": _plan(2000, 800, 400),
    "hourly-1000": Plan(1000, window=3600),  # old accounts
    "hourly-5000": Plan(5000, window=3600),
    "unlimited": Plan(1_000_000_000),
}


class Budget:
    """What is left of the window. Refused calls change nothing; all others count, invalid ones too.

    `share` (0 to 1) of the total is spent by other apps of the account in every window: evenly, or `burst` at its
    beginning. `sub_in_calls` counts calls instead of credits against the sub-limits.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.refused = 0
        self.refusals: list[int] = []  # the windows in which somebody was refused, one each
        self.share = 0.0
        self.burst = False
        self.sub_in_calls = False
        self._window = -1
        self._used: dict[str, int] = {}
        self._others = 0  # what the share has spent of this window

    def take(self, credits: int, sub: Sub | None, now: float) -> int | None:
        """Spend credits. Returns None, or the seconds to wait when there are not enough."""
        self._roll(now)
        counted = 1 if self.sub_in_calls else credits
        sub_left = self.plan.subs.get(sub, self.plan.total) - self._used.get(sub, 0) if sub else self.plan.total
        if credits > self.left() or (sub and counted > sub_left):
            self.refused += 1
            if self._window not in self.refusals[-1:]:
                self.refusals.append(self._window)
            return max(1, math.ceil((self._window + 1) * self.plan.window - now))
        self._used["total"] = self._used.get("total", 0) + credits
        if sub:
            self._used[sub] = self._used.get(sub, 0) + counted
        return None

    def eat(self, credits: int, now: float) -> None:
        """Another app of the same account spends some."""
        self._roll(now)
        self._used["total"] = min(self.plan.total, self._used.get("total", 0) + credits)

    def left(self) -> int:
        return max(0, self.plan.total - self._used.get("total", 0))

    def _roll(self, now: float) -> None:
        window = int(now // self.plan.window)
        if window != self._window:
            self._window, self._used, self._others = window, {}, 0
        passed = 1.0 if self.burst else (now - window * self.plan.window) / self.plan.window
        due = int(self.share * self.plan.total * passed)
        if due > self._others:
            self._used["total"] = min(self.plan.total, self._used.get("total", 0) + due - self._others)
            self._others = due

    def headers(self, credits: int) -> dict[str, str]:
        """The headers every answer carries."""
        return {
            "X-Freshdesk-API-Version": "latest=v2; requested=v2",
            "X-RateLimit-Total": str(self.plan.total),
            "X-RateLimit-Remaining": str(self.left()),
            "X-RateLimit-Used-CurrentRequest": str(credits),
        }
