"""Speaks HTTP to one ServiceNow instance and turns its answers into rows or errors of ours."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import orjson
import structlog
from pydantic import ValidationError

from apps.core.egress import Answer, EgressClient, EgressLimits, EgressPolicy
from apps.core.errors import (
    AppError,
    CredentialsRejected,
    EffectUnknown,
    ExternalError,
    ExternalUnavailable,
    RateLimited,
)
from apps.platforms.adapters.answers import date_of, number_of, shape_of, shaped
from apps.platforms.adapters.servicenow import walk
from apps.platforms.adapters.servicenow.config import ServiceNowConfig
from apps.platforms.adapters.servicenow.payloads import Record
from apps.platforms.adapters.servicenow.results import TooHeavy, result_of, written
from apps.platforms.adapters.servicenow.tokens import PATH, Login
from apps.platforms.base import Gate, Pass, RateState

VENDOR = (".service-now.com",)
FIRST_SIZE, SIZE_MOST, SIZE_LEAST = 500, 1000, 25
HALVED_MOST = 6  # times
NARROW = 10_000  # rows of a page with few fields
FAST_SECONDS, SLOW_SECONDS = 5.0, 20.0
KB_FIELDS = ("kb_knowledge_base", "kb_category")  # of every article
LIMITS = EgressLimits(read=65.0, total=70.0)  # a transaction is cancelled after 60 s, and says so
_MOST_PAGES = 500

R = TypeVar("R", bound=Record)
Params = Mapping[str, str | int]
Read = Callable[[Answer], Any]
log = structlog.get_logger("deskhand.platforms")


@dataclass(frozen=True, slots=True)
class Rows(Generic[R]):
    """One page: rows we understand, those of which we know the least there must be, and what it says of its query."""

    good: Sequence[R]
    odd: Sequence[Record]
    all: Sequence[Record]  # both, in the order they came
    total: int | None
    limit: int
    next_limit: int


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    path: str
    params: Params | None
    content: bytes | None
    headers: Mapping[str, str]
    read: Read | None

    @property
    def sent(self) -> dict[str, str]:
        return {**self.headers, **({"content-type": "application/json"} if self.content else {})}


class ServiceNowClient:
    """Calls under /api/now as one user of the instance; keeps what the headers tell about budget and time."""

    def __init__(self, config: ServiceNowConfig, allow_hosts: frozenset[str], gate: Gate | None = None) -> None:
        self._egress = EgressClient(config.base_url, EgressPolicy(VENDOR, allow_hosts), limits=LIMITS)
        self._login = Login(config, self._egress.target.origin)
        self._gate = gate or Gate()
        self.target = self._egress.target
        self.rate = RateState()
        self.in_vain = 0
        self.server_time = datetime.now(UTC).replace(microsecond=0)  # of the last answer, whole seconds

    async def close(self) -> None:
        await self._egress.close()

    async def page(
        self, table: str, query: str, shape: type[R], *, limit: int, offset: int = 0, counted: bool = True, display: str = "false",
        least: type[Record] = Record,
    ) -> Rows[R]:
        """One page of a table, with fewer rows where so many are too much for the instance. Raises TooHeavy when a few are.
        One row of a new shape must not hold up the rest: of it there is what `least` asks for."""
        if self.in_vain and limit > SIZE_LEAST:
            limit = max(limit >> min(self.in_vain, HALVED_MOST), SIZE_LEAST)
        while True:
            params: dict[str, str | int] = {
                "sysparm_query": query, "sysparm_fields": ",".join(shape.fields()), "sysparm_limit": limit,
                "sysparm_offset": offset, "sysparm_display_value": display, "sysparm_exclude_reference_link": "true",
                "sysparm_no_count": "false" if counted else "true", "sysparm_suppress_pagination_header": "true",
            }  # fmt: skip
            began = time.monotonic()
            try:
                value, answer = await self._get(f"/api/now/v2/table/{table}", params)
            except TooHeavy:
                if limit <= SIZE_LEAST:
                    raise
                limit = max(limit // 2, SIZE_LEAST)
                continue
            good, odd, every = _apart(value, shape, least)
            total = number_of(answer.headers.get("x-total-count"))
            if counted and total is None:
                raise ExternalError("the instance does not say how many rows there are", code="malformed_answer")
            following = _paced(limit, time.monotonic() - began)
            return Rows(good, odd, every, int(total) if counted and total is not None else None, limit, following)

    async def every(self, table: str, query: str, shape: type[R], *, limit: int = NARROW, after: str = "") -> AsyncIterator[R]:
        """All rows of a query by their ids, or those after one, however many are hidden between them."""
        at = walk.Keyset(after=after)
        for _ in range(_MOST_PAGES):
            full = f"{query}^{at.query()}" if query else at.query()
            rows = await self.page(table, full, shape, limit=limit, offset=at.offset, counted=at.counts(limit))
            for row in rows.good:
                yield row
            at = at.past(walk.Told([walk.Row(row.sys_id) for row in rows.all], rows.total, rows.limit))
            limit = rows.limit
            if at.done:
                return
        raise ExternalError("the helpdesk's list does not end", code="malformed_answer")

    async def row(self, table: str, sys_id: str, shape: type[R], *, display: str = "false") -> R:
        """One row by its id. Raises NotFound: deleted and forbidden look the same."""
        params = {
            "sysparm_fields": ",".join(shape.fields()), "sysparm_display_value": display, "sysparm_exclude_reference_link": "true",
        }  # fmt: skip
        value, _ = await self._get(f"/api/now/v2/table/{table}/{sys_id}", params)
        good = _apart([value] if isinstance(value, dict) else value, shape)[0]
        if not good:
            raise ExternalError("the helpdesk answered something else", code="malformed_answer")
        return good[0]

    async def template_texts(self, table: str, ids: Sequence[str]) -> dict[str, str]:
        """What articles of a template say: the fields that only its table has, in the order of the answer."""
        params: dict[str, str | int] = {
            "sysparm_query": f"sys_idIN{','.join(ids)}^ORDERBYsys_id", "sysparm_limit": len(ids), "sysparm_display_value": "false",
            "sysparm_exclude_reference_link": "true",
        }  # fmt: skip
        value, _ = await self._get(f"/api/now/v2/table/{table}", params)
        found: dict[str, str] = {}
        for row in value if isinstance(value, list) else []:
            own = [name for name in row if name.startswith(("kb_", "u_")) and name not in KB_FIELDS]
            found[str(row.get("sys_id", ""))] = "\n".join(row[name] for name in own if isinstance(row[name], str) and row[name])
        return found

    async def count(self, table: str, query: str = "") -> int | None:
        """How many rows there are by the instance's own count; None: it does not tell."""
        value, _ = await self._get(f"/api/now/stats/{table}", {"sysparm_count": "true", "sysparm_query": query})
        try:
            return int(value["stats"]["count"])
        except (KeyError, TypeError, ValueError):
            return None

    async def probe(self, method: str, path: str, params: Params | None = None, content: bytes | None = None) -> Answer:
        """An answer as it is, for questions about answers."""
        return (await self._call(method, path, params, content))[0]

    async def _get(self, path: str, params: Params | None) -> tuple[Any, Answer]:
        answer, value = await self._call("GET", path, params, None, read=result_of)
        return value, answer

    async def read_file(self, path: str, most: int) -> Answer:
        """The bytes of a file: another kind of answer, with a limit of its own."""
        host = f"[{self.target.host}]" if ":" in self.target.host else self.target.host
        policy = EgressPolicy(VENDOR, frozenset({f"{host}:{self.target.port}"}) if self.target.trusted else frozenset())
        async with EgressClient(self.target.origin, policy, limits=EgressLimits(size=most, total=60.0)) as egress:
            return (await self._call("GET", path, None, None, egress=egress))[0]

    async def write(self, path: str, body: Mapping[str, Any], shape: type[R], *, display: str = "all") -> R:
        """One change of one row and the row as it is then. Raises EffectUnknown when it may have been done all the same;
        after every other error it was not."""
        params = {
            "sysparm_fields": ",".join(shape.fields()), "sysparm_display_value": display, "sysparm_exclude_reference_link": "true",
        }  # fmt: skip
        _, value = await self._call("PATCH", path, params, orjson.dumps(body), read=written)
        good = _apart([value], shape)[0]
        if not good:
            raise EffectUnknown("the helpdesk's answer to a write cannot be read", code="answer_unclear")
        return good[0]

    async def _call(
        self, method: str, path: str, params: Params | None, content: bytes | None, *, egress: EgressClient | None = None, read: Read | None = None
    ) -> tuple[Answer, Any]:
        """One answer and what `read` makes of it; a token that is over is renewed once. Raises CredentialsRejected at 401."""
        for last in (False, True) if self._login.renews else (True,):
            headers = await self._login.headers(self._ask_token)
            call = _Call(method, path, params, content, {"accept": "application/json", **headers}, read)
            answer, value = await self._once(call, egress or self._egress, last=last)
            if answer.status != 401:
                return answer, value
            self._login.forget()
        raise CredentialsRejected("the helpdesk refused the key")

    async def _once(self, call: _Call, egress: EgressClient, *, last: bool) -> tuple[Answer, Any]:
        entry = await self._gate.enter(1)
        answer: Answer | None = None
        error: AppError | None = None
        began = time.monotonic()
        try:
            answer = await egress.send(
                call.method, call.path, params=call.params, headers=call.sent, auth=self._login.basic, content=call.content,
                seconds=entry.patience,
            )  # fmt: skip
            self._listen(answer)
            return answer, call.read(answer) if call.read and answer.status != 401 else None
        except AppError as exc:
            error = exc if answer else _unanswered(exc, time.monotonic() - began, entry, call)
            raise error from None
        finally:
            await self._leave(entry, answer, error, refused=last)
            if answer is not None and error is not None:
                _tell(answer, error, time.monotonic() - began)

    async def _ask_token(self, form: bytes) -> Answer:
        entry = await self._gate.enter(1)
        answer: Answer | None = None
        headers = {"accept": "application/json", "content-type": "application/x-www-form-urlencoded"}
        try:
            answer = await self._egress.send("POST", PATH, headers=headers, content=form, seconds=entry.patience)
            return answer
        finally:
            await self._gate.leave(entry, useful=None if answer is None else answer.status < 500)

    async def _leave(self, entry: Pass, answer: Answer | None, error: AppError | None, *, refused: bool) -> None:
        """The gate hears whether the instance answered anything of use."""
        if answer is None:
            await self._gate.leave(entry, useful=False if error is not None else None)
            return
        rest = error.retry_after if isinstance(error, RateLimited) else None
        useful = not isinstance(error, ExternalUnavailable) and answer.status < 500
        await self._gate.leave(entry, rest=rest, refused=refused and answer.status == 401, useful=useful)

    def _listen(self, answer: Answer) -> None:
        self.server_time = date_of(answer.headers.get("date")) or datetime.now(UTC).replace(microsecond=0)
        hourly = number_of(answer.headers.get("x-ratelimit-limit"))
        if hourly:
            self.rate.total, self.rate.seen_at = hourly / 60, datetime.now(UTC)
        self.rate.credits_used += 1


