"""Speaks HTTP to one Freshdesk account and turns its answers into models or errors of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson
from pydantic import TypeAdapter, ValidationError

from apps.core.egress import Answer, EgressClient, EgressPolicy, Headers
from apps.core.errors import (
    AppError,
    CredentialsRejected,
    EffectUnknown,
    ExternalError,
    ExternalUnavailable,
    NotFound,
    RateLimited,
)
from apps.platforms.adapters.answers import date_of, number_of, parsed, seconds_of, shape_of, shaped, unwritten
from apps.platforms.base import Gate, Pass, RateState

PER_PAGE = 100  # the most Freshdesk gives
VENDOR = (".freshdesk.com",)
LISTS = ("/tickets", "/contacts")  # have limits of their own, of one size: both are counted against one
_MOST_PAGES = 500

S = TypeVar("S")
T = TypeVar("T")
Params = Mapping[str, str | int]


class FreshdeskClient:
    """Calls under /api/v2 with the key of one agent; keeps what the headers tell about budget and time."""

    def __init__(self, base_url: str, api_key: str, allow_hosts: frozenset[str], gate: Gate | None = None) -> None:
        self._egress = EgressClient(base_url, EgressPolicy(VENDOR, allow_hosts))
        self._auth = (api_key, "X")
        self._gate = gate or Gate()
        self.target = self._egress.target
        self.rate = RateState()
        self.server_time = datetime.now(UTC).replace(microsecond=0)  # of the last answer, whole seconds

    async def close(self) -> None:
        await self._egress.close()

    async def one(self, path: str, shape: type[T], params: Params | None = None) -> T:
        """One object. Raises NotFound, CredentialsRejected, RateLimited, ExternalUnavailable, ExternalError."""
        found: T = shaped((await self._get(path, params))[0], shape_of(shape))
        return found

    async def rows(self, path: str, shape: type[T], params: Params | None = None) -> tuple[list[T], bool]:
        """One page of a list, and whether its Link header names a next one."""
        value, headers = await self._get(path, params)
        return shaped(value, shape_of(list[shape])), 'rel="next"' in headers.get("link", "")  # type: ignore[valid-type]

    async def rows_apart(
        self, path: str, shape: type[T], least: type[S], params: Params | None = None
    ) -> tuple[list[T], list[S]]:
        """One page of a list: the rows we understand, and of the others the least there must be to walk on.

        One row of a hundred that has a new shape must not hold up the rest.
        """
        value, _headers = await self._get(path, params)
        try:
            return shaped(value, shape_of(list[shape])), []  # type: ignore[valid-type]
        except ExternalError:
            raw = shaped(value, shape_of(list[Any]))
        good: list[T] = []
        odd: list[S] = []
        one = shape_of(shape)
        for row in raw:
            try:
                good.append(one.validate_python(row))
            except ValidationError:
                odd.append(shaped(row, shape_of(least)))
        return good, odd

    async def every(self, path: str, shape: type[T], params: Params | None = None) -> AsyncIterator[T]:
        """All rows of a list that does not move while it is read."""
        for page in range(1, _MOST_PAGES + 1):
            found, more = await self.rows(path, shape, {**(params or {}), "page": page, "per_page": PER_PAGE})
            for row in found:
                yield row
            if not more:
                return
        raise ExternalError("the helpdesk's list does not end", code="malformed_answer")

    async def _get(self, path: str, params: Params | None) -> tuple[Any, Headers]:
        """The answer's JSON and its headers. The gate hears whether the helpdesk answered anything of use."""
        entry = await self._gate.enter(cost_of(path, params), listing=path in LISTS)
        answer: Answer | None = None
        useful: bool | None = None
        rest: float | None = None
        try:
            answer = await self._egress.send(
                "GET", f"/api/v2{path}", params=params, auth=self._auth, headers={"accept": "application/json"},
                seconds=entry.patience,
            )  # fmt: skip
            self._listen(answer.headers)
            value = _data(answer)
            useful = True
        except (CredentialsRejected, NotFound, RateLimited) as exc:
            useful, rest = True, getattr(exc, "retry_after", None)
            raise
        except ExternalError as exc:  # refused for another reason is an answer too
            useful = answer is not None and 400 <= answer.status < 500 and not exc.retryable
            raise
        finally:
            await self._leave(entry, answer, rest=rest, useful=useful)
        return value, answer.headers

    async def write(self, method: str, path: str, body: Mapping[str, Any], shape: type[T]) -> T:
        """One write and what it made. Raises EffectUnknown when it may have been done all the same; after every other
        error it was not."""
        entry = await self._gate.enter(1)
        answer: Answer | None = None
        useful: bool | None = None
        rest: float | None = None
        headers = {"accept": "application/json", "content-type": "application/json"}
        try:
            answer = await self._egress.send(
                method, f"/api/v2{path}", auth=self._auth, headers=headers, content=orjson.dumps(body), seconds=entry.patience
            )
            self._listen(answer.headers)
            value: T = _written(answer, shape_of(shape))
            useful = True
        except (CredentialsRejected, NotFound, RateLimited) as exc:
            useful, rest = True, getattr(exc, "retry_after", None)
            raise
        except ExternalError as exc:
            useful = answer is not None and 400 <= answer.status < 500
            if answer is None:  # the wire broke, or the answer was none we take: the write may have gone through before
                raise EffectUnknown("no answer says whether it was done") from exc
            raise
        finally:
            await self._leave(entry, answer, rest=rest, useful=useful)
        return value

    async def _leave(self, entry: Pass, answer: Answer | None, *, rest: float | None, useful: bool | None) -> None:
        if answer is None:
            await self._gate.leave(entry, useful=useful)
            return
        total, left = (number_of(answer.headers.get(f"x-ratelimit-{name}")) for name in ("total", "remaining"))
        refused = answer.status == 401
        await self._gate.leave(entry, total=total, left=left, rest=rest, refused=refused, useful=useful)

    def _listen(self, headers: Headers) -> None:
        self.server_time = date_of(headers.get("date")) or datetime.now(UTC).replace(microsecond=0)
        remaining = number_of(headers.get("x-ratelimit-remaining"))
        if remaining is not None:
            self.rate.remaining = remaining
            self.rate.total = number_of(headers.get("x-ratelimit-total")) or self.rate.total
            self.rate.seen_at = datetime.now(UTC)
            self.rate.credits_used += int(number_of(headers.get("x-ratelimit-used-currentrequest")) or 1)


