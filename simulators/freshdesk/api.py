"""The public port: Basic auth, budget, faults, routes and the log of what was asked."""

from __future__ import annotations

import base64
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import orjson

from simulators import faults
from simulators.clock import Clock
from simulators.freshdesk import directory, dress, events, exports, reference, search, tickets, writes
from simulators.freshdesk.limits import Budget, Sub
from simulators.freshdesk.replies import Refused, Reply, forbidden, unauthorised
from simulators.freshdesk.world import World
from simulators.script import Script
from simulators.web import Request, Response

_LANG = r"(?:/(?P<language>[a-z]{2}(?:-[A-Z]{2})?))?"
_LOG_MOST = 50_000
_LOCKED = 900  # seconds
_LOGGED = ("at", "method", "path", "query", "status", "credits", "fault", "caller")


@dataclass(frozen=True, slots=True)
class Route:
    """A call, what it costs and which sub-limit it counts against."""

    method: str
    pattern: re.Pattern[str]
    call: Callable[..., Reply]
    sub: Sub | None = None
    credits: Callable[[Request], int] = lambda request: 1


def _route(method: str, path: str, call: Callable[..., Reply], **options: Any) -> Route:
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[0-9]+)", path).replace("<lang>", _LANG)
    pattern = pattern.replace("<job>", "(?P<job>[0-9a-f]+)")
    return Route(method, re.compile(f"/api/v2{pattern}/?"), call, **options)


ROUTES = (
    _route("GET", "/tickets", tickets.list_tickets, sub="ticket_list", credits=tickets.list_credits),
    _route("GET", "/tickets/{ticket_id}", tickets.view_ticket, credits=tickets.view_credits),
    _route("GET", "/tickets/{ticket_id}/conversations", tickets.conversations),
    _route("GET", "/tickets/archived/{ticket_id}", tickets.view_archived),
    _route("GET", "/tickets/archived/{ticket_id}/conversations", tickets.archived_conversations),
    _route("DELETE", "/tickets/archived/{ticket_id}", writes.delete_archived),
    _route("POST", "/tickets", writes.create_ticket, sub="ticket_create"),
    _route("PUT", "/tickets/merge", writes.merge_tickets, sub="ticket_update"),
    _route("POST", "/tickets/bulk_update", writes.bulk_update, sub="ticket_update"),
    _route("POST", "/tickets/bulk_delete", writes.bulk_delete, sub="ticket_update"),
    _route("PUT", "/tickets/{ticket_id}", writes.update_ticket, sub="ticket_update"),
    _route("POST", "/tickets/{ticket_id}/notes", writes.post_note),
    _route("POST", "/tickets/{ticket_id}/reply", writes.post_reply),
    _route("DELETE", "/tickets/{ticket_id}", writes.trash_ticket),
    _route("PUT", "/tickets/{ticket_id}/restore", writes.restore_ticket),
    _route("GET", "/tickets/{ticket_id}/summary", writes.read_summary),
    _route("PUT", "/tickets/{ticket_id}/summary", writes.write_summary),
    _route("DELETE", "/tickets/{ticket_id}/summary", writes.delete_summary),
    _route("PUT", "/conversations/{entry_id}", writes.edit_conversation),
    _route("DELETE", "/conversations/{entry_id}", writes.delete_conversation),
    _route("DELETE", "/contacts/{contact_id}/hard_delete", writes.hard_delete_contact),
    _route("GET", "/jobs/<job>", exports.read_job),
    _route("POST", "/account/export", exports.export_account),
    _route("GET", "/export/ticket_activities", exports.ticket_activities),
    _route("GET", "/ticket_fields", directory.ticket_fields),
    _route("GET", "/agents", directory.agents),
    _route("GET", "/agents/me", directory.me),
    _route("GET", "/agents/{agent_id}", directory.agent),
    _route("GET", "/groups", directory.groups),
    _route("GET", "/contacts", directory.contacts, sub="contact_list"),
    _route("GET", "/contacts/{contact_id}", directory.contact),
    _route("GET", "/account", directory.account),
    _route("GET", "/settings/helpdesk", directory.helpdesk_settings),
    _route("GET", "/solutions/categories<lang>", directory.categories),
    _route("GET", "/solutions/categories/{category_id}/folders<lang>", directory.folders),
    _route("GET", "/solutions/categories/{category_id}<lang>", directory.view_category),
    _route("GET", "/solutions/folders/{folder_id}<lang>", directory.view_folder),
    _route("GET", "/solutions/folders/{folder_id}/subfolders<lang>", directory.subfolders),
    _route("GET", "/solutions/folders/{folder_id}/articles<lang>", directory.articles),
    _route("GET", "/solutions/articles/{article_id}<lang>", directory.article),
    _route("GET", "/groups/{group_id}", directory.group),
    _route("GET", "/search/tickets", search.search_tickets),
    _route("GET", "/search/contacts", search.search_contacts),
    _route("GET", "/search/solutions", search.search_solutions),
    _route("GET", "/agents/autocomplete", search.agent_search),
    *(_route("GET", path, call) for path, call in reference.PATHS),
)


