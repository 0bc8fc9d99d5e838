"""The demo account holds what every real account holds, and the truth says where."""

from __future__ import annotations

from typing import Any

import pytest

from simulators.freshdesk.__main__ import arguments, build
from tests.simulated import KEY, NOW
from tests.simulators.inside import EVER, Inside


@pytest.fixture(scope="module")
def demo() -> Inside:
    options = ("--account", "acme", "--plan", "unlimited", "--now", NOW, "--api-key", KEY)
    return Inside(build(arguments(options)))


def every(demo: Inside, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    asked = {"updated_since": EVER, "order_by": "updated_at", "order_type": "asc", "per_page": 100} | params
    while page := demo.get("/tickets", page=len(found) // 100 + 1, **asked):
        found += page
        if len(page) < 100:
            break
    return found


def test_spam_and_trash_are_there_and_not_among_the_rest(demo: Inside) -> None:
    counts = {name: len(every(demo, **({"filter": name} if name else {}))) for name in ("", "spam", "deleted")}
    assert counts == {"": 411, "spam": 3, "deleted": 2}


def test_three_customers_have_one_name(demo: Inside) -> None:
    rows = every(demo, include="requester")
    people = {(row["requester"]["name"], row["requester"]["email"]) for row in rows}
    assert len([email for name, email in people if name == "Alex Martin"]) == 3
    assert ("", "visitor-2291@chat.example") in people


def test_states_and_fields_of_its_own_are_named(demo: Inside) -> None:
    choices = demo.get("/ticket_fields", type="default_status")[0]["choices"]
    assert {number: names[0] for number, names in choices.items() if int(number) >= 8} == {
        "8": "With Engineering", "9": "Waiting for Parts", "14": "Callback Booked",
    }  # fmt: skip
    rows = every(demo)
    assert {row["status"] for row in rows} >= {8, 9, 14}
    names = {field["name"] for field in demo.get("/ticket_fields") if field["type"].startswith("custom_")}
    assert names == {"cf_order_number", "cf_product", "cf_serial_number", "cf_callback"}
    assert all(row["custom_fields"].keys() == names for row in rows), "fields without a value are null, not missing"


def test_files_hang_on_first_messages_and_notes_and_can_be_fetched(demo: Inside) -> None:
    truth = demo.told("truth")["attachments"]
    assert {one["trouble"] for one in truth} == {"", "redirect", "short", "away"}
    assert {one["entry"] is None for one in truth} == {True, False}
    assert max(one["size"] for one in truth) >= 18 * 2**20
    assert any(one["name"].endswith(".pdf.exe") for one in truth)
    for row in truth:
        base = f"/tickets/{row['ticket']}"
        held = demo.get(base)["attachments"] if row["entry"] is None else [
            file for entry in demo.get(f"{base}/conversations") for file in entry["attachments"]]  # fmt: skip
        file = next(one for one in held if str(one["id"]) == row["remote_id"])
        assert (file["name"], file["content_type"], file["size"]) == (row["name"], row["content_type"], row["size"])
        if not row["trouble"]:
            assert len(demo.download(file["attachment_url"]).body) == row["size"]


def test_personal_data_and_instructions_stand_where_the_truth_says(demo: Inside) -> None:
    planted = demo.told("truth")["planted"]
    kinds = [one["kind"] for one in planted]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "name": 2, "card": 1, "iban": 2, "address": 2, "phone": 2, "email": 1, "id_number": 2, "instruction": 5,
    }  # fmt: skip
    for one in planted:
        base = f"/tickets/{one['ticket']}"
        entries = {entry["id"]: entry["body_text"] for entry in demo.get(f"{base}/conversations")}
        text = demo.get(base)["description_text"] if one["entry"] is None else entries[one["entry"]]
        assert text[one["start"] : one["end"]] == one["text"]
    assert any(one["entry"] is not None for one in planted), "one stands in a private note"


def test_words_that_are_edited_away_are_told_no_more(demo: Inside) -> None:
    own = Inside(build(arguments(("--account", "acme", "--now", NOW, "--api-key", KEY))))
    one = next(row for row in own.told("truth")["planted"] if row["kind"] == "card")
    own.update(op="description", ticket=one["ticket"], value="It is settled, thank you.")
    assert not [row for row in own.told("truth")["planted"] if row["kind"] == "card"]


def test_a_lived_in_account_has_companies_ratings_and_times_and_is_the_same_account_otherwise(demo: Inside) -> None:
    options = ("--account", "acme", "--plan", "unlimited", "--now", NOW, "--api-key", KEY, "--lived-in")
    lived = Inside(build(arguments(options)))
    assert len(lived.get("/companies", per_page=100)) == 13
    ratings = lived.get("/surveys/satisfaction_ratings", created_since=EVER, per_page=100)
    assert {row["ratings"]["default_question"] > 100 for row in ratings} == {True, False}
    assert len(lived.get("/time_entries", executed_after=EVER, per_page=100)) == 100
    rows = every(lived)
    assert sum(row["company_id"] is not None for row in rows) > 40
    assert [row | {"company_id": None} for row in rows] == every(demo)
    assert lived.get("/surveys/satisfaction_ratings", created_since=EVER, per_page=100) == ratings
