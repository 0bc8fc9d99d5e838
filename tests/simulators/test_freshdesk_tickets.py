from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx2
import pytest

from tests.fixtures_beside import needs_fixtures, payload
from tests.simulated import NOW, Simulator, running

EVER = "2000-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def account() -> Iterator[Simulator]:
    """A generated account whose clock stands still; tests read it only."""
    with running("--account", "generated", "--tickets", "800", "--now", NOW, "--plan", "unlimited") as simulator:
        simulator.tell("clock", rate=0)
        yield simulator


@pytest.fixture
def fresh() -> Iterator[Simulator]:
    """A small account of the test's own."""
    with running("--account", "generated", "--tickets", "60", "--now", NOW, "--plan", "unlimited") as simulator:
        simulator.tell("clock", rate=0)
        yield simulator


def rows(simulator: Simulator, **params: Any) -> list[dict[str, Any]]:
    answer = simulator.get("/tickets", **params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def fault(answer: httpx2.Response) -> dict[str, str]:
    assert answer.status_code == 400, answer.text
    assert answer.json()["description"] == "Validation failed"
    return answer.json()["errors"][0]


def test_a_wrong_key_gets_the_recorded_words(account: Simulator) -> None:
    answer = httpx2.get(f"{account.url}/api/v2/tickets", auth=("wrong", "X"), trust_env=False)
    assert answer.status_code == 401
    assert answer.json() == {
        "code": "invalid_credentials",
        "message": "You have to be logged in to perform this action.",
    }
    assert httpx2.get(f"{account.url}/api/v2/tickets", trust_env=False).status_code == 401


def test_without_updated_since_only_thirty_days_of_new_tickets_come(account: Simulator) -> None:
    found = rows(account, per_page=100)
    assert found
    assert min(row["created_at"] for row in found) >= "2026-01-30T09:00:00Z"
    assert [row["id"] for row in found] == sorted([row["id"] for row in found], reverse=True)
    assert len(rows(account, updated_since=EVER, per_page=100)) == 100


def test_updated_since_includes_its_own_second(account: Simulator) -> None:
    row = rows(account, updated_since=EVER, order_by="updated_at", order_type="asc", per_page=100)[70]
    again = rows(account, updated_since=row["updated_at"], order_by="updated_at", order_type="asc", per_page=1)
    assert again[0]["updated_at"] == row["updated_at"]


@pytest.mark.parametrize(
    "spelled", ["2026-02-01", "2026-02-01T00:00:00", "2026-02-01T00:00:00Z", "2026-02-01T05:30:00+05:30"]
)
def test_updated_since_is_read_in_every_iso_spelling_and_as_utc(account: Simulator, spelled: str) -> None:
    params = {"order_by": "updated_at", "order_type": "asc", "per_page": 100}
    assert rows(account, updated_since=spelled, **params) == rows(
        account, updated_since="2026-02-01T00:00:00Z", **params
    )


def instant(spelled: str) -> datetime:
    return datetime.fromisoformat(spelled)


@pytest.mark.parametrize("order", ["created_at", "due_by", "updated_at", "status"])
@pytest.mark.parametrize("way", ["asc", "desc"])
def test_every_order_goes_both_ways_over_all_pages(account: Simulator, order: str, way: str) -> None:
    found: list[dict[str, Any]] = []
    for page in range(1, 10):
        found += rows(account, updated_since=EVER, order_by=order, order_type=way, per_page=100, page=page)
    keys = [row[order] for row in found]
    assert keys == sorted(keys, reverse=way == "desc")
    assert len({row["id"] for row in found}) == len(found) > 700


def test_urgent_tickets_are_due_sooner(account: Simulator) -> None:
    found = rows(account, updated_since=EVER, per_page=100)
    spans = {(row["priority"], instant(row["due_by"]) - instant(row["created_at"])) for row in found}
    assert {priority: span.total_seconds() / 3600 for priority, span in spans} == {4: 8, 3: 24, 2: 72, 1: 120}
    assert len(spans) == 4


def test_ties_stand_in_an_arbitrary_order_that_does_not_change(account: Simulator) -> None:
    params = {"updated_since": EVER, "order_by": "updated_at", "order_type": "asc", "per_page": 100}
    found = [row for page in range(1, 10) for row in rows(account, page=page, **params)]
    crowd = [row["id"] for row in found if row["updated_at"] == "2026-01-20T09:00:00Z"]
    assert len(crowd) > 90
    assert crowd != sorted(crowd)
    again = [row for page in range(1, 10) for row in rows(account, page=page, **params)]
    assert again == found


def test_filters_show_spam_and_trash_apart_from_the_rest(account: Simulator) -> None:
    everything = {"updated_since": EVER, "order_by": "updated_at", "order_type": "asc", "per_page": 100}
    spam, trash = rows(account, filter="spam", **everything), rows(account, filter="deleted", **everything)
    assert {row["spam"] for row in spam} == {True}
    assert {row["deleted"] for row in trash} == {True}
    live = [row for page in range(1, 10) for row in rows(account, page=page, **everything)]
    assert len(live) + len(spam) + len(trash) == 800
    assert all("deleted" not in row and not row["spam"] for row in live)


def test_a_link_header_names_the_next_page_until_the_last(account: Simulator) -> None:
    answer = account.get("/tickets", updated_since=EVER, order_by="updated_at", per_page=100)
    pages = 1
    while link := answer.headers.get("link"):
        url, _, rel = link.partition(">; ")
        assert rel == 'rel="next"'
        answer = account.api.get(url.removeprefix("<"))
        pages += 1
    assert pages == 8
    assert 0 < len(answer.json()) <= 100


def test_a_page_is_thirty_rows_unless_asked(account: Simulator) -> None:
    assert len(rows(account, updated_since=EVER)) == 30


@pytest.mark.parametrize("params", [{"per_page": 101}, {"per_page": 0}, {"per_page": "x"}, {"page": 0}, {"page": "-1"}])
def test_a_page_out_of_bounds_is_refused(account: Simulator, params: dict[str, Any]) -> None:
    assert fault(account.get("/tickets", **params))["field"] == next(iter(params))


def test_the_301st_page_is_refused_in_the_recorded_words(account: Simulator) -> None:
    assert rows(account, updated_since=EVER, page=300) == []
    assert fault(account.get("/tickets", updated_since=EVER, page=301)) == {
        "field": "page",
        "message": "You cannot access tickets beyond the 300th page. Please provide a smaller page number.",
        "code": "invalid_value",
    }


@pytest.mark.parametrize(
    "params",
    [
        {"order_by": "priority"}, {"order_type": "up"}, {"filter": "everything"}, {"updated_since": "yesterday"},
        {"include": "conversations"}, {"include": "stats,nothing"}, {"colour": "red"},
    ],
)  # fmt: skip
def test_what_the_list_does_not_know_is_refused(account: Simulator, params: dict[str, Any]) -> None:
    assert fault(account.get("/tickets", **params))["field"] == next(iter(params))


def test_description_requester_and_stats_come_only_when_included(account: Simulator) -> None:
    extras = {"description", "description_text", "requester", "stats"}
    assert not extras & rows(account, updated_since=EVER)[0].keys()
    full = rows(account, updated_since=EVER, include="description,requester,stats")[0]
    assert extras <= full.keys()
    assert full["requester"]["id"] == full["requester_id"]
    assert "attachments" not in full


def test_tickets_of_one_customer_can_be_asked(account: Simulator) -> None:
    row = rows(account, updated_since=EVER, include="requester")[0]
    by_id = rows(account, updated_since=EVER, requester_id=row["requester_id"], per_page=100)
    by_mail = rows(account, updated_since=EVER, email=row["requester"]["email"], per_page=100)
    assert {one["requester_id"] for one in by_id} == {row["requester_id"]}
    assert by_id == by_mail


def test_a_view_shows_at_most_ten_entries_oldest_first(fresh: Simulator) -> None:
    fresh.tell("update", apply=[{"op": "reply", "ticket": 1, "text": f"line {n}"} for n in range(25)])
    entries = fresh.get("/tickets/1", include="conversations").json()["conversations"]
    listed = fresh.get("/tickets/1/conversations", per_page=100).json()
    assert len(entries) == 10
    assert entries == listed[:10]
    assert [entry["body_text"] for entry in listed[-25:]] == [f"line {n}" for n in range(25)]
    pages = [fresh.get("/tickets/1/conversations", page=page).json() for page in (1, 2)]
    assert len(pages[0]) == 30 or pages[1] == []
    assert pages[0] + pages[1] == listed[:60]


def test_due_dates_are_filled_after_three_seconds_without_a_new_updated_at(fresh: Simulator) -> None:
    fresh.update(op="create", subject="Hello", text="Is anybody there?")
    new = fresh.get("/tickets/61").json()
    assert (new["due_by"], new["fr_due_by"]) == (None, None)
    fresh.tell("clock", advance=3)
    later = fresh.get("/tickets/61").json()
    assert later["due_by"] is not None
    assert later["updated_at"] == new["updated_at"]


@pytest.mark.parametrize(("kind", "feed"), [("trash", "deleted"), ("spam", "spam")])
def test_a_hidden_ticket_answers_by_id_and_leaves_the_list(fresh: Simulator, kind: str, feed: str) -> None:
    fresh.update(op="restore", ticket=7)
    fresh.update(op=kind, ticket=7)
    assert fresh.get("/tickets/7").json()[feed] is True
    live = [row["id"] for row in rows(fresh, updated_since=EVER, per_page=100)]
    hidden = [row["id"] for row in rows(fresh, updated_since=EVER, per_page=100, filter=feed)]
    assert (7 in live, 7 in hidden) == (False, True)
    fresh.update(op="restore", ticket=7)
    assert 7 in [row["id"] for row in rows(fresh, updated_since=EVER, per_page=100)]


def test_an_archived_ticket_moves_to_the_archive(fresh: Simulator) -> None:
    before = fresh.get("/tickets/9").json()
    fresh.update(op="archive", ticket=9)
    assert fresh.get("/tickets/9").status_code == 404
    archived = fresh.get("/tickets/archived/9").json()
    assert (archived["archived"], archived["updated_at"]) == (True, before["updated_at"])
    assert fresh.get("/tickets/archived/9/conversations").status_code == 200
    assert fresh.get("/tickets/archived/8").status_code == 404


def test_the_list_shows_archived_tickets_when_the_switch_says_so(fresh: Simulator) -> None:
    fresh.update(op="restore", ticket=9)
    fresh.update(op="archive", ticket=9)
    asked = {"updated_since": EVER, "order_by": "updated_at", "order_type": "asc", "per_page": 100}
    assert 9 not in [row["id"] for row in rows(fresh, **asked)]
    fresh.tell("switches", archived_in_list=True)
    found = {row["id"]: row for row in rows(fresh, **asked)}
    assert found[9]["archived"] is True
    assert [row["updated_at"] for row in found.values()] == sorted(row["updated_at"] for row in found.values())


def test_a_destroyed_ticket_is_nowhere(fresh: Simulator) -> None:
    fresh.update(op="destroy", ticket=9)
    assert [
        fresh.get(path).status_code for path in ("/tickets/9", "/tickets/archived/9", "/tickets/9/conversations")
    ] == [404] * 3
    assert fresh.get("/tickets/9").content == b""
    assert "9" not in {row["remote_id"] for row in fresh.told("truth")["tickets"]}


def test_an_edited_note_moves_only_its_own_last_edited_at(fresh: Simulator) -> None:
    fresh.update(op="note", ticket=3, text="first words")
    before = fresh.get("/tickets/3").json()["updated_at"]
    fresh.tell("clock", advance=60)
    fresh.update(op="edit_entry", ticket=3, text="other words")
    entry = fresh.get("/tickets/3/conversations", per_page=100).json()[-1]
    assert fresh.get("/tickets/3").json()["updated_at"] == before
    assert (entry["body_text"], entry["private"]) == ("other words", True)
    assert entry["last_edited_at"] > entry["updated_at"]


def test_writes_really_change_the_ticket_and_remember_the_mail(fresh: Simulator) -> None:
    fresh.update(op="restore", ticket=5)
    fresh.tell("clock", advance=60)
    note = fresh.api.post("/api/v2/tickets/5/notes", json={"body": "<p>for us</p>"})
    reply = fresh.api.post("/api/v2/tickets/5/reply", json={"body": "<p>for you</p>"})
    assert (note.status_code, note.json()["private"], note.json()["body_text"]) == (201, True, "for us")
    assert (reply.status_code, reply.json()["private"], reply.json()["source"]) == (201, False, 0)
    changed = fresh.api.put("/api/v2/tickets/5", json={"status": 4, "tags": ["done"]}).json()
    assert (changed["status"], changed["tags"], changed["updated_at"]) == (4, ["done"], "2026-03-01T09:01:00Z")
    assert [mail["conversation_id"] for mail in fresh.told("mails")] == [reply.json()["id"]]
    assert fresh.get("/tickets/5", include="stats").json()["stats"]["resolved_at"] == "2026-03-01T09:01:00Z"


@pytest.mark.parametrize("body", [{"status": 77}, {"status": "4"}, {"colour": "red"}])
def test_a_wrong_update_changes_nothing(fresh: Simulator, body: dict[str, Any]) -> None:
    before = fresh.get("/tickets/5").json()
    assert fault(fresh.api.put("/api/v2/tickets/5", json=body))["field"] == next(iter(body))
    assert fresh.get("/tickets/5").json() == before


def test_spam_and_trash_cannot_be_written(fresh: Simulator) -> None:
    fresh.update(op="restore", ticket=5)
    assert fresh.api.delete("/api/v2/tickets/5").status_code == 204
    assert fresh.api.put("/api/v2/tickets/5", json={"status": 4}).status_code == 405
    assert fresh.api.post("/api/v2/tickets/5/reply", json={"body": "x"}).status_code == 405
    assert fresh.told("mails") == []
    assert fresh.api.put("/api/v2/tickets/5/restore").status_code == 204
    assert fresh.get("/tickets/5").json()["spam"] is False


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("POST", "/agents/me", 405),
        ("GET", "/tickets/abc", 404),
        ("GET", "/tickets/99999", 404),
    ],
)
def test_a_wrong_address_or_verb_has_no_body(account: Simulator, method: str, path: str, status: int) -> None:
    answer = account.api.request(method, f"/api/v2{path}")
    assert (answer.status_code, answer.content) == (status, b"")


