"""Asks a model, or says in one word why none answered: never an exception, at most two calls, always in time.

    async for piece in router.stream(targets, ask): …   # Token, Token, …, then one Ended
    ended = await router.chat(targets, ask)

The first target is asked. While nothing has come yet, one more call may be made: the same model when it named a time to
wait that fits, else the next target of the same region, else the same model once more. What comes after the first token is kept
as it is, and marked incomplete when it ends early.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from apps.core.errors import AppError
from apps.core.text.languages import detect_language
from apps.llm.base import Ask, ChatProvider, Deadlines, Done, Token, Usage, Vectors
from apps.llm.breaker import Breaker, Retries
from apps.llm.errors import AskRefused, ModelBusy, ModelDeclined, ModelGarbled, ModelRejected
from apps.llm.structured import read_form
from apps.llm.tokens import count_ask, count_tokens

CALLS = 2
ROOM = 1.0  # seconds a second call needs at least
JITTER = (0.1, 0.4)  # seconds before the same model is asked again when it named no time


class Reason(StrEnum):
    """Why there is no answer, or no whole one."""

    OFF = "off"  # no model is chosen for this
    OVER_BUDGET = "over_budget"
    LEDGER_DOWN = "ledger_down"
    RESTING = "resting"  # it failed too often just now
    BUSY = "busy"
    REJECTED = "rejected"
    DECLINED = "declined"
    GARBLED = "garbled"
    NOT_FITTING = "not_fitting"


@dataclass(frozen=True, slots=True)
class Target:
    """One model of one account. `key` names both for breakers: no two companies share one."""

    key: str
    region: str
    model: str
    provider: ChatProvider = field(repr=False)


@dataclass(frozen=True, slots=True)
class Spent:
    """One call that was made, and what it used."""

    target: str
    model: str
    usage: Usage
    code: str = ""  # of its failure


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of it. Without a `reason` the answer is whole, and `value` is it when a form was asked for."""

    text: str = ""
    reason: Reason | None = None
    code: str = ""
    cut: bool = False
    target: Target | None = None
    value: BaseModel | None = None
    calls: tuple[Spent, ...] = ()

    @property
    def answered(self) -> bool:
        return self.reason is None


@dataclass(slots=True)
class Router:
    """What this process has learnt of its models. One a process; `chance` is for tests."""

    deadlines: Deadlines = field(default_factory=Deadlines)
    chance: Callable[[float, float], float] = random.uniform
    breakers: dict[str, Breaker] = field(default_factory=dict)
    retries: dict[str, Retries] = field(default_factory=dict)

    async def chat(self, targets: Sequence[Target], ask: Ask) -> Ended:
        """The whole answer."""
        ended = Ended(reason=Reason.OFF)
        async with aclosing(self.stream(targets, ask)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Ended):
                    ended = piece
        return ended

    async def stream(
        self, targets: Sequence[Target], ask: Ask, calls: list[Spent] | None = None
    ) -> AsyncGenerator[Token | Ended]:
        """Tokens as they come, then one Ended. Who stops reading ends the call at the provider (F39); what was spent until
        then stands in `calls`."""
        end = asyncio.get_running_loop().time() + self.deadlines.total
        run = _Run(self, ask, targets, end, [] if calls is None else calls)
        while (target := run.next()) is not None:
            await asyncio.sleep(run.wait)
            async with aclosing(run.call(target)) as tokens:
                async for token in tokens:
                    yield token
        yield run.ended()

    async def embed(self, target: Target, texts: Sequence[str], *, size: int | None = None) -> Vectors:
        """Vectors for the index. Raises the errors of `apps.llm.errors`, ModelBusy while the model rests: who indexes has time."""
        breaker = self.breaker(target)
        if not breaker.lets_through():
            raise ModelBusy("the model failed too often just now", code="resting")
        try:
            found = await target.provider.embed(target.model, texts, self.deadlines, size=size)
        except BaseException as exc:
            _note(breaker, exc)
            raise
        breaker.tell(failed=False)
        return found

    def breaker(self, target: Target) -> Breaker:
        return self.breakers.setdefault(f"{target.key}/{target.region}", Breaker())

    def retry(self, target: Target) -> Retries:
        return self.retries.setdefault(f"{target.key}/{target.region}", Retries())


def _note(breaker: Breaker, error: BaseException) -> None:
    """What a failure says of the model: that it does not work, that it works, or nothing."""
    if isinstance(error, ModelBusy | ModelGarbled):
        breaker.tell(failed=True)
    elif isinstance(error, ModelDeclined | ModelRejected | AskRefused):
        breaker.tell(failed=False)  # somebody is there
    else:
        breaker.untell()


