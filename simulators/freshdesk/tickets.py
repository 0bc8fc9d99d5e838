"""Tickets and their threads: lists, views, the archive, and the writes that really change them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from simulators.freshdesk import changes, wire
from simulators.freshdesk.clock import parse_time
from simulators.freshdesk.records import Feed, Ticket
from simulators.freshdesk.replies import Refused, Reply, Window, body_object, invalid, missing, window
from simulators.freshdesk.world import World
from simulators.web import Request

PAGES_MOST = 300
_DEFAULT_DAYS = 30
_VIEW_ENTRIES = 10
_KNOWN = {
    "filter", "requester_id", "email", "company_id", "updated_since", "order_by", "order_type", "include", "page",
    "per_page",
}  # fmt: skip
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
        if request.query["filter"] not in ("new_and_my_open", "watching"):
            raise invalid("filter", "It should be one of these values: 'new_and_my_open,watching,spam,deleted'")
        return Reply([])
    rows, more = _rows(world, request, feed, page)
    return Reply([wire.ticket(world, row, include=include) for row in rows], more=more)


def _rows(world: World, request: Request, feed: Feed, page: Window) -> tuple[list[Ticket], bool]:
    order, ascending = _order(request)
    since = _since(request)
    plain = not {"requester_id", "email", "company_id"} & set(request.query) and not world.archived_in_list
    if order == "updated_at" and since is not None and plain:
        ids = world.listed(feed, since, page.start, page.per_page + 1, ascending=ascending)
        found = [row for row in map(world.ticket, ids) if row is not None]
    else:
        chosen = list(_chosen(world, request, feed, since))
        chosen.sort(key=_ORDERS[order], reverse=not ascending)
        found = chosen[page.start : page.start + page.per_page + 1]
    return found[: page.per_page], len(found) > page.per_page


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
        row = world.ticket(ticket_id)
        if row is None or "company_id" in request.query:
            continue  # the simulated customers belong to no company
        fresh = row.created_at >= oldest if since is None else row.updated_at >= since
        if fresh and _asked_by(world, request, row):
            yield row


def _asked_by(world: World, request: Request, row: Ticket) -> bool:
    requester, email = request.query.get("requester_id"), request.query.get("email")
    if requester is not None and str(row.requester_id) != requester:
        return False
    contact = world.contact(row.requester_id) if email is not None else None
    return email is None or (contact is not None and contact.email == email)


def view_ticket(world: World, request: Request, ticket_id: int) -> Reply:
    """GET /tickets/{id}: also spam and trash, never the archive."""
    row, include = _found(world, ticket_id, archived=False), includes(request, _VIEW_INCLUDES)
    payload = wire.ticket(world, row, include=include, view=True)
    if "conversations" in include:
        payload["conversations"] = [wire.conversation(entry, row.id) for entry in world.entries(row.id)[:_VIEW_ENTRIES]]
    return Reply(payload)


def conversations(world: World, request: Request, ticket_id: int) -> Reply:
    """GET /tickets/{id}/conversations"""
    return _thread(world, request, _found(world, ticket_id, archived=False))


def view_archived(world: World, request: Request, ticket_id: int) -> Reply:
    """GET /tickets/archived/{id}"""
    return Reply(wire.ticket(world, _found(world, ticket_id, archived=True), view=True))


def archived_conversations(world: World, request: Request, ticket_id: int) -> Reply:
    """GET /tickets/archived/{id}/conversations"""
    return _thread(world, request, _found(world, ticket_id, archived=True))


def _thread(world: World, request: Request, row: Ticket) -> Reply:
    page = window(request).cut(world.entries(row.id))
    page.payload = [wire.conversation(entry, row.id) for entry in page.payload]
    return page


def _found(world: World, ticket_id: int, *, archived: bool) -> Ticket:
    row = world.ticket(ticket_id)
    if row is None or (row.feed == "archived") is not archived:
        raise missing()
    return row


def _writable(world: World, ticket_id: int) -> Ticket:
    """405 for spam and trash (contract 2.1)."""
    row = _found(world, ticket_id, archived=False)
    if row.feed != "live":
        raise Refused(405)
    return row


def update_ticket(world: World, request: Request, ticket_id: int) -> Reply:
    """PUT /tickets/{id}"""
    asked = body_object(request)
    kinds = {
        "status": int, "priority": int, "group_id": int | None, "responder_id": int | None, "type": str | None,
        "tags": list, "subject": str,
    }  # fmt: skip
    for name, value in asked.items():
        if name not in kinds:
            raise invalid(name, "Unexpected/invalid field in request", "invalid_field")
        if not isinstance(value, kinds[name]):
            raise invalid(name, "Value set is of the wrong type", "datatype_mismatch")
    _writable(world, ticket_id)
    known = {value for value, _ in world.profile.statuses}
    if "status" in asked and asked["status"] not in known:
        raise invalid("status", f"It should be one of these values: '{','.join(map(str, sorted(known)))}'")
    row = world.move(ticket_id)
    for name, value in asked.items():
        setattr(row, name, value)
    if "status" in asked:
        row.status_at = row.updated_at
    return Reply(wire.ticket(world, row, view=True))


def _text(request: Request) -> tuple[str, bool | None]:
    asked = body_object(request)
    body = asked.get("body")
    if not isinstance(body, str) or not body:
        raise invalid("body", "It should be a/an String", "missing_field")
    return body, asked.get("private")


def post_note(world: World, request: Request, ticket_id: int) -> Reply:
    """POST /tickets/{id}/notes; private unless the caller says otherwise."""
    body, private = _text(request)
    _writable(world, ticket_id)
    entry = changes.add_markup(world, ticket_id, body, by="agent", private=private is not False)
    return Reply(wire.conversation(entry, ticket_id), 201)


def post_reply(world: World, request: Request, ticket_id: int) -> Reply:
    """POST /tickets/{id}/reply; the customer gets a mail, which is remembered."""
    body, _ = _text(request)
    row = _writable(world, ticket_id)
    entry = changes.add_markup(world, ticket_id, body, by="agent", private=False)
    contact = world.contact(row.requester_id)
    payload = wire.conversation(entry, ticket_id) | {"replied_to": [contact.email] if contact else []}
    return Reply(payload, 201)


def trash_ticket(world: World, request: Request, ticket_id: int) -> Reply:
    """DELETE /tickets/{id}: to the trash."""
    _writable(world, ticket_id)
    world.move(ticket_id, feed="deleted")
    return Reply(status=204)


def restore_ticket(world: World, request: Request, ticket_id: int) -> Reply:
    """PUT /tickets/{id}/restore"""
    if _found(world, ticket_id, archived=False).feed != "deleted":
        raise Refused(405)
    world.move(ticket_id, feed="live")
    return Reply(status=204)
