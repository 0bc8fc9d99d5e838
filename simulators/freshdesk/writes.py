"""Writes that really change the account, so that a reader sees its own (contract 2.6)."""

from __future__ import annotations

import re
from typing import Any

from simulators import mail
from simulators.freshdesk import changes, wire
from simulators.freshdesk.records import Attachment, Entry, Ticket, stable_id
from simulators.freshdesk.replies import Refused, Reply, body_object, forbidden, invalid, missing
from simulators.freshdesk.tickets import found
from simulators.freshdesk.world import World
from simulators.web import Request

_KINDS: dict[str, Any] = {
    "status": int, "priority": int, "group_id": int | None, "responder_id": int | None, "type": str | None,
    "tags": list, "subject": str, "custom_fields": dict, "source": int,
}  # fmt: skip
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def _writable(world: World, ticket_id: int) -> Ticket:
    """405 for spam and trash (contract 2.1)."""
    row = found(world, ticket_id, archived=False)
    if row.feed != "live":
        raise Refused(405)
    return row


def _checked(world: World, asked: dict[str, Any], more: frozenset[str] = frozenset()) -> None:
    """Raises Refused(400) for a field or value the account does not know."""
    for name, value in asked.items():
        if name in more:
            continue
        if name not in _KINDS:
            raise invalid(name, "Unexpected/invalid field in request", "invalid_field")
        if not isinstance(value, _KINDS[name]):
            raise invalid(name, "Value set is of the wrong type", "datatype_mismatch")
    known = {value for value, _ in world.profile.statuses}
    if "status" in asked and asked["status"] not in known:
        raise invalid("status", f"It should be one of these values: '{','.join(map(str, sorted(known)))}'")
    if not 1 <= asked.get("priority", 1) <= 4:
        raise invalid("priority", "It should be one of these values: '1,2,3,4'")


def update_ticket(world: World, request: Request, ticket_id: int) -> Reply:
    """PUT /tickets/{id}"""
    asked = body_object(request)
    _checked(world, asked)
    _writable(world, ticket_id)
    return Reply(wire.ticket(world, _updated(world, ticket_id, asked), view=True))


def _updated(world: World, ticket_id: int, asked: dict[str, Any]) -> Ticket:
    row = world.touch(ticket_id, moves=world.switches.tags_move or set(asked) != {"tags"})
    for name, value in asked.items():
        setattr(row, name, row.custom_fields | value if name == "custom_fields" else value)
    if "status" in asked:
        row.status_at = world.clock.second()
    world.note(ticket_id, "update", fields=sorted(asked))
    return row


_NEW_FIELDS = frozenset({"description", "email", "requester_id", "name", "attachments", "cc_emails"})


def create_ticket(world: World, request: Request) -> Reply:
    """POST /tickets: of a customer of the account, by `email` or `requester_id`."""
    asked = body_object(request)
    _checked(world, asked, _NEW_FIELDS)
    for name in ("status", "priority"):
        if name not in asked:
            raise invalid(name, "It should be one of the valid values", "missing_field")
    contact = next((row for row in world.contacts() if asked.get("email") == row.email
                    or asked.get("requester_id") == row.id), None)  # fmt: skip
    if contact is None:
        raise invalid("email", "There is no contact matching the given email")
    made = changes.add_ticket(world, str(asked.get("subject", "")), str(asked.get("description", "")))
    made.requester_id, made.attachments = contact.id, _files(world, made.id, asked)
    for name in _KINDS.keys() & asked.keys():
        setattr(made, name, asked[name])
    world.note(made.id, "create")
    return Reply(wire.ticket(world, made, view=True), 201, {"Location": f"/api/v2/tickets/{made.id}"})


def _files(world: World, owner: int, asked: dict[str, Any]) -> tuple[Attachment, ...]:
    now = world.clock.second()
    return tuple(
        Attachment(stable_id("attachment", f"{owner}/{now}/{number}/{name}"), name, kind, size, now)
        for number, (name, kind, size) in enumerate(asked.get("attachments", ()))
    )


def _written(world: World, request: Request, ticket_id: int, *, note: bool) -> Entry:
    asked = body_object(request)
    body = asked.get("body")
    if not isinstance(body, str) or not body:
        raise invalid("body", "It should be a/an String", "missing_field")
    if world.switches.comments_stripped:
        body = _COMMENT.sub("", body)
    author = asked.get("user_id")
    if author is not None and author not in {one.id for one in world.profile.agents}:
        raise invalid("user_id", "There is no agent matching the given user_id")
    _writable(world, ticket_id)
    private = note and asked.get("private") is not False
    entry = changes.add_markup(world, ticket_id, body, by="agent", private=private, note=note, agent=author)
    entry.attachments = _files(world, entry.id, asked)
    world.note(ticket_id, "note" if note else "reply", entry=entry.id)
    return entry


def post_note(world: World, request: Request, ticket_id: int) -> Reply:
    """POST /tickets/{id}/notes; private unless the caller says otherwise."""
    entry = _written(world, request, ticket_id, note=True)
    return Reply(wire.conversation(world, entry, ticket_id), 201)


def post_reply(world: World, request: Request, ticket_id: int) -> Reply:
    """POST /tickets/{id}/reply; the customer gets a mail, which is remembered."""
    entry = _written(world, request, ticket_id, note=False)
    row = world.edit(ticket_id)
    contact = world.contact(row.requester_id)
    payload = wire.conversation(world, entry, ticket_id) | {"replied_to": [contact.email] if contact else []}
    return Reply(payload, 201)


