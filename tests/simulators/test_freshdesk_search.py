"""Search lags and ends after ten pages; small lists are for admins."""

from __future__ import annotations

import pytest

from tests.simulators.inside import Inside, generated


@pytest.fixture(scope="module")
def account() -> Inside:
    """Read only."""
    inside = generated(500)
    inside.tell("clock", advance=7200)
    return inside


def hits(account: Inside, query: str, **params: int) -> dict:
    return account.get("/search/tickets", query=f'"{query}"', **params)


def matching(account: Inside, **wanted: object) -> int:
    rows = [account.api.world.ticket(number) for number in account.api.world.index["live"]]
    return sum(all(getattr(row, name) == value for name, value in wanted.items()) for row in rows)


def test_conditions_are_joined_by_and_or_and_brackets(account: Inside) -> None:
    assert hits(account, "status:2")["total"] == matching(account, status=2) > 0
    both = matching(account, status=4, priority=3)
    assert hits(account, "status:4 AND priority:3")["total"] == both > 0
    either = matching(account, priority=3) + matching(account, priority=4)
    assert hits(account, "priority:3 OR priority:4")["total"] == hits(account, "priority:>3")["total"] == either
    assert hits(account, "status:4 AND (priority:3 OR priority:4)")["total"] < either
    assert hits(account, "type:null")["total"] == matching(account, type=None) > 0
    assert hits(account, "type:'Problem'")["total"] == matching(account, type="Problem") > 0
    assert hits(account, "tag:'vip'")["total"] > 0
    assert hits(account, "created_at:>'2026-02-01'")["total"] < hits(account, "created_at:>'2025-02-01'")["total"]


def test_a_page_is_thirty_and_the_tenth_is_the_last(account: Inside) -> None:
    pages = [hits(account, "priority:>1", page=page) for page in range(1, 11)]
    assert [len(page["results"]) for page in pages] == [30] * 10
    assert pages[0]["total"] > 400
    assert account.status("/search/tickets", query='"priority:>1"', page=11) == 400


@pytest.mark.parametrize("query", ['status:2', '"status:2', '"colour:2"', '"status:2 AND"', '"(status:2"', '"status"', '"status:2)"'])
def test_what_is_no_query_is_refused(account: Inside, query: str) -> None:
    assert account.status("/search/tickets", query=query) == 400
    assert account.status("/search/tickets", query='"' + "status:2 OR " * 50 + 'status:3"') == 400


def test_the_index_learns_of_a_change_minutes_later() -> None:
    account = generated(30)
    account.tell("clock", advance=7200)
    account.update(op="restore", ticket=5)
    account.update(op="status", ticket=5, value=3)
    found = [row["id"] for row in hits(account, "status:3")["results"]]
    account.tell("clock", advance=121)
    assert 5 not in found
    assert 5 in [row["id"] for row in hits(account, "status:3")["results"]]
    account.update(op="trash", ticket=5)
    assert 5 not in [row["id"] for row in hits(account, "status:3")["results"]]


def test_people_and_articles_are_found(account: Inside) -> None:
    person = account.get("/contacts")[0]
    found = account.get("/search/contacts", query=f"\"email:'{person['email']}'\"")
    assert (found["total"], found["results"]) == (1, [person])
    titles = [row["title"] for row in account.get("/search/solutions", term="charging")]
    assert titles
    assert all("Charging" in title for title in titles)
    assert account.status("/search/solutions", term="") == 400


def test_lists_of_the_account_are_for_admins_and_canned_answers_need_a_call_for_each_folder() -> None:
    account = generated(5)
    folders = account.get("/canned_response_folders")
    answers = [row for folder in folders for row in account.get(f"/canned_response_folders/{folder['id']}/responses")]
    assert len(answers) == len(folders) == 4
    assert account.get(f"/canned_responses/{answers[0]['id']}") == answers[0]
    assert "{{ticket.requester.firstname}}" in answers[0]["content"]
    assert account.status("/canned_responses/1") == 404
    assert account.get(f"/roles/{account.get('/roles')[1]['id']}")["name"] == "Agent"
    assert [account.get(path) for path in ("/companies", "/time_entries", "/tickets/1/watchers")] == [[], [], []]
    account.tell("switches", admin_key=False)
    assert {account.status(path) for path in ("/canned_response_folders", "/roles", "/products", "/agents")} == {403}
    assert account.status("/groups") == 200


def test_the_tree_can_be_read_item_by_item_in_a_language(account: Inside) -> None:
    category = account.get("/solutions/categories")[0]
    folder = account.get(f"/solutions/categories/{category['id']}/folders")[0]
    assert account.get(f"/solutions/categories/{category['id']}") == category
    assert account.get(f"/solutions/folders/{folder['id']}") == folder
    assert account.status(f"/solutions/categories/{category['id']}/it") == 404
    assert account.status(f"/solutions/folders/{folder['id']}/de") == 200
    group = account.get("/groups")[0]
    assert account.get(f"/groups/{group['id']}") == group


@pytest.mark.parametrize("asked", [{"phone": "1"}, {"company_id": 1}, {"state": "blocked"}, {"updated_since": "2030-01-01"}])
def test_contacts_can_be_narrowed_to_none(account: Inside, asked: dict) -> None:
    assert account.get("/contacts", **asked) == []
    assert account.get("/contacts", _updated_since="2000-01-01")
    assert account.status("/contacts", colour="red") == 400