def _data(answer: Answer) -> Any:
    """The body of a 200 as JSON, or why there is none. HTML or half a document is not data, even with status 200."""
    if answer.status != 200:
        raise _failure(answer)
    return parsed(answer.body)


def _written(answer: Answer, shape: TypeAdapter[T]) -> T:
    """What a write made, or why it was not made. Only a refusal says that nothing was done: an error of the server's, a
    redirect and an answer nobody can read do not."""
    if 200 <= answer.status < 300:
        try:
            return shaped(parsed(answer.body), shape)
        except ExternalError:
            raise EffectUnknown("the helpdesk's answer to a write cannot be read", code="answer_unclear") from None
    raise unwritten(answer.status, lambda: _failure(answer))


def cost_of(path: str, params: Params | None) -> int:
    """Credits of a call: each include costs 2 more in the list of tickets and 1 more elsewhere (contract 2.1)."""
    includes = len([word for word in str((params or {}).get("include", "")).split(",") if word])
    return 1 + includes * (2 if path == "/tickets" else 1)


def _failure(answer: Answer) -> AppError:
    """The decision behind a status. Bodies of 404, 405, 429 and 5xx are never read (contract 8)."""
    status, wait = answer.status, answer.headers.get("retry-after")
    if status == 429 or (status in (403, 503) and wait):
        return RateLimited("the helpdesk asks us to wait", retry_after=seconds_of(wait))
    if status == 401:
        return CredentialsRejected("the helpdesk refused the key")
    if status == 403:
        return CredentialsRejected("the key may not read this", code=refusal_of(answer.body))
    if status == 404:
        return NotFound("the helpdesk has nothing there for this key")
    if status >= 500 or status == 408:
        return ExternalUnavailable(f"the helpdesk answered {status}")
    return ExternalError(f"the helpdesk answered {status}")


def refusal_of(body: bytes) -> str:
    """access_denied, require_feature or account_suspended; anything else counts as the first."""
    try:
        code = orjson.loads(body)["code"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return "access_denied"
    return code if code in ("require_feature", "account_suspended") else "access_denied"
