"""What happens to tickets, people and keys, and both answers to what nobody knows of the real service."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.simulators.inside import EVER, Inside, generated

LIST = {"updated_since": EVER, "order_by": "updated_at", "order_type": "asc", "per_page": 100}


@pytest.fixture
def account() -> Inside:
    inside = generated(40)
    for ticket in (4, 5, 6, 7):
        inside.update(op="restore", ticket=ticket)
    inside.tell("clock", advance=3600)
    return inside


def numbers(account: Inside, **params: Any) -> list[int]:
    return [row["id"] for row in account.get("/tickets", **LIST | params)]


def bodies(account: Inside, ticket: int) -> list[str]:
    return [row["body_text"] for row in account.get(f"/tickets/{ticket}/conversations", per_page=100)]


def test_merging_moves_the_thread_and_closes_the_other_ticket_with_a_note(account: Inside) -> None:
    account.update(op="reply", ticket=5, text="said in five")
    ids = [row["id"] for row in account.get("/tickets/5/conversations", per_page=100)]
    answer = account.ask("PUT", "/tickets/merge", {"primary_id": 4, "ticket_ids": [5, 6]})
    assert answer.status == 204
    assert "said in five" in bodies(account, 4)
    assert set(ids) <= {row["id"] for row in account.get("/tickets/4/conversations", per_page=100)}
    assert [text for text in bodies(account, 5)] == ["This ticket is closed and merged into ticket 4"]
    assert account.get("/tickets/5")["status"] == 5
    created = [row["created_at"] for row in account.get("/tickets/4/conversations", per_page=100)]
    assert created == sorted(created)
    assert account.get("/tickets/5")["updated_at"] == "2026-03-01T10:00:00Z"


@pytest.mark.parametrize("asked", [{"primary_id": 4, "ticket_ids": [4]}, {"primary_id": 4}, {"ticket_ids": [4]}])
def test_a_wrong_merge_changes_nothing(account: Inside, asked: dict[str, Any]) -> None:
    before = account.truth()
    assert account.ask("PUT", "/tickets/merge", asked).status == 400
    assert account.ask("PUT", "/tickets/merge", {"primary_id": 4, "ticket_ids": [5, 999]}).status == 404
    assert account.truth() == before


def test_merging_may_leave_updated_at_and_give_new_ids(account: Inside) -> None:
    account.tell("switches", merge_moves=False, merge_keeps_ids=False)
    account.update(op="note", ticket=5, text="only here")
    before = {ticket: account.get(f"/tickets/{ticket}")["updated_at"] for ticket in (4, 5)}
    ids = {row["id"] for row in account.get("/tickets/5/conversations", per_page=100)}
    account.tell("clock", advance=60)
    account.update(op="merge", into=4, tickets=[5])
    assert {ticket: account.get(f"/tickets/{ticket}")["updated_at"] for ticket in (4, 5)} == before
    assert "only here" in bodies(account, 4)
    assert not ids & {row["id"] for row in account.get("/tickets/4/conversations", per_page=100)}


def test_erasing_a_person_erases_their_tickets_for_good(account: Inside) -> None:
    person = account.get("/tickets/4")["requester_id"]
    theirs = {number for number in account.truth() if account.api.world.ticket(number).requester_id == person}
    assert account.ask("DELETE", f"/contacts/{person}/hard_delete").status == 400, "only when forced"
    assert account.ask("DELETE", f"/contacts/{person}/hard_delete", force="true").status == 204
    assert 4 in theirs
    assert {account.status(f"/tickets/{number}") for number in theirs} == {404}
    assert {account.status(f"/tickets/archived/{number}") for number in theirs} == {404}
    assert account.status(f"/contacts/{person}") == 404
    assert not theirs & set(account.truth())
    assert account.told("truth")["gone"] == sorted(theirs)


def test_what_is_closed_and_old_goes_to_the_archive_at_night(account: Inside) -> None:
    rows = {number: row for number, row in account.truth().items() if row["state"] == "live"}
    old = {number for number, row in rows.items() if row["status"] == 5 and row["updated_at"] < "2025-11-01T10:00:00Z"}
    assert account.update(op="archive_old") == len(old) > 3
    assert not old & set(numbers(account))
    assert {account.status(f"/tickets/{number}") for number in old} == {404}
    assert all(account.get(f"/tickets/archived/{number}")["archived"] for number in old)
    gone = min(old)
    assert account.ask("DELETE", f"/tickets/archived/{gone}").status == 204
    assert account.status(f"/tickets/archived/{gone}") == 404


@pytest.mark.parametrize("moves", [True, False])
@pytest.mark.parametrize("op", ["trash", "spam", "edit_entry", "delete_entry", "tags", "attach"])
def test_what_moves_updated_at_is_a_switch(account: Inside, op: str, moves: bool) -> None:
    account.update(op="note", ticket=4, text="a note")
    names = ("hiding_moves", "note_edit_moves", "note_delete_moves", "tags_move", "attachment_moves")
    account.tell("switches", **dict.fromkeys(names, moves))
    before = account.get("/tickets/4")["updated_at"]
    account.tell("clock", advance=60)
    assert account.update(op=op, ticket=4) == 1
    assert (account.get("/tickets/4")["updated_at"] > before) is moves
    assert (4 in numbers(account)) is (op not in ("trash", "spam"))


def test_a_deleted_entry_is_gone_or_says_so(account: Inside) -> None:
    account.update(op="note", ticket=4, text="one")
    account.update(op="note", ticket=4, text="two")
    account.update(op="delete_entry", ticket=4)
    assert bodies(account, 4)[-1] == "one"
    account.tell("switches", deleted_entries_listed=True)
    account.update(op="delete_entry", ticket=4)
    last = account.get("/tickets/4/conversations", per_page=100)[-1]
    assert (last["body_text"], last["deleted"]) == ("one", True)
    assert str(last["id"]) not in {one["remote_id"] for one in account.truth()[4]["messages"]}


def test_a_narrower_key_sees_fewer_tickets_and_says_nothing(account: Inside) -> None:
    owner = account.get("/agents/me")
    everything = set(numbers(account))
    seen = {}
    for scope in (2, 3):
        account.tell("scope", scope=scope)
        seen[scope] = set(numbers(account))
        assert account.get("/agents/me")["ticket_scope"] == scope
        hidden = everything - seen[scope]
        assert account.status(f"/tickets/{min(hidden)}") == 404
        assert set(account.told("truth")["hidden"]) >= hidden
    assert everything > seen[2] > seen[3]
    mine = [account.api.world.ticket(number) for number in seen[3]]
    assert {row.responder_id for row in mine if row} == {owner["id"]}
    account.tell("switches", scope_answer=403)
    assert account.status(f"/tickets/{min(hidden)}") == 403
    account.tell("scope", scope=1)
    assert set(numbers(account)) == everything


def test_a_bulk_edit_gives_thousands_one_second() -> None:
    account = generated(2600)
    account.tell("clock", rate=1)
    touched = account.update(op="subject", random=40_000, seed=3)
    assert touched > 2500
    stamps = {row.updated_at for row in map(account.api.world.stamp, account.api.world.index["live"]) if row}
    found, page = [], numbers(account, updated_since="2026-03-01T09:00:00Z")
    assert len(page) == 100
    found = [number for at in range(1, 28) for number in numbers(account, updated_since="2026-03-01T09:00:00Z", page=at)]
    assert len(found) == len(set(found)) == touched
    assert len([at for at in stamps if at >= account.api.world.clock.second() - 60]) == 1


def test_the_list_may_lag_behind_and_never_shows_a_ticket_twice(account: Inside) -> None:
    account.tell("switches", list_lag=30)
    before = {row["id"]: row for row in account.get("/tickets", **LIST)}
    account.update(op="subject", ticket=4, value="New words")
    account.update(op="trash", ticket=5)
    account.update(op="create", subject="Just made")
    account.update(op="destroy", ticket=6)
    after = {row["id"]: row for row in account.get("/tickets", **LIST)}
    assert after == {number: row for number, row in before.items() if number != 6}
    assert account.get("/tickets/4")["subject"] == "New words", "its own page does not lag"
    account.tell("clock", advance=30)
    found = account.get("/tickets", **LIST)
    assert {row["id"] for row in found} == before.keys() - {5, 6} | {41}
    assert [row["subject"] for row in found if row["id"] == 4] == ["New words"]
    assert numbers(account, filter="deleted").count(5) == 1


def test_ties_may_stand_in_another_order_at_every_call() -> None:
    account = generated(60)
    account.update(op="subject", random=1000)
    account.tell("switches", unstable_ties=True)
    pages = [numbers(account, updated_since="2026-03-01T09:00:00Z") for _ in range(4)]
    assert len({tuple(page) for page in pages}) > 1
    assert len({frozenset(page) for page in pages}) == 1


def test_new_fields_and_offsets_change_no_meaning(account: Inside) -> None:
    plain = account.get("/tickets/4", include="conversations")
    account.tell("switches", new_fields=True, offset_times=True, total_as_float=True)
    answer = account.ask("GET", "/tickets/4", include="conversations")
    found = orjson.loads(answer.body)
    assert found["sim_new_object"]["labels"] == ["a", None]
    assert found["created_at"].endswith("+05:30")
    assert found.keys() > plain.keys()
    assert answer.headers["X-RateLimit-Total"] == "1000000000.0"
    assert account.told("switches")["new_fields"] is True


@pytest.mark.parametrize("wrong", [{"colour": True}, {"list_lag": "long"}, {"hiding_moves": 1}, {"scope_answer": True}])
def test_an_unknown_switch_is_refused_and_nothing_is_switched(account: Inside, wrong: dict[str, Any]) -> None:
    with pytest.raises(AssertionError, match="switch"):
        account.tell("switches", new_fields=True, **wrong)
    assert account.told("switches")["new_fields"] is False


def test_lists_for_admins_are_403_for_other_keys(account: Inside) -> None:
    account.tell("switches", admin_key=False)
    assert account.status("/agents") == 403
    assert account.status("/agents/me") == 200
    assert account.ask("POST", "/account/export", {"resources": [{"name": "tickets"}]}).status == 403


def test_a_job_says_how_far_it_is(account: Inside) -> None:
    asked = {"bulk_action": {"ids": [4, 5, 999], "properties": {"priority": 4}}}
    answer = account.ask("POST", "/tickets/bulk_update", asked)
    assert answer.status == 202
    job = orjson.loads(answer.body)["job_id"]
    assert [account.get(f"/tickets/{number}")["priority"] for number in (4, 5)] == [4, 4]
    assert account.get(f"/jobs/{job}")["status"] == "IN PROGRESS"
    account.tell("clock", advance=10)
    assert account.get(f"/jobs/{job}") == {"id": job, "name": "TICKETS::BULK", "status": "PARTIAL", "progress": 100}
    assert account.status("/jobs/abc") == 404
    assert account.ask("POST", "/tickets/bulk_delete", {"bulk_action": {"ids": [4]}}).status == 202
    assert account.get("/tickets/4")["deleted"] is True


def test_the_activities_of_a_day_are_a_file_that_is_not_there_until_the_day_is_over(account: Inside) -> None:
    account.update(op="trash", ticket=4)
    account.update(op="merge", into=5, tickets=[6])
    asked = {"created_at": "2026-03-01"}
    assert account.status("/export/ticket_activities", **asked) == 404
    account.tell("clock", advance=16 * 3600)
    export = account.get("/export/ticket_activities", **asked)["export"]
    answer = account.download(export[0]["url"])
    rows = orjson.loads(answer.body)["activities_data"]
    assert {(row["ticket_id"], next(iter(row["activity"]))) for row in rows} >= {(4, "trash"), (5, "merge"), (6, "merge")}
    assert rows[0]["performed_at"] == "01-03-2026 09:00:00 +0000"
    assert account.status("/export/ticket_activities", created_at="yesterday") == 400


def test_notes_can_be_edited_and_summaries_written(account: Inside) -> None:
    note = orjson.loads(account.ask("POST", "/tickets/4/notes", {"body": "<p>first</p><!-- mark -->"}).body)
    reply = orjson.loads(account.ask("POST", "/tickets/4/reply", {"body": "<p>out</p>"}).body)
    assert note["body"] == "<p>first</p>", "a hidden mark does not survive"
    assert account.ask("PUT", f"/conversations/{note['id']}", {"body": "<p>second</p>"}).status == 200
    assert account.ask("PUT", f"/conversations/{reply['id']}", {"body": "<p>no</p>"}).status == 400
    assert bodies(account, 4)[-2:] == ["second", "out"]
    assert account.ask("DELETE", f"/conversations/{note['id']}").status == 204
    assert bodies(account, 4)[-1:] == ["out"]
    assert account.status("/tickets/4/summary") == 404
    assert account.ask("PUT", "/tickets/4/summary", {"body": "<p>Short</p>"}).status == 200
    assert account.get("/tickets/4/summary")["body_text"] == "Short"
    public = orjson.loads(account.ask("POST", "/tickets/4/notes", {"body": "x", "private": False}).body)
    assert (public["private"], public["source"]) == (False, 2)
    assert [mail["conversation_id"] for mail in account.told("mails")] == [reply["id"]]


def test_a_ticket_can_be_made(account: Inside) -> None:
    email = account.get("/tickets/4", include="requester")["requester"]["email"]
    asked = {"email": email, "subject": "Made", "description": "By hand", "status": 2, "priority": 1}
    answer = account.ask("POST", "/tickets", asked)
    made = orjson.loads(answer.body)
    assert (answer.status, answer.headers["Location"]) == (201, f"/api/v2/tickets/{made['id']}")
    assert made["id"] in numbers(account)
    assert account.ask("POST", "/tickets", asked | {"email": "nobody@nowhere.example"}).status == 400
    assert account.ask("POST", "/tickets", {"email": email}).status == 400
