from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fixtures_beside import needs_fixtures, payload
from tests.simulated import NOW, Simulator, running
from tests.simulators.test_freshdesk_tickets import assert_superset


@pytest.fixture(scope="module")
def account() -> Iterator[Simulator]:
    with running("--account", "generated", "--tickets", "50", "--now", NOW, "--plan", "unlimited") as simulator:
        yield simulator


def folder(account: Simulator, name: str) -> dict[str, Any]:
    found = [row for category in account.get("/solutions/categories").json()
             for row in account.get(f"/solutions/categories/{category['id']}/folders").json()]  # fmt: skip
    return next(row for row in found if row["name"] == name)


def test_the_tree_holds_folders_in_folders_and_their_audience(account: Simulator) -> None:
    charging = folder(account, "Charging")
    inside = account.get(f"/solutions/folders/{charging['id']}/subfolders").json()
    assert charging["sub_folders_count"] == 1
    assert [(row["name"], row["parent_folder_id"]) for row in inside] == [("Batteries", charging["id"])]
    assert {name: folder(account, name)["visibility"] for name in ("Charging", "Members", "Playbooks")} == {
        "Charging": 1, "Members": 2, "Playbooks": 3,
    }  # fmt: skip


def test_articles_are_listed_with_drafts_and_in_pages(account: Simulator) -> None:
    home = folder(account, "Charging")["id"]
    found = account.get(f"/solutions/folders/{home}/articles").json()
    assert {row["status"] for row in found} == {1, 2}
    pages = [account.get(f"/solutions/folders/{home}/articles", per_page=4, page=page) for page in (1, 2)]
    assert [row for page in pages for row in page.json()] == found
    assert ["link" in page.headers for page in pages] == [True, False]


def test_a_translation_keeps_the_id_and_a_missing_one_is_404(account: Simulator) -> None:
    home = folder(account, "Charging")["id"]
    first = account.get(f"/solutions/folders/{home}/articles").json()[0]
    german = account.get(f"/solutions/folders/{home}/articles/de").json()
    statuses = {row["id"]: account.get(f"/solutions/articles/{row['id']}/ja-JP").status_code for row in german}
    assert {200, 404} >= set(statuses.values())
    assert account.get(f"/solutions/articles/{first['id']}").json() == first
    assert account.get(f"/solutions/folders/{home}/articles/it").status_code == 404
    assert account.get("/solutions/articles/1").status_code == 404
    for row in german:
        assert account.get(f"/solutions/articles/{row['id']}/de").json()["title"] == row["title"]


def test_languages_are_spelled_as_freshdesk_does(account: Simulator) -> None:
    assert account.get("/settings/helpdesk").json()["supported_languages"] == ["de", "fr", "es", "ja-JP", "ko", "zh-CN"]


def test_the_status_field_names_every_status_of_the_account(account: Simulator) -> None:
    fields = account.get("/ticket_fields", type="default_status").json()
    assert [field["name"] for field in fields] == ["status"]
    assert fields[0]["choices"]["9"] == ["In repair", "In repair"]
    assert fields[0]["choices"]["2"] == ["Open", "Being Processed"]
    assert len(account.get("/ticket_fields").json()) == 8


def test_the_key_belongs_to_an_agent_of_the_list(account: Simulator) -> None:
    me = account.get("/agents/me").json()
    assert me in account.get("/agents").json()
    assert account.get(f"/agents/{me['id']}").json() == me
    assert account.get("/agents/1").status_code == 404


def test_contacts_are_found_by_id_and_mail(account: Simulator) -> None:
    ticket = account.get("/tickets/1", include="requester").json()
    contact = account.get(f"/contacts/{ticket['requester_id']}").json()
    assert contact["email"] == ticket["requester"]["email"]
    assert account.get("/contacts", email=contact["email"]).json() == [contact]
    assert account.get("/contacts/1").status_code == 404


def test_article_changes_show_and_deleted_ones_go() -> None:
    with running("--account", "generated", "--tickets", "5", "--now", NOW) as simulator:
        home = folder(simulator, "Charging")["id"]
        first, second, third = [row["id"] for row in simulator.get(f"/solutions/folders/{home}/articles").json()][:3]
        simulator.update(op="edit_article", article=first, title="New title", text="<p>New <b>words</b></p>")
        simulator.update(op="delete_article", article=second)
        simulator.update(op="article_status", article=third, value=1)
        found = {row["id"]: row for row in simulator.get(f"/solutions/folders/{home}/articles").json()}
        truth = {row["remote_id"]: row for row in simulator.told("truth")["articles"] if row["language"] == "en"}
    assert (found[first]["title"], found[first]["description_text"]) == ("New title", "New words")
    assert second not in found
    assert str(second) not in truth
    assert (found[third]["status"], truth[str(third)]["status"]) == (1, 1)
    assert truth[str(first)]["title"] == "New title"


@needs_fixtures
@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/agents", "python-freshdesk/agents.json"),
        ("/groups", "python-freshdesk/groups.json"),
        ("/contacts", "chatwoot/contact.json"),
        ("/solutions/categories", "python-freshdesk/solution_categories.json"),
        ("folders", "python-freshdesk/solution_folders.json"),
        ("articles", "python-freshdesk/solution_articles.json"),
        ("articles/fr", "python-freshdesk/solution_articles_fr.json"),
        ("/ticket_fields", "freshdesk-dotnet/ticket_field_custom_dropdown.json"),
    ],
)
def test_every_recorded_field_is_there(account: Simulator, path: str, name: str) -> None:
    if path == "folders":
        path = f"/solutions/categories/{account.get('/solutions/categories').json()[0]['id']}/folders"
    elif path.startswith("articles"):
        path = f"/solutions/folders/{folder(account, 'Charging')['id']}/{path}"
    ours, recorded = account.get(path).json(), payload(name)
    for row in recorded if isinstance(recorded, list) else [recorded]:
        for mine in ours:
            missing = {"choices"} if "ticket_field" in name else set()
            assert_superset(mine, {key: value for key, value in row.items() if key not in missing})