def test_xml_is_neither_given_nor_taken(account: Simulator) -> None:
    assert account.api.get("/api/v2/tickets", headers={"accept": "text/xml"}).status_code == 406
    answer = account.api.put("/api/v2/tickets/1", content="<x/>", headers={"content-type": "application/xml"})
    assert answer.status_code == 415


def test_the_script_applies_changes_between_two_calls(fresh: Simulator) -> None:
    fresh.tell("script", rules=[{"after": 2, "apply": [{"op": "subject", "ticket": 4, "value": "Changed"}]}])
    subjects = []
    for _ in range(4):
        rows(fresh)
        subjects.append(fresh.get("/tickets/4").json()["subject"] == "Changed")
    assert subjects == [False, True, True, True]
    assert fresh.told("script") == {"calls": 4, "pending": 0}


def test_an_unknown_change_or_ticket_is_refused_by_the_controls(fresh: Simulator) -> None:
    for apply in ([{"op": "explode", "ticket": 1}], [{"op": "trash", "ticket": 999}], [{"op": "trash"}]):
        answer = fresh.control.post("/__sim/update", json={"apply": apply})
        assert answer.status_code == 400, answer.text
    assert fresh.control.post("/__sim/script", json={"rules": [{"apply": [{"op": "explode"}]}]}).status_code == 400
    assert fresh.control.get("/__sim/nothing").status_code == 404


