"""The account's automation that calls a URL when a ticket changes: late, twice, out of order, or never (contract 2.8)."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import orjson

from simulators.clock import Clock
from simulators.posting import post, target_of

Json = dict[str, Any]
RETRIES = (300, 1800, 3600)  # seconds after each failure; then an administrator would get a mail
DROPPED_AFTER = 86400
_HIDING = ("spam", "trash", "restore", "archive", "destroy")
_PAUSE = 0.05


@dataclass(slots=True)
class Rule:
    """Where to call, with which headers of the account's own; there is no signature.

    `loss`, `duplicate` and `reorder` are shares of 0 to 1; reordered calls come up to a minute later. `hiding`: whether
    spam and trash trigger it too, which nobody knows.
    """

    url: str
    headers: dict[str, str] = field(default_factory=dict)
    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    hiding: bool = False
    seed: int = 0


@dataclass(slots=True)
class Call:
    ticket_id: int
    what: str
    first: float
    due: float
    attempt: int = 0


@dataclass(slots=True)
class Webhooks:
    """Nothing is called until a rule is set. Times are the account's."""

    clock: Clock
    rule: Rule | None = None
    waiting: list[Call] = field(default_factory=list)
    log: deque[Json] = field(default_factory=lambda: deque(maxlen=10_000))
    given_up: int = 0
    dice: random.Random = field(default_factory=lambda: random.Random(0))

    def set(self, asked: Json) -> None:
        """Replace the rule; {} ends it. Raises TypeError or ValueError."""
        rule = Rule(**asked) if asked else None
        if rule is not None:
            target_of(rule.url)
        self.rule, self.waiting, self.given_up = rule, [], 0
        self.dice = random.Random(rule.seed if rule else 0)
        self.log.clear()

    def heard(self, ticket_id: int, what: str) -> None:
        """A ticket changed."""
        rule = self.rule
        if rule is None or (what in _HIDING and not rule.hiding) or self.dice.random() < rule.loss:
            return
        now = self.clock.now()
        for _ in range(1 + (self.dice.random() < rule.duplicate)):
            late = self.dice.uniform(0, 60) if self.dice.random() < rule.reorder else 0.0
            self.waiting.append(Call(ticket_id, what, now, now + late))

    async def deliver(self) -> int:
        """Make the calls that are due. Returns how many were made."""
        rule, now = self.rule, self.clock.now()
        due = sorted((call for call in self.waiting if call.due <= now), key=lambda call: call.due)
        for call in due if rule else ():
            self.waiting.remove(call)
            body = orjson.dumps({"ticket_id": call.ticket_id, "event": call.what})
            status = await post(rule.url, body, rule.headers) if rule else 0
            self.log.append({"ticket_id": call.ticket_id, "event": call.what, "attempt": call.attempt, "status": status})
            if not 200 <= status < 300:
                self._again(call, now)
        return len(due)

    def _again(self, call: Call, now: float) -> None:
        if call.attempt >= len(RETRIES) or now - call.first > DROPPED_AFTER:
            self.given_up += 1
            return
        call.due = now + RETRIES[call.attempt]
        call.attempt += 1
        self.waiting.append(call)

    async def run(self) -> None:
        """For ever."""
        while True:
            await self.deliver()
            await asyncio.sleep(_PAUSE)

    def state(self) -> Json:
        return {"waiting": len(self.waiting), "given_up": self.given_up, "calls": list(self.log)}
