"""Asks a Freshdesk account and can do nothing else: the one verb is GET, credits are bounded, a refused key ends it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

import orjson

from apps.core.egress import Answer, EgressClient, EgressPolicy
from apps.core.errors import AppError, CredentialsRejected, ExternalUnavailable
from apps.platforms.adapters.answers import number_of, seconds_of
from apps.platforms.adapters.freshdesk.client import VENDOR, cost_of
from apps.platforms.probing import Tell

SHARE = 0.6  # of the account's minute; the rest is the customer's
WINDOW = 61.0  # seconds after which a minute that we have seen the end of is over
WAITS = 8  # for a new minute, at most; each is told
LONGEST = 120.0  # seconds that a 429 may ask for; more is not waited
STORAGE = (".amazonaws.com",)  # where exported files lie, behind links that need no key
Ended = Literal["asked_to_wait", "too_busy", "unreachable"]
Pause = Callable[[float], Awaitable[None]]


class Stopped(Exception):
    """The account is not to be asked any further; what was found so far counts."""

    def __init__(self, ended: Ended) -> None:
        super().__init__(ended)
        self.ended: Ended = ended


@dataclass(slots=True)
class Reader:
    """Every call goes through `get`. Raises CredentialsRejected at the first refused key, and asks nothing after it."""

    base_url: str
    api_key: str
    allow_hosts: frozenset[str]
    most: int  # credits
    tell: Tell
    pause: Pause = asyncio.sleep
    calls: int = 0
    credits: int = 0
    total: float | None = None
    left: float | None = None
    told_at: float = 0.0
    waits: int = 0
    throttled: list[Answer] = field(default_factory=list)  # every 429
    refused: bool = False
    _egress: EgressClient = field(init=False)

    def __post_init__(self) -> None:
        self._egress = EgressClient(self.base_url, EgressPolicy(VENDOR, self.allow_hosts))

    @property
    def account(self) -> str:
        return self._egress.target.host

    async def close(self) -> None:
        await self._egress.close()

    async def get(self, path: str, **params: str | int) -> Answer:
        """The answer, whatever its status, but for: 401 and a locked or suspended account (CredentialsRejected), a 429
        that asks for too much or comes again (Stopped), and a server that cannot be reached (Stopped)."""
        for _ in range(2):
            answer = await self._ask(path, params)
            if answer.status != 429:
                return answer
            self.throttled.append(answer)
            wait = seconds_of(answer.headers.get("retry-after"))
            if wait > LONGEST or len(self.throttled) > 2:
                break
            await self._wait(wait + 1, "the account asked for it")
        raise Stopped("asked_to_wait")

    async def file(self, url: str) -> Answer | None:
        """An exported file by its signed link, without the key. None: at a host this installation does not call, or
        not to be had."""
        split = urlsplit(url)
        try:
            storage = EgressClient(url, EgressPolicy(STORAGE, self.allow_hosts))
            async with storage:
                return await storage.send("GET", f"{split.path}?{split.query}")
        except AppError:
            return None

    async def _ask(self, path: str, params: dict[str, str | int]) -> Answer:
        cost = cost_of(path, params)
        if self.refused:
            raise CredentialsRejected("the helpdesk refused the key")
        if self.credits + cost > self.most:
            raise AssertionError(f"the probe was to cost {self.most} credits at most")
        await self._turn(cost)
        self.calls += 1
        self.credits += cost
        try:
            answer = await self._egress.send(
                "GET", f"/api/v2{path}", params=params, auth=(self.api_key, "X"), headers={"accept": "application/json"}
            )
        except ExternalUnavailable as exc:
            raise Stopped("unreachable") from exc
        self.total = number_of(answer.headers.get("x-ratelimit-total")) or self.total
        self.left = number_of(answer.headers.get("x-ratelimit-remaining"))
        self.told_at = time.monotonic()
        self._admitted(answer)
        return answer

    def _admitted(self, answer: Answer) -> None:
        code = word(json_of(answer), "code")
        if answer.status == 401 or (answer.status == 403 and code in ("account_suspended", "password_lockout")):
            self.refused = True
            raise CredentialsRejected(
                "The account does not accept the key; nothing more was asked.", code=code or "credentials_rejected"
            )

    async def _turn(self, cost: int) -> None:
        """Leave the customer's share alone."""
        if self.total is None or self.left is None or self.left - cost >= self.total * (1 - SHARE):
            return
        passed = time.monotonic() - self.told_at
        if passed < WINDOW:
            if self.waits >= WAITS:
                raise Stopped("too_busy")
            await self._wait(WINDOW - passed, "the rest of this minute's budget is the account's own")

    async def _wait(self, seconds: float, why: str) -> None:
        self.waits += 1
        self.tell(f"waiting {seconds:.0f} s: {why}")
        await self.pause(seconds)


def json_of(answer: Answer) -> Any:
    """The body's value, or None when it is not JSON."""
    try:
        return orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return None


def word(value: Any, name: str) -> str:
    """A code of the platform's. Anything else is no word of ours to print."""
    found = value.get(name) if isinstance(value, dict) else None
    plain = isinstance(found, str) and len(found) <= 40 and found.replace("_", "").isalpha() and found.isascii()
    return str(found) if plain else ""
