"""The public port: who calls, rules, faults, routes and the log of what was asked."""

from __future__ import annotations

import hashlib
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from simulators import faults
from simulators.clock import Clock
from simulators.script import Script
from simulators.servicenow import aggregate, answers, attachments, batch, cases, events, others, tables
from simulators.servicenow.answers import Refused
from simulators.servicenow.auth import Grants
from simulators.servicenow.push import Push
from simulators.servicenow.rates import Rates
from simulators.servicenow.world import World
from simulators.web import Request, Response

_LOG_MOST = 50_000
_ADDRESS_MOST = 8192
_LOGGED = ("at", "method", "path", "query", "status", "rows", "fault", "caller")
_VERSION = r"(?:/v[12])?"
_BATCH = re.compile(r"/api/now(?:/v1)?/batch")
_ID = r"(?P<sys_id>[^/]+)"
_TABLE = r"(?P<table>[A-Za-z0-9_]+)"


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    pattern: re.Pattern[str]
    call: Callable[..., Response]
    kind: str  # the resource that rate rules name


def _route(method: str, path: str, call: Callable[..., Response], kind: str = "Table API") -> Route:
    pattern = path.replace("<table>", _TABLE).replace("<id>", _ID).replace("<staging>", "(?P<staging>[a-z_]+)")
    base = "" if path.startswith("/api/") else f"/api/now{_VERSION}"
    return Route(method, re.compile(base + pattern), call, kind)


ROUTES = (
    _route("GET", "/table/<table>", tables.list_rows),
    _route("GET", "/table/<table>/<id>", tables.read_row),
    _route("POST", "/table/<table>", tables.create_row),
    _route("PATCH", "/table/<table>/<id>", tables.change_row),
    _route("PUT", "/table/<table>/<id>", tables.change_row),
    _route("DELETE", "/table/<table>/<id>", tables.delete_row),
    _route("GET", "/attachment", attachments.list_files, "Attachment API"),
    _route("POST", "/attachment/file", attachments.add_file, "Attachment API"),
    _route("GET", "/attachment/<id>", attachments.read_file, "Attachment API"),
    _route("GET", "/attachment/<id>/file", attachments.read_bytes, "Attachment API"),
    _route("DELETE", "/attachment/<id>", attachments.delete_file, "Attachment API"),
    _route("POST", "/attachment/upload", attachments.upload_file, "Attachment API"),
    _route("GET", "/stats/<table>", aggregate.stats, "Aggregate API"),
    _route("POST", "/import/<staging>", others.import_row, "Import Set API"),
    _route("GET", "/import/<staging>/<id>", others.read_import, "Import Set API"),
    _route("GET", "/api/sn_customerservice(?:/v1)?/case", cases.list_cases, "Case API"),
    _route("POST", "/api/sn_customerservice(?:/v1)?/case", cases.create_case, "Case API"),
    _route("GET", "/api/sn_customerservice(?:/v1)?/case/<id>", cases.read_case, "Case API"),
    _route("GET", "/api/sn_customerservice(?:/v1)?/case/<id>/activities", cases.activities, "Case API"),
    _route("GET", "/api/sn_km_api(?:/v1)?/knowledge/articles", others.search_articles, "Knowledge API"),
)


@dataclass(slots=True)
class Api:
    """The instance as its callers see it."""

    world: World
    grants: Grants
    plan: faults.FaultPlan = field(default_factory=faults.FaultPlan)
    script: Script = field(default_factory=events.script)
    rates: Rates = field(default_factory=Rates)
    push: Push = field(init=False)
    log: deque[tuple[Any, ...]] = field(default_factory=lambda: deque(maxlen=_LOG_MOST))
    calls: int = 0  # since the log was cleared, also those that it no longer holds

    def __post_init__(self) -> None:
        self.push = Push(self.world.clock)
        self.world.heard = self.push.heard

    @property
    def clock(self) -> Clock:
        """The instance's."""
        return self.world.clock

    async def __call__(self, request: Request) -> Response:
        """Answer one call; every answer carries the clock's date and an id."""
        fault = self.plan.pick(request.path, request.method)
        response = faults.instead(fault) if fault else None
        if response is None:
            response = self._answer(request)
            if fault:
                response = faults.spoil(fault, response, self.plan.dice)
        self.world.arrive(whole=fault is None or fault.kind in faults.WHOLE)
        self.calls += 1
        told = {"Date": self.world.clock.http_date(), "X-Transaction-ID": hashlib.md5(b"%d" % self.calls).hexdigest()[:12]}
        response.headers = told | response.headers
        self.log.append((
            round(self.world.clock.now(), 3), request.method, request.path, request.query, response.status,
            response.body.count(b'"sys_id"') if response.status == 200 else 0, fault.kind if fault else None,
            request.headers.get("user-agent", ""),
        ))  # fmt: skip
        return response

    def _answer(self, request: Request) -> Response:
        if self.world.switches.asleep:
            page = answers.page(self.world.switches.asleep)
            self.script.called(self, listed=False)
            return page
        if len(request.target) > _ADDRESS_MOST:
            return Response(414, b"<html><body><h1>414 Request-URI Too Large</h1></body></html>", content_type="text/html")
        if request.path == "/oauth_token.do":
            return self.grants.token(request)
        found = match(request)
        response = self._batch(request) if _BATCH.fullmatch(request.path) else self.called(request)
        listed = found is not None and found[0].call in (tables.list_rows, attachments.list_files)
        self.script.called(self, listed=listed)
        return response

    def called(self, request: Request, *, counts: bool = True) -> Response:
        """One call, alone or in a batch: who calls, what rules say, what the route answers."""
        found, now = match(request), self.world.clock.now()
        try:
            self.grants.admit(request)
            refusal = self.rates.take(found[0].kind, now) if found and counts else None
            if refusal is not None and self.world.switches.retry_after:
                refusal.headers["Retry-After"] = str(self.rates.wait(now))
            response = refusal or self._routed(request, found)
        except Refused as refused:
            response = refused.response
        if found is not None:
            response.headers |= self.rates.headers(found[0].kind, now)
        return response

    def _batch(self, request: Request) -> Response:
        counts = self.world.switches.batch_counts
        try:
            self.grants.admit(request)
            if request.method != "POST":
                raise answers.refuse(405, "Method not supported", None)
            return batch.run(self.world, request, lambda one: self.called(one, counts=counts))
        except Refused as refused:
            return refused.response

    def _routed(self, request: Request, found: tuple[Route, dict[str, str]] | None) -> Response:
        """Raises Refused."""
        if found is None:
            raise answers.refuse(400, "Requested URI does not represent any resource", None)
        accepts = request.headers.get("accept", "")
        if found[0].call is not attachments.read_bytes and not any(kind in accepts for kind in ("json", "*/*")):
            raise answers.refuse(406 if accepts else 400, "Requested media type is not supported", "Accept header value is not supported")
        return found[0].call(self.world, request, **found[1])

    def rows(self) -> list[dict[str, Any]]:
        """The log, oldest first."""
        return [dict(zip(_LOGGED, row, strict=True)) for row in self.log]

    def clear(self) -> None:
        self.log.clear()
        self.calls = 0


def match(request: Request) -> tuple[Route, dict[str, str]] | None:
    method = request.headers.get("x-http-method-override", request.method).upper()
    for route in ROUTES:
        found = route.pattern.fullmatch(request.path)
        if found and route.method == method:
            return route, found.groupdict()
    return None