def _apart(value: Any, shape: type[R], least: type[Record] = Record) -> tuple[list[R], list[Record], list[Record]]:
    if not isinstance(value, list):
        raise ExternalError("the helpdesk answered something else", code="malformed_answer")
    good: list[R] = []
    odd: list[Record] = []
    every: list[Record] = []
    for row in value:
        try:
            good.append(shape_of(shape).validate_python(row))
            every.append(good[-1])
        except ValidationError:
            odd.append(shaped(row, shape_of(least)))
            every.append(odd[-1])
    return good, odd, every


def _paced(limit: int, seconds: float) -> int:
    """The size of the next page: more after a fast one, half after a slow one."""
    if seconds > SLOW_SECONDS:
        return max(limit // 2, SIZE_LEAST)
    return min(limit * 2, SIZE_MOST) if seconds < FAST_SECONDS and limit < SIZE_MOST else limit


def _unanswered(error: AppError, seconds: float, entry: Pass, call: _Call) -> AppError:
    """A write may have gone through before the wire broke. A page that did not come in all the time it had, or is larger
    than we take, may come when it is half as long."""
    if call.method != "GET":
        return EffectUnknown("no answer says whether it was done") if isinstance(error, ExternalError) else error
    waited = seconds >= 0.9 * (entry.patience or LIMITS.total)
    if error.code == "answer_too_large" or (waited and isinstance(error, ExternalUnavailable)):
        return TooHeavy("a page that did not come in time", code="too_slow")
    return error


def _tell(answer: Answer, error: AppError, seconds: float) -> None:
    transaction = answer.headers.get("x-transaction-id", "")
    facts = {"transaction": transaction} if transaction else {}
    tell = log.info if error.code in ("access_denied", "table_unknown", "not_found") else log.warning  # answers too
    tell("helpdesk_failed", status=answer.status, code=error.code, seconds=round(seconds, 1), **facts)
