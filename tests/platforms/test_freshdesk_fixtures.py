"""Every recorded payload of Freshdesk goes through the adapter's models, and what comes out is looked at, kind by kind."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apps.platforms.adapters.freshdesk import mapping
from apps.platforms.adapters.freshdesk import payloads as wire
from apps.platforms.adapters.freshdesk.outcomes import time_spent
from apps.platforms.base import AgentData, ArticleData, AttachmentData, GroupData, MessageData, TicketData
from tests.fixtures_beside import FRESHDESK, names, needs_fixtures, payload, there

STATUSES = mapping.statuses([])
Raw = dict[str, Any]
# First match wins. What is in a file follows from its name; lists and envelopes are opened.
KINDS = (
    (r".*/ticket_field.*", "ticket field"), (r".*/search_tickets", "ticket found"), (r".*/search_contacts", "contact"),
    (r".*/(ticket|outbound|all_tickets).*", "ticket"), (r".*_with_conversations", "ticket with thread"),
    (r".*/(conversations|note_1|reply_1)", "message"), (r".*/(contact|customer).*", "contact"), (r".*/agent.*", "agent"),
    (r".*/group.*", "group"), (r".*/solution_categor.*", "category"), (r".*/solution_folder.*", "folder"),
    (r".*/solution_article.*", "article"), (r".*/time_entr.*", "time entry"), (r".*/(compan|role|search_companies).*", "not read"),
    (r".*/attachment\.txt", "upload"),
)  # fmt: skip
# How many of a kind the recorded files hold: one that is passed over would be missing here.
HELD = {
    "ticket field": 3, "ticket found": 2, "ticket": 5, "ticket with thread": 2, "message": 4, "message of a thread": 9,
    "contact": 9, "agent": 4, "group": 3, "category": 2, "folder": 2, "article": 4, "time entry": 6, "not read": 9, "upload": 1,
}  # fmt: skip


def kind_of(name: str) -> str:
    plain = name.removesuffix(".json")
    if plain.endswith("_with_conversations"):  # of the tickets, these come with a thread
        return "ticket with thread"
    return next((kind for pattern, kind in KINDS if re.fullmatch(pattern, plain)), "")


def ticket(raw: Raw) -> None:
    found = mapping.ticket(wire.Ticket.model_validate(raw), STATUSES)
    assert isinstance(found, TicketData)
    assert (found.remote_id, found.subject) == (str(raw["id"]), raw["subject"] or "")
    assert (found.status.value, found.priority) == (raw["status"], raw["priority"])
    assert found.status.category == {2: "open", 3: "pending", 4: "solved", 5: "closed"}.get(raw["status"], "open")
    assert found.state == ("trashed" if raw.get("deleted") else "spam" if raw.get("spam") else "live")
    assert found.customer is not None
    assert found.customer.remote_id == str((raw.get("requester") or {}).get("id", raw["requester_id"]))
    assert (found.description_html, found.description_text) == (raw["description"], raw.get("description_text") or "")
    assert found.created_at.utcoffset() == found.updated_at.utcoffset() == found.created_at - found.created_at
    assert found.visibility == "public"
    assert found.tags == tuple(raw.get("tags") or ())


def message(raw: Raw, ticket_id: int = 0) -> None:
    home = str(raw.get("ticket_id") or ticket_id)
    found = mapping.message(wire.Conversation.model_validate(raw), home)
    assert isinstance(found, MessageData)
    assert (found.remote_id, found.ticket_id) == (str(raw["id"]), home)
    assert (found.html, found.text) == (raw["body"], raw["body_text"])
    assert found.visibility == ("private" if raw["private"] else "public")
    assert found.author == ("customer" if raw["incoming"] else "agent" if raw["user_id"] else "system")
    assert [file.remote_id for file in found.attachments] == [str(file["id"]) for file in raw.get("attachments") or ()]
    for file, given in zip(found.attachments, raw.get("attachments") or (), strict=True):
        attachment(file, given)


def attachment(found: AttachmentData, raw: Raw) -> None:
    assert (found.name, found.content_type) == (raw["name"], raw["content_type"])
    assert found.size == (raw.get("size") or raw["file_size"]) > 0  # file_size: in older answers
    assert "http" not in repr(found)


def with_thread(raw: Raw) -> None:
    """A wrapper of the recorder's, not a shape of the API."""
    ticket(raw["ticket"])
    for entry in raw["conversations"]:
        message(entry, raw["ticket"]["id"])


def found_ticket(raw: Raw) -> None:
    """The search's rows are of the API's first version: the number is `display_id`."""
    row = wire.Ticket.model_validate(raw)
    assert (row.id, row.status) == (raw["id"], raw["status"])


def contact(raw: Raw) -> None:
    found = wire.Contact.model_validate(raw)
    assert (found.id, found.name, found.email) == (raw["id"], raw["name"] or "", raw.get("email"))


def agent(raw: Raw) -> None:
    found = mapping.agent(wire.Agent.model_validate(raw))
    assert isinstance(found, AgentData)
    person = raw["contact"]
    assert (found.remote_id, found.name, found.email) == (str(raw["id"]), person["name"], person["email"])
    assert found.active is person["active"]