def test_the_controls_are_not_on_the_public_port(account: Simulator) -> None:
    assert account.api.get("/__sim/truth").status_code == 404


def test_one_seed_makes_one_account(account: Simulator) -> None:
    with running("--account", "generated", "--tickets", "800", "--now", NOW) as other:
        assert other.told("truth") == account.told("truth")
    with running("--account", "generated", "--tickets", "800", "--now", NOW, "--seed", "2") as other:
        assert other.told("truth") != account.told("truth")


def test_the_last_page_of_a_hundred_thousand_tickets_is_full() -> None:
    with running("--account", "generated", "--tickets", "100000", "--plan", "unlimited") as simulator:
        found = rows(simulator, updated_since=EVER, order_by="updated_at", order_type="asc", page=300, per_page=100)
    assert len(found) == 100


# Left-overs of version 1 in recorded samples that otherwise are version 2.
OLD = {"priority_name", "source_info", "structured_description"}


def assert_superset(ours: Any, recorded: Any, path: str = "") -> None:
    """Every recorded key is ours too, with the same JSON type unless one side is null."""
    for key, value in recorded.items():
        if key in OLD:
            continue
        assert key in ours, f"{path}{key} is missing"
        mine = ours[key]
        if mine is None or value is None:
            continue
        assert type(mine) is type(value), f"{path}{key}: {mine!r} against {value!r}"
        if isinstance(value, dict) and key != "custom_fields":
            assert_superset(mine, value, f"{path}{key}.")


@needs_fixtures
@pytest.mark.parametrize("name", ["freshdesk-dotnet/ticket", "python-freshdesk/ticket_1"])
def test_a_ticket_has_every_recorded_field(account: Simulator, name: str) -> None:
    ours = account.get("/tickets/1", include="stats,requester").json()
    assert_superset(ours, payload(f"{name}.json"))


@needs_fixtures
def test_entries_have_every_recorded_field(account: Simulator) -> None:
    entries = [entry for number in range(1, 9) for entry in account.get(f"/tickets/{number}/conversations").json()]
    recorded = payload("python-freshdesk/conversations.json")
    recorded += payload("chatwoot/ticket_with_conversations.json")["conversations"]
    recorded += payload("chatwoot/web_chat_ticket_with_conversations.json")["conversations"]
    for row in recorded:
        for entry in entries:
            assert_superset(entry, row)