def edit_conversation(world: World, request: Request, entry_id: int) -> Reply:
    """PUT /conversations/{id}: only notes can be edited."""
    ticket_id, entry = _entry(world, entry_id)
    asked = body_object(request)
    if entry.source != 2:
        raise invalid("conversation", "Only notes can be edited", "inconsistent_state")
    if not isinstance(asked.get("body"), str):
        raise invalid("body", "It should be a/an String", "missing_field")
    changes.rewrite(world, entry, asked["body"])
    world.touch(ticket_id, moves=world.switches.note_edit_moves)
    world.note(ticket_id, "edit_entry", entry=entry_id)
    return Reply(wire.conversation(world, entry, ticket_id))


def delete_conversation(world: World, request: Request, entry_id: int) -> Reply:
    """DELETE /conversations/{id}"""
    ticket_id, entry = _entry(world, entry_id)
    place = world.thread(ticket_id).index(entry)
    changes.apply(world, [{"op": "delete_entry", "ticket": ticket_id, "entry": place}])
    return Reply(status=204)


def _entry(world: World, entry_id: int) -> tuple[int, Entry]:
    for ticket_id in world.holders(entry_id):
        _writable(world, ticket_id)
        for entry in world.thread(ticket_id):
            if entry.id == entry_id:
                return ticket_id, entry
    raise missing()


def trash_ticket(world: World, request: Request, ticket_id: int) -> Reply:
    """DELETE /tickets/{id}: to the trash."""
    _writable(world, ticket_id)
    changes.apply(world, [{"op": "trash", "ticket": ticket_id}])
    return Reply(status=204)


def delete_archived(world: World, request: Request, ticket_id: int) -> Reply:
    """DELETE /tickets/archived/{id}: for good."""
    found(world, ticket_id, archived=True)
    changes.apply(world, [{"op": "destroy", "ticket": ticket_id}])
    return Reply(status=204)


def restore_ticket(world: World, request: Request, ticket_id: int) -> Reply:
    """PUT /tickets/{id}/restore"""
    if found(world, ticket_id, archived=False).feed != "deleted":
        raise Refused(405)
    changes.apply(world, [{"op": "restore", "ticket": ticket_id}])
    return Reply(status=204)


def merge_tickets(world: World, request: Request) -> Reply:
    """PUT /tickets/merge"""
    asked = body_object(request)
    primary, others = asked.get("primary_id"), asked.get("ticket_ids")
    if not isinstance(primary, int):
        raise invalid("primary_id", "It should be a/an Positive Integer", "missing_field")
    if not isinstance(others, list) or not others or not all(isinstance(one, int) for one in others):
        raise invalid("ticket_ids", "It should be a/an Array", "missing_field")
    if primary in others:
        raise invalid("ticket_ids", "A ticket cannot be merged into itself")
    for ticket_id in (primary, *others):
        _writable(world, ticket_id)
    notes = [str((asked.get(f"note_in_{side}") or {}).get("body", "")) for side in ("primary", "secondary")]
    changes.merge(world, primary, others, *notes)
    return Reply(status=204)


def read_summary(world: World, request: Request, ticket_id: int) -> Reply:
    """GET /tickets/{id}/summary"""
    row = found(world, ticket_id, archived=False)
    if row.summary is None:
        raise missing()
    return Reply({"body": row.summary, "body_text": mail.plain(row.summary), "ticket_id": row.id})


def write_summary(world: World, request: Request, ticket_id: int) -> Reply:
    """PUT /tickets/{id}/summary"""
    asked = body_object(request)
    if not isinstance(asked.get("body"), str) or not asked["body"]:
        raise invalid("body", "It should be a/an String", "missing_field")
    _writable(world, ticket_id)
    world.move(ticket_id).summary = asked["body"]
    return read_summary(world, request, ticket_id)


def delete_summary(world: World, request: Request, ticket_id: int) -> Reply:
    """DELETE /tickets/{id}/summary"""
    _writable(world, ticket_id)
    world.move(ticket_id).summary = None
    return Reply(status=204)


def hard_delete_contact(world: World, request: Request, contact_id: int) -> Reply:
    """DELETE /contacts/{id}/hard_delete?force=true: the person and all their tickets, for good."""
    if world.contact(contact_id) is None:
        raise missing()
    if request.query.get("force") != "true":
        raise invalid("force", "It should be true for a contact that is not deleted", "inconsistent_state")
    if not world.switches.admin_key:
        raise forbidden()
    world.destroy_contact(contact_id)
    return Reply(status=204)


def bulk(world: World, request: Request, *, delete: bool) -> Reply:
    """POST /tickets/bulk_update or bulk_delete: a job; one moment for all of its tickets."""
    asked = body_object(request).get("bulk_action")
    ids = asked.get("ids") if isinstance(asked, dict) else None
    if not isinstance(ids, list) or not all(isinstance(one, int) for one in ids):
        raise invalid("ids", "It should be a/an Array", "missing_field")
    properties = asked.get("properties") or {}
    _checked(world, properties)
    failed = 0
    with world.clock.held():
        for ticket_id in ids:
            row = world.ticket(ticket_id)
            if row is None or row.feed != "live":
                failed += 1
            elif delete:
                world.touch(ticket_id, moves=world.switches.hiding_moves, feed="deleted")
                world.note(ticket_id, "trash")
            else:
                _updated(world, ticket_id, properties)
    return Reply(world.jobs.start("TICKETS::BULK", world.clock.now(), failed=failed), 202)


def bulk_update(world: World, request: Request) -> Reply:
    """POST /tickets/bulk_update"""
    return bulk(world, request, delete=False)


def bulk_delete(world: World, request: Request) -> Reply:
    """POST /tickets/bulk_delete"""
    return bulk(world, request, delete=True)