class _Run:
    """One question on its way through the targets."""

    def __init__(self, router: Router, ask: Ask, targets: Sequence[Target], end: float, calls: list[Spent]) -> None:
        self._router, self._ask, self._end = router, ask, end
        self._targets = [one for one in targets if one.region == targets[0].region]
        self._last: Target | None = None
        self._error: AppError | None = None
        self._text: list[str] = []
        self._done: Done | None = None
        self._calls = calls
        self._rested = False
        self.wait = 0.0

    def next(self) -> Target | None:
        """Whom to ask now, after `wait` seconds; None when it is over."""
        if self._last is None:
            return self._fresh()
        if self._done is not None or self._text or len(self._calls) >= CALLS or self._error is None:
            return None
        if isinstance(self._error, ModelDeclined | AskRefused):
            return None
        return self._second(self._last)

    def _fresh(self) -> Target | None:
        """The first target, of those not asked yet, that is not resting."""
        while self._targets:
            target = self._targets.pop(0)
            if self._router.breaker(target).lets_through():
                return target
            self._rested = True
        return None

    def _second(self, last: Target) -> Target | None:
        after = self._error.after if isinstance(self._error, ModelBusy) else None
        left = self._end - asyncio.get_running_loop().time() - ROOM
        if left < 0 or not self._router.retry(last).take():
            return None
        if after is not None and after <= left and self._router.breaker(last).lets_through():
            self.wait = after
            return last
        if (other := self._fresh()) is not None:
            self.wait = 0.0
            return other
        if isinstance(self._error, ModelBusy) and after is None and self._router.breaker(last).lets_through():
            self.wait = min(self._router.chance(*JITTER), left)
            return last
        return None

    async def call(self, target: Target) -> AsyncGenerator[Token]:
        """One call; how it went is remembered, not raised. Only being cancelled is."""
        self._last, self._error = target, None
        breaker, now = self._router.breaker(target), asyncio.get_running_loop().time()
        if not self._calls:
            self._router.retry(target).called()
        limits = self._router.deadlines
        left = max(0.1, self._end - now)
        mine = Deadlines(limits.connect, min(limits.first, left), limits.gap, left)
        try:
            async with aclosing(target.provider.stream(target.model, self._ask, mine)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Done):
                        self._done = piece
                    else:
                        self._text.append(piece.text)
                        yield piece
            breaker.tell(failed=False)
        except AppError as exc:
            self._error = exc
            _note(breaker, exc)
        except BaseException:
            breaker.untell()
            raise
        finally:
            self._calls.append(Spent(target.key, target.model, self._used(), self._error.code if self._error else ""))

    def _used(self) -> Usage:
        """What the provider counted, or our estimate of what was asked and has come. Nothing where it answered nothing."""
        if self._done is not None and self._done.usage is not None:
            return self._done.usage
        if self._error is not None and not self._text and not isinstance(self._error, ModelGarbled | ModelDeclined):
            return Usage()
        return Usage(count_ask(self._ask), count_tokens("".join(self._text)))

    def ended(self) -> Ended:
        text, calls = "".join(self._text), tuple(self._calls)
        if self._last is None:
            return Ended(reason=Reason.RESTING if self._rested else Reason.OFF)
        error, value = self._error, None
        if error is None and self._ask.schema is not None:
            try:
                value = read_form(self._ask.schema, text)
            except ModelGarbled as exc:
                error = exc
        elif error is None and self._ask.language is not None and _is_foreign(text, self._ask.language):
            error = ModelGarbled("the answer is in another language", code="wrong_language")
        made: dict[str, Any] = {"text": text, "target": self._last, "calls": calls}
        if error is not None:
            return Ended(reason=reason_of(error), code=error.code, **made)
        return Ended(value=value, cut=self._done is not None and self._done.cut, **made)


def _is_foreign(text: str, language: str) -> bool:
    """Short texts are too little to tell by."""
    return sum(one.isalpha() for one in text) >= 40 and detect_language(text, language) != language


def reason_of(error: AppError) -> Reason:
    for kind, reason in (
        (ModelBusy, Reason.BUSY), (ModelRejected, Reason.REJECTED), (ModelDeclined, Reason.DECLINED),
        (ModelGarbled, Reason.GARBLED),
    ):  # fmt: skip
        if isinstance(error, kind):
            return reason
    return Reason.NOT_FITTING