def group(raw: Raw) -> None:
    found = mapping.group(wire.Group.model_validate(raw))
    assert isinstance(found, GroupData)
    assert (found.remote_id, found.name) == (str(raw["id"]), raw["name"])


def category(raw: Raw) -> None:
    found = wire.SolutionCategory.model_validate(raw)
    assert (found.id, found.name) == (raw["id"], raw["name"])


def folder(raw: Raw) -> None:
    found = wire.SolutionFolder.model_validate(raw)
    assert (found.id, found.name, found.visibility) == (raw["id"], raw["name"], raw.get("visibility"))
    assert mapping.folder_visibility(found.visibility) in ("public", "private", "restricted")


def article(raw: Raw) -> None:
    row = wire.SolutionArticle.model_validate(raw)
    found = mapping.article(row, code="fr", category="c", folder="f", visibility=None)
    assert isinstance(found, ArticleData)
    assert (found.remote_id, found.title) == (str(raw["id"]), raw["title"])
    assert (found.html, found.text) == (raw["description"], raw["description_text"])
    assert (found.published, found.visibility) == (raw["status"] == 2, "private")
    assert found.tags == tuple(raw.get("tags") or ())


def ticket_field(raw: Raw) -> None:
    """The shape of the admin's form: choices are objects, and never those of the status."""
    raw = raw.get("ticket_field", raw)
    found = wire.TicketField.model_validate(raw)
    assert (found.id, found.name, found.label, found.type) == (raw["id"], raw["name"], raw["label"], raw["type"])
    assert found.choices == raw.get("choices")
    assert mapping.statuses([found]) == STATUSES


def time_entry(raw: Raw) -> None:
    found = time_spent(wire.TimeEntry.model_validate(raw))
    assert (found.remote_id, found.ticket_id, found.agent_id) == (str(raw["id"]), str(raw["ticket_id"]), str(raw["agent_id"]))
    hours, minutes = raw["time_spent"].split(":")
    assert (found.minutes, found.billable, found.note) == (int(hours) * 60 + int(minutes), raw["billable"], raw["note"])
    assert not found.running


def not_read(raw: Raw) -> None:
    """Companies and roles: the adapter asks for none. They have a number all the same."""
    assert wire.Record.model_validate(raw).id == raw["id"]


CHECKS: dict[str, Callable[[Raw], None]] = {
    "ticket": ticket, "ticket found": found_ticket, "ticket with thread": with_thread, "message": message,
    "contact": contact, "agent": agent, "group": group, "category": category, "folder": folder, "article": article,
    "ticket field": ticket_field, "time entry": time_entry, "not read": not_read,
}  # fmt: skip


def opened(recorded: Any) -> list[Raw]:
    """The objects of a payload: of a list, of a search's envelope, or itself."""
    if isinstance(recorded, list):
        return recorded
    return recorded["results"] if set(recorded) == {"total", "results"} else [recorded]


@needs_fixtures
def test_every_recorded_payload_comes_out_as_what_it_is() -> None:
    held: Counter[str] = Counter()
    for name in names():
        kind = kind_of(name)
        assert kind, f"{name} is of no kind we know: name one in KINDS"
        if kind == "upload":  # the body of a file that a client sends, no payload of the API
            assert (FRESHDESK / name).read_text(encoding="utf-8")
            held[kind] += 1
            continue
        for raw in opened(payload(name)):
            held[kind] += 1
            held["message of a thread"] += len(raw.get("conversations", ()))
            try:
                CHECKS[kind](raw)
            except Exception as exc:
                exc.add_note(f"in {name}, {kind} {raw.get('id')}")
                raise
    assert dict(held) == HELD


@needs_fixtures
def test_a_recorded_private_note_is_private_and_a_reply_public() -> None:
    rows = [wire.Conversation.model_validate(row) for row in payload("python-freshdesk/conversations.json")]
    assert [mapping.message(row, "1").visibility for row in rows] == ["private", "public"]


@needs_fixtures
def test_a_web_chat_ticket_without_a_name_or_an_address_keeps_its_customer() -> None:
    recorded = payload("chatwoot/web_chat_ticket_with_conversations.json")
    found = mapping.ticket(wire.Ticket.model_validate(recorded["ticket"]), STATUSES)
    assert found.customer is not None
    assert (found.customer.remote_id, found.customer.name, found.customer.email) == ("1101", "", None)
    authors = [mapping.message(wire.Conversation.model_validate(row), "1").author for row in recorded["conversations"]]
    assert authors[:2] == ["system", "customer"]


@needs_fixtures
def test_a_recorded_offset_becomes_utc() -> None:
    row = wire.Ticket.model_validate(payload("python-freshdesk/all_tickets.json")[0])
    assert row.created_at.isoformat() == "2014-12-31T02:27:09+00:00"


def test_a_missing_folder_is_said_aloud(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="not beside the checkout"):
        assert there(tmp_path / "freshdesk") is False
    assert there(tmp_path) is True
