from __future__ import annotations

from typing import Any

import pytest

from apps.platforms.adapters.freshdesk import mapping
from apps.platforms.adapters.freshdesk import payloads as wire

STATUSES = mapping.statuses([])


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
