from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter

from apps.platforms.adapters.freshdesk import mapping
from apps.platforms.adapters.freshdesk import payloads as wire
from tests.fixtures_beside import names, needs_fixtures, payload

# First match wins. A list means the payload is one.
SHAPES: tuple[tuple[str, Any], ...] = (
    (r"freshdesk-dotnet/ticket_field.*", wire.TicketField),
    (r".*/search_tickets", wire.TicketSearch),
    (r".*/search_contacts", wire.ContactSearch),
    (r".*/search_companies", dict[str, Any]),
    (r".*/all_tickets", list[wire.Ticket]),
    (r".*/(ticket|ticket_1|ticket_1_updated|outbound_email_1)", wire.Ticket),
    (r".*/conversations", list[wire.Conversation]),
    (r".*/(note_1|reply_1)", wire.Conversation),
    (r".*/contacts", list[wire.Contact]),
    (r".*/(contact|contact_updated|contact_1_agent|customer)", wire.Contact),
    (r".*/agents", list[wire.Agent]),
    (r".*/agent_1.*", wire.Agent),
    (r".*/groups", list[wire.Group]),
    (r".*/group_1", wire.Group),
    (r".*/(companies|roles|time_entries|time_entry_1)", list[wire.Record]),
    (r".*/(company|company_updated|role_1)", wire.Record),
    (r".*/solution_categories.*", list[wire.SolutionCategory]),
    (r".*/solution_category.*", wire.SolutionCategory),
    (r".*/solution_folders.*", list[wire.SolutionFolder]),
    (r".*/solution_folder.*", wire.SolutionFolder),
    (r".*/solution_articles.*", list[wire.SolutionArticle]),
    (r".*/solution_article.*", wire.SolutionArticle),
)
STATUSES = mapping.statuses([])


def shape_of(name: str) -> Any:
    return next((shape for pattern, shape in SHAPES if re.fullmatch(pattern, name.removesuffix(".json"))), None)


@needs_fixtures
@pytest.mark.parametrize("name", names())
def test_every_recorded_payload_parses(name: str) -> None:
    recorded = payload(name)
    if name.endswith("_with_conversations.json"):  # a wrapper of the recorder's, not a shape of the API
        ticket = mapping.ticket(wire.Ticket.model_validate(recorded["ticket"]), STATUSES)
        entries = TypeAdapter(list[wire.Conversation]).validate_python(recorded["conversations"])
        messages = [mapping.message(row, ticket.remote_id) for row in entries]
        assert [message.text for message in messages] == [row["body_text"] for row in recorded["conversations"]]
        return
    recorded = recorded.get("ticket_field", recorded) if isinstance(recorded, dict) else recorded  # one is wrapped
    shape = shape_of(name)
    assert shape is not None, f"{name} has no shape: name one in SHAPES"
    found = TypeAdapter(shape).validate_python(recorded)
    if isinstance(found, BaseModel) and "id" in recorded:
        assert found.id == recorded["id"]  # type: ignore[attr-defined]
    elif isinstance(found, list):
        assert [row.id for row in found] == [row["id"] for row in recorded]


@needs_fixtures
def test_a_recorded_private_note_is_private_and_a_reply_public() -> None:
    rows = TypeAdapter(list[wire.Conversation]).validate_python(payload("python-freshdesk/conversations.json"))
    assert [mapping.message(row, "1").visibility for row in rows] == ["private", "public"]


@needs_fixtures
def test_a_web_chat_ticket_without_a_name_or_an_address_keeps_its_customer() -> None:
    recorded = payload("chatwoot/web_chat_ticket_with_conversations.json")
    ticket = mapping.ticket(wire.Ticket.model_validate(recorded["ticket"]), STATUSES)
    assert ticket.customer is not None
    assert (ticket.customer.remote_id, ticket.customer.name, ticket.customer.email) == ("1101", "", None)
    authors = [mapping.message(wire.Conversation.model_validate(row), "1").author for row in recorded["conversations"]]
    assert authors[:2] == ["system", "customer"]


@needs_fixtures
def test_a_recorded_offset_becomes_utc() -> None:
    row = wire.Ticket.model_validate(payload("python-freshdesk/all_tickets.json")[0])
    assert row.created_at.isoformat() == "2014-12-31T02:27:09+00:00"


def ticket_row(**fields: Any) -> wire.Ticket:
    plain = {"id": 7, "status": 2, "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-02T00:00:00Z"}
    return wire.Ticket.model_validate(plain | fields)


@pytest.mark.parametrize("value", [8, 27, -5, 99999])
def test_a_status_nobody_named_counts_as_open(value: int) -> None:
    assert mapping.ticket(ticket_row(status=value), STATUSES).status.category == "open"


def test_statuses_take_the_agents_label_and_the_shipped_meaning() -> None:
    choices = {"2": ["Offen", "In Arbeit"], "4": ["Gelöst", "x"], "6": ["Wartet", "y"], "11": ["In Reparatur", "z"]}
    field = wire.TicketField(id=1, type="default_status", choices=choices)
    found = mapping.statuses([field])
    assert {value: (one.label, one.category) for value, one in found.items()} == {
        2: ("Offen", "open"), 4: ("Gelöst", "solved"), 6: ("Wartet", "pending"), 11: ("In Reparatur", "open"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("folder", "visibility"),
    [
        (1, "public"),
        (2, "restricted"),
        (3, "private"),
        (4, "restricted"),
        (7, "restricted"),
        (8, "private"),
        (None, "private"),
    ],
)
def test_only_a_folder_for_everybody_is_public(folder: int | None, visibility: str) -> None:
    assert mapping.folder_visibility(folder) == visibility


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, "live"),
        ({"spam": True}, "spam"),
        ({"deleted": True, "spam": True}, "trashed"),
        ({"archived": True}, "archived"),
    ],
)
def test_the_state_follows_the_flags_of_the_row(fields: dict[str, bool], state: str) -> None:
    assert mapping.ticket(ticket_row(**fields), STATUSES).state == state


def test_a_message_without_the_private_flag_is_private() -> None:
    row = {"id": 1, "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}
    assert mapping.message(wire.Conversation.model_validate(row), "1").visibility == "private"


def test_a_description_that_was_not_sent_is_none_and_an_empty_one_is_empty() -> None:
    assert mapping.ticket(ticket_row(), STATUSES).description_text is None
    assert mapping.ticket(ticket_row(description=None, description_text=None), STATUSES).description_text == ""


def test_a_new_field_of_the_vendor_is_no_change_and_a_new_subject_is() -> None:
    plain = mapping.ticket(ticket_row(subject="a"), STATUSES).raw_hash
    assert mapping.ticket(ticket_row(subject="a", sentiment_score=3), STATUSES).raw_hash == plain
    assert mapping.ticket(ticket_row(subject="b"), STATUSES).raw_hash != plain


def test_languages_get_our_codes_and_no_two_fall_together() -> None:
    codes = ["ja-JP", "zh-CN", "zh-TW", "pt-BR", "de"]
    assert [mapping.language(code) for code in codes] == ["ja", "zh", "zh-TW", "pt-BR", "de"]
