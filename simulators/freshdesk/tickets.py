"""Tickets and their threads: lists, views and the archive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from operator import itemgetter

from simulators.clock import parse_time
from simulators.freshdesk import wire
from simulators.freshdesk.records import Entry, Feed, Ticket
from simulators.freshdesk.replies import Refused, Reply, Window, forbidden, invalid, missing, window
from simulators.freshdesk.world import World
from simulators.web import Request

PAGES_MOST = 300
_DEFAULT_DAYS = 30
_VIEW_ENTRIES = 10
_KNOWN = {
    "filter", "requester_id", "email", "company_id", "unique_external_id", "updated_since", "order_by", "order_type",
    "include", "page", "per_page",
}  # fmt: skip
_OPEN = 2
_OWNERS = {"requester_id", "email", "company_id", "unique_external_id"}
_FEEDS: dict[str, Feed] = {"": "live", "spam": "spam", "deleted": "deleted"}
_LIST_INCLUDES = frozenset({"stats", "requester", "description", "company"})
_VIEW_INCLUDES = frozenset({"conversations", "requester", "company", "stats"})
_ORDERS: dict[str, Callable[[Ticket], int]] = {
    "created_at": lambda row: row.id,  # numbers are given in order of creation
    "updated_at": lambda row: row.updated_at,
    "due_by": wire.due_at,
    "status": lambda row: row.status,
}


def includes(request: Request, known: frozenset[str]) -> frozenset[str]:
    """What to include. Raises Refused(400) for what this call cannot include."""
    asked = frozenset(filter(None, request.query.get("include", "").split(",")))
    if asked - known:
        raise invalid("include", f"It should be one of these values: '{','.join(sorted(known))}'")
    return asked


def list_credits(request: Request) -> int:
    """1, and 2 for each include; a call that is refused later costs as much."""
    return 1 + 2 * len(set(filter(None, request.query.get("include", "").split(","))))


def view_credits(request: Request) -> int:
    """1, and 1 for each include."""
    return 1 + len(set(filter(None, request.query.get("include", "").split(","))))


def list_tickets(world: World, request: Request) -> Reply:
    """GET /tickets (contract 2.2)."""
    unknown = set(request.query) - _KNOWN
    if unknown:
        raise invalid(min(unknown), "Unexpected/invalid field in request", "invalid_field")
    include, page = includes(request, _LIST_INCLUDES), window(request)
    if page.page > PAGES_MOST:
        text = "You cannot access tickets beyond the 300th page. Please provide a smaller page number."
        raise invalid("page", text)
    feed = _FEEDS.get(request.query.get("filter", ""))
    if feed is None:
        if request.query["filter"] == "watching":
            return Reply([])  # the owner of the key watches nothing
        if request.query["filter"] != "new_and_my_open":
            raise invalid("filter", "It should be one of these values: 'new_and_my_open,watching,spam,deleted'")
        feed = "live"
    rows, more = _rows(world, request, feed, page)
    return Reply([wire.ticket(world, row, include=include) for row in rows], more=more)


def _rows(world: World, request: Request, feed: Feed, page: Window) -> tuple[list[Ticket], bool]:
    order, ascending = _order(request)
    since = _since(request)
    mine = request.query.get("filter") == "new_and_my_open"
    plain = not (mine or _OWNERS & set(request.query) or world.archived_in_list or world.scope != 1)
    last = page.start + page.per_page + 1
    if plain and order == "updated_at" and since is not None:
        ids = world.listed(feed, since, page.start, page.per_page + 1, ascending=ascending)
        found = [row for row in map(world.listed_ticket, ids) if row is not None]
    elif plain and order == "created_at":
        ids = _by_number(world, feed, since, ascending=ascending)
        found = [row for row in map(world.listed_ticket, islice(ids, page.start, last)) if row is not None]
    elif plain and order == "status":
        ids = _by_status(world, feed, since, ascending=ascending)
        found = [row for row in map(world.listed_ticket, ids[page.start : last]) if row is not None]
    else:
        chosen = [(_ORDERS[order](row), row.id) for row in _chosen(world, request, feed, since)]
        chosen.sort(key=itemgetter(0), reverse=not ascending)  # ties stay as the index has them
        ids = (ticket_id for _, ticket_id in chosen[page.start : last])
        found = [row for row in map(world.listed_ticket, ids) if row is not None]
    return found[: page.per_page], len(found) > page.per_page


def _by_number(world: World, feed: Feed, since: int | None, *, ascending: bool) -> Iterator[int]:
    """Ids of the feed in order of creation: numbers are given in that order."""
    listed = sorted(world.index[feed], reverse=not ascending)
    oldest = world.clock.second() - _DEFAULT_DAYS * 86400
    for ticket_id in listed:
        row = world.stamp(ticket_id)
        if row and (row.created_at >= oldest if since is None else row.updated_at >= since):
            yield ticket_id


def _by_status(world: World, feed: Feed, since: int | None, *, ascending: bool) -> list[int]:
    """Ids of the feed in order of status; ties stay as the index has them."""
    oldest, found = world.clock.second() - _DEFAULT_DAYS * 86400, []
    for ticket_id in world.in_feed(feed):
        row, status = world.stamp(ticket_id), world.status(ticket_id)
        if row and status and (row.created_at >= oldest if since is None else row.updated_at >= since):
            found.append((status, ticket_id))
    found.sort(key=itemgetter(0), reverse=not ascending)
    return [ticket_id for _, ticket_id in found]


def _order(request: Request) -> tuple[str, bool]:
    order, way = request.query.get("order_by", "created_at"), request.query.get("order_type", "desc")
    if order not in _ORDERS:
        raise invalid("order_by", f"It should be one of these values: '{','.join(_ORDERS)}'")
    if way not in ("asc", "desc"):
        raise invalid("order_type", "It should be one of these values: 'asc,desc'")
    return order, way == "asc"


def _since(request: Request) -> int | None:
    text = request.query.get("updated_since")
    if text is None:
        return None
    since = parse_time(text)
    if since is None:
        raise invalid("updated_since", "It should be in the 'combined date and time ISO8601' format", "invalid_date")
    return since


def _chosen(world: World, request: Request, feed: Feed, since: int | None) -> Iterator[Ticket]:
    """The slow path: every ticket of the feed is looked at. Without `since`, only those of the last 30 days."""
    oldest = world.clock.second() - _DEFAULT_DAYS * 86400
    for ticket_id in world.in_feed(feed):
        row = world.listed_ticket(ticket_id)
        if row is None or not world.in_scope(row) or {"company_id", "unique_external_id"} & set(request.query):
            continue  # the simulated customers belong to no company and have no other ids
        fresh = row.created_at >= oldest if since is None else row.updated_at >= since
        if fresh and _asked_by(world, request, row):
            yield row


def _asked_by(world: World, request: Request, row: Ticket) -> bool:
    if request.query.get("filter") == "new_and_my_open" and (
        row.status != _OPEN or row.responder_id not in (None, world.owner.id)
    ):
        return False
    requester, email = request.query.get("requester_id"), request.query.get("email")
    if requester is not None and str(row.requester_id) != requester:
        return False
    contact = world.contact(row.requester_id) if email is not None else None
    return email is None or (contact is not None and contact.email == email)


def view_ticket(world: World, request: Request, ticket_id: int) -> Reply:
    """GET /tickets/{id}: also spam and trash, never the archive."""
    row, include = found(world, ticket_id, archived=False), includes(request, _VIEW_INCLUDES)
    payload = wire.ticket(world, row, include=include, view=True)
    if "conversations" in include:
        first = _entries(world, row)[:_VIEW_ENTRIES]
        payload["conversations"] = [wire.conversation(world, entry, row.id) for entry in first]
    return Reply(payload)


def conversations(world: World, request: Request, ticket_id: int) -> Reply:
    """GET /tickets/{id}/conversations"""
    return _thread(world, request, found(world, ticket_id, archived=False))


def view_archived(world: World, request: Request, ticket_id: int) -> Reply:
    """GET /tickets/archived/{id}"""
    return Reply(wire.ticket(world, found(world, ticket_id, archived=True), view=True))


def archived_conversations(world: World, request: Request, ticket_id: int) -> Reply:
    """GET /tickets/archived/{id}/conversations"""
    return _thread(world, request, found(world, ticket_id, archived=True))


def _thread(world: World, request: Request, row: Ticket) -> Reply:
    page = window(request).cut(_entries(world, row))
    page.payload = [wire.conversation(world, entry, row.id) for entry in page.payload]
    return page


def _entries(world: World, row: Ticket) -> list[Entry]:
    """What is listed, oldest first."""
    return sorted(world.entries(row.id), key=lambda entry: (entry.created_at, entry.id))


def found(world: World, ticket_id: int, *, archived: bool) -> Ticket:
    """The ticket by its number. Raises Refused: 404, or as the switch says for one outside the key's scope."""
    row = world.ticket(ticket_id)
    if row is None or (row.feed == "archived") is not archived:
        raise missing()
    if not world.in_scope(row):
        raise Refused(world.switches.scope_answer) if world.switches.scope_answer != 403 else forbidden()
    return row
