"""Search behind an index that lags: 30 rows a page, ten pages, a small language of conditions (contract 2.2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from simulators.freshdesk import wire
from simulators.freshdesk.records import Ticket
from simulators.freshdesk.replies import Refused, Reply, forbidden, invalid
from simulators.freshdesk.world import World
from simulators.web import Request

_PER_PAGE, _PAGES_MOST, _QUERY_MOST = 30, 10, 512
LAG = 120  # seconds until the index knows of a change
_TOKENS = re.compile(r"\s*(\(|\)|AND\b|OR\b|(?P<field>\w+):(?P<op>[<>]?)(?P<value>'[^']*'|[^\s()]+))")

Test = Callable[[Ticket], bool]
_FIELDS: dict[str, Callable[[Ticket], Any]] = {
    "agent_id": lambda row: row.responder_id,
    "group_id": lambda row: row.group_id,
    "priority": lambda row: row.priority,
    "status": lambda row: row.status,
    "tag": lambda row: row.tags,
    "type": lambda row: row.type,
    "due_by": lambda row: _day(wire.due_at(row)),
    "fr_due_by": lambda row: _day(wire.due_at(row)),
    "created_at": lambda row: _day(row.created_at),
    "updated_at": lambda row: _day(row.updated_at),
}


def _day(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d")


@dataclass(slots=True)
class _Parser:
    """Conditions with AND, OR and brackets. Raises Refused(400)."""

    tokens: list[re.Match[str]]

    def whole(self) -> Test:
        test = self.either()
        if self.tokens:
            raise _wrong(self.tokens[0][0])
        return test

    def either(self) -> Test:
        tests = [self.both()]
        while self.tokens and self.tokens[0][1] == "OR":
            self.tokens.pop(0)
            tests.append(self.both())
        return lambda row: any(test(row) for test in tests)

    def both(self) -> Test:
        tests = [self.one()]
        while self.tokens and self.tokens[0][1] == "AND":
            self.tokens.pop(0)
            tests.append(self.one())
        return lambda row: all(test(row) for test in tests)

    def one(self) -> Test:
        if not self.tokens:
            raise _wrong("its end")
        token = self.tokens.pop(0)
        if token[1] == "(":
            test = self.either()
            if not self.tokens or self.tokens.pop(0)[1] != ")":
                raise _wrong("a bracket that is not closed")
            return test
        if token["field"] is None:
            raise _wrong(token[0])
        return _condition(token["field"], token["op"], token["value"])


def _wrong(where: str) -> Refused:
    return invalid("query", f"Given query is invalid at {where.strip()}")


def _condition(name: str, op: str, value: str) -> Test:
    if name not in _FIELDS and not name.startswith("cf_"):
        raise _wrong(name)
    read = _FIELDS.get(name, lambda row: row.custom_fields.get(name))
    wanted = _value(value)

    def test(row: Ticket) -> bool:
        found = read(row)
        if isinstance(found, list):
            return wanted in found
        if not op:
            return bool(found == wanted)
        if found is None or type(found) is not type(wanted):
            return False
        return bool(found >= wanted if op == ">" else found <= wanted)  # the reference: both include the value

    return test


def _value(text: str) -> Any:
    if text.startswith("'"):
        return text[1:-1]
    constants = {"null": None, "true": True, "false": False}
    if text in constants:
        return constants[text]
    return int(text) if text.lstrip("-").isdecimal() else text


def _query(request: Request) -> str:
    text = request.query.get("query", "")
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        raise invalid("query", "Given query is invalid: it stands in double quotes")
    if len(text) - 2 > _QUERY_MOST:
        raise invalid("query", f"Given query is longer than {_QUERY_MOST} characters")
    return text[1:-1]


def _page(request: Request) -> int:
    text = request.query.get("page", "1")
    if not text.isdecimal() or not 1 <= int(text) <= _PAGES_MOST:
        raise invalid("page", f"It should be a Positive Integer less than or equal to {_PAGES_MOST}")
    if "per_page" in request.query:
        raise invalid("per_page", "Unexpected/invalid field in request", "invalid_field")
    return int(text)


def _hits(rows: list[Any], page: int) -> Reply:
    start = (page - 1) * _PER_PAGE
    return Reply({"total": len(rows), "results": rows[start : start + _PER_PAGE]})


def search_tickets(world: World, request: Request) -> Reply:
    """GET /search/tickets?query="...": no archive, no spam or trash, nothing newer than the index."""
    text, page = _query(request), _page(request)
    tokens, at = [], 0
    while at < len(text.rstrip()):
        token = _TOKENS.match(text, at)
        if token is None:
            raise _wrong(text[at : at + 20])
        tokens.append(token)
        at = token.end()
    test = _Parser(tokens).whole()
    found = [wire.ticket(world, row) for row in _indexed(world) if test(row)]
    return _hits(found, page)


def _indexed(world: World) -> Iterator[Ticket]:
    """Newest first; what changed within the lag is missing until the index has it."""
    known = world.clock.second() - LAG
    for ticket_id in sorted(world.index["live"], reverse=True):
        row = world.ticket(ticket_id)
        if row is not None and row.updated_at <= known and world.in_scope(row):
            yield row


def search_contacts(world: World, request: Request) -> Reply:
    """GET /search/contacts?query="email:'...'" (by address or name only)."""
    text, page = _query(request), _page(request)
    token = _TOKENS.fullmatch(text)
    if token is None or token["field"] not in ("email", "name") or token["op"]:
        raise _wrong(text)
    wanted = _value(token["value"])
    rows = [row for row in world.contacts() if wanted == (row.email if token["field"] == "email" else row.name)]
    return _hits([wire.contact(row) for row in rows], page)


def search_solutions(world: World, request: Request) -> Reply:
    """GET /search/solutions?term=: published articles of the primary language whose title or text has the words."""
    words = request.query.get("term", "").casefold().split()
    if not words:
        raise invalid("term", "It should be a/an String", "missing_field")
    language = world.profile.primary_language
    found = []
    for row in world.articles.values():
        text = row.texts.get(language)
        if text and row.status == 2:
            held = f"{text.title} {text.description_text}".casefold()
            if all(word in held for word in words):
                found.append(wire.article(world, row, language))
    return Reply(found[:_PER_PAGE])


def agent_search(world: World, request: Request) -> Reply:
    """GET /agents/autocomplete?term=: admins only."""
    if not world.switches.admin_key:
        raise forbidden()
    term = request.query.get("term", "").casefold()
    rows = [{"id": row.id, "name": row.name} for row in world.profile.agents if term in row.name.casefold()]
    return Reply(rows)