@dataclass(slots=True)
class Api:
    """The account as its callers see it."""

    world: World
    budget: Budget
    api_key: str
    plan: faults.FaultPlan = field(default_factory=faults.FaultPlan)
    scheme: str = "http"  # of the port, for Link headers
    script: Script = field(default_factory=events.script)
    log: deque[tuple[Any, ...]] = field(default_factory=lambda: deque(maxlen=_LOG_MOST))
    wrong: int = 0  # wrong keys in a row
    locked_until: float = 0.0
    calls: int = 0  # since the log was cleared, also those that it no longer holds
    credits: int = 0

    @property
    def clock(self) -> Clock:
        """The account's."""
        return self.world.clock

    async def __call__(self, request: Request) -> Response:
        """Answer one call; every answer carries the clock's date and the budget."""
        route, names = _match(request)
        fault = self.plan.pick(request.path, request.method)
        response = faults.instead(fault) if fault else None
        cost = route.credits(request) if route else 1
        if response is None:
            response = self._answer(request, route, names, cost)
            if fault:
                response = faults.spoil(fault, response, self.plan.dice)
        if response.status == 429:
            cost = 0
        self.world.arrive(whole=fault is None or fault.kind in faults.WHOLE)
        told = dress.headers(self.budget.headers(cost), self.world.switches)
        response.headers = {"Date": self.world.clock.http_date()} | told | response.headers
        self._note(request, response, cost, fault)
        return response

    def _answer(self, request: Request, route: Route | None, names: dict[str, str], cost: int) -> Response:
        wait = self.budget.take(cost, route.sub if route else None, self.world.clock.now())
        if wait is not None:
            return dress.throttled(wait, self.world.switches)
        try:
            reply = self._reply(request, route, names)
        except Refused as refused:
            reply = refused.reply
        reply.payload = dress.payload(reply.payload, self.world.switches)
        response = _response(request, reply, self.scheme)
        self.script.called(self, listed=route is not None and route.call is tickets.list_tickets)
        return response

    def _reply(self, request: Request, route: Route | None, names: dict[str, str]) -> Reply:
        self._admit(request)
        if route is None:
            known = any(one.pattern.fullmatch(request.path) for one in ROUTES)
            raise Refused(405 if known else 404, dress.words(405 if known else 404, self.world.switches))
        accepts = request.headers.get("accept", "*/*")
        if not any(kind in accepts for kind in ("json", "*/*", "application/*")):
            raise Refused(406)
        if names.get("language") and not self.world.switches.translations:
            raise forbidden("require_feature")
        arguments = {
            name: value if name in ("language", "job") else int(value) for name, value in names.items() if value is not None
        }
        return route.call(self.world, request, **arguments)

    def _admit(self, request: Request) -> None:
        """Raises Refused for a wrong key, and for any key once too many were wrong."""
        now, most = self.world.clock.now(), self.world.switches.lockout_after
        if most and self.locked_until > now:
            raise forbidden("password_lockout")
        if not self._authorised(request):
            self.wrong += 1
            if most and self.wrong >= most:
                self.wrong, self.locked_until = 0, now + _LOCKED
            raise unauthorised()
        self.wrong = 0
        if self.world.switches.suspended:
            raise forbidden("account_suspended")

    def _authorised(self, request: Request) -> bool:
        """Basic auth: the key is the user, any password will do."""
        scheme, _, coded = request.headers.get("authorization", "").partition(" ")
        try:
            user = base64.b64decode(coded, validate=True).decode().partition(":")[0]
        except ValueError:
            return False
        return scheme.lower() == "basic" and user == self.api_key

    def _note(self, request: Request, response: Response, cost: int, fault: faults.Fault | None) -> None:
        self.calls += 1
        self.credits += cost
        self.log.append((
            round(self.world.clock.now(), 3), request.method, request.path, request.query, response.status, cost,
            fault.kind if fault else None, request.headers.get("user-agent", ""),
        ))  # fmt: skip

    def rows(self) -> list[dict[str, Any]]:
        """The log, oldest first."""
        return [dict(zip(_LOGGED, row, strict=True)) for row in self.log]

    def clear(self) -> None:
        self.log.clear()
        self.calls = self.credits = 0


def _match(request: Request) -> tuple[Route | None, dict[str, str]]:
    for route in ROUTES:
        found = route.pattern.fullmatch(request.path)
        if found and route.method == request.method:
            return route, found.groupdict()
    return None, {}


def _response(request: Request, reply: Reply, scheme: str) -> Response:
    body = b"" if reply.payload is None else orjson.dumps(reply.payload)
    response = Response(reply.status, body, headers=dict(reply.headers))
    if reply.more:
        following = request.query | {"page": str(int(request.query.get("page", "1")) + 1)}
        host = request.headers.get("host", "localhost")
        response.headers["Link"] = f'<{scheme}://{host}{request.path}?{urlencode(following)}>; rel="next"'
    return response
