"""An async business rule of the instance that calls a URL when a row changes: signed, once, and never again (contract 3.7)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import random
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import orjson

from simulators.clock import Clock
from simulators.posting import post, target_of

Json = dict[str, Any]
_PAUSE = 0.05
TABLES = ("incident", "sn_customerservice_case", "kb_knowledge", "sys_attachment")


@dataclass(slots=True)
class Rule:
    """Where to call and the key of the signature. `loss`, `duplicate` and `reorder` are shares of 0 to 1."""

    url: str
    key: str
    tables: tuple[str, ...] = TABLES
    headers: dict[str, str] = field(default_factory=dict)
    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    late: float = 0.0  # seconds until the async job runs
    seed: int = 0


@dataclass(slots=True)
class Call:
    payload: Json
    due: float


def signature(key: str, timestamp: str, body: bytes) -> str:
    """Base64 of HMAC-SHA256 over "timestamp.body", as the script in the instance makes it."""
    return base64.b64encode(hmac.new(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256).digest()).decode()


@dataclass(slots=True)
class Push:
    """Nothing is called until a rule is set. Times are the instance's."""

    clock: Clock
    rule: Rule | None = None
    waiting: list[Call] = field(default_factory=list)
    log: deque[Json] = field(default_factory=lambda: deque(maxlen=10_000))
    dice: random.Random = field(default_factory=lambda: random.Random(0))

    def set(self, asked: Json) -> None:
        """Replace the rule; {} ends it. Raises TypeError or ValueError."""
        known = asked | {"tables": tuple(asked["tables"])} if "tables" in asked else asked
        rule = Rule(**known) if known else None
        if rule is not None:
            target_of(rule.url)
        self.rule, self.waiting = rule, []
        self.dice = random.Random(rule.seed if rule else 0)
        self.log.clear()

    def heard(self, table: str, row: dict[str, str], op: str) -> None:
        """A row changed."""
        rule = self.rule
        if rule is None or table not in rule.tables or self.dice.random() < rule.loss:
            return
        payload = {"table": table, "sys_id": row["sys_id"], "sys_updated_on": row.get("sys_updated_on", ""), "op": op}
        for _ in range(1 + (self.dice.random() < rule.duplicate)):
            late = self.dice.uniform(0, 60) if self.dice.random() < rule.reorder else rule.late
            self.waiting.append(Call(payload, self.clock.now() + late))

    async def deliver(self) -> int:
        """Make the calls that are due, each once whatever comes of it. Returns how many were made."""
        rule, now = self.rule, self.clock.now()
        if rule is None:
            return 0
        due = sorted((call for call in self.waiting if call.due <= now), key=lambda call: call.due)
        self.waiting = [call for call in self.waiting if call.due > now]
        for call in due:
            body, at = orjson.dumps(call.payload), str(self.clock.second())
            told = {"X-Deskhand-Timestamp": at, "X-Deskhand-Signature": signature(rule.key, at, body)}
            status = await post(rule.url, body, rule.headers | told)
            self.log.append(call.payload | {"status": status})
        return len(due)

    async def run(self) -> None:
        """For ever."""
        while True:
            await self.deliver()
            await asyncio.sleep(_PAUSE)

    def state(self) -> Json:
        return {"waiting": len(self.waiting), "calls": list(self.log)}
