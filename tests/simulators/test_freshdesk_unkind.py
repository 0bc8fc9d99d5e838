"""What makes a day bad: other apps in the budget, wrong keys, odd answers; and the help that names all of it."""

from __future__ import annotations

import gzip
import subprocess
import sys
from typing import Any

import orjson
import pytest

from simulators import faults
from simulators.freshdesk import events
from simulators.freshdesk.__main__ import SWITCHES, arguments
from simulators.freshdesk.limits import PLANS, Budget
from simulators.web import Response
from tests.simulated import KEY, ROOT
from tests.simulators.inside import Inside, generated


@pytest.fixture
def account() -> Inside:
    return generated(20)


def spend(budget: Budget, now: float) -> int:
    spent = 0
    while budget.take(1, None, now) is None:
        spent += 1
    return spent


def test_other_apps_spend_their_share_evenly_or_at_once() -> None:
    budget = Budget(PLANS["pro"])
    budget.share = 0.5
    assert [spend(budget, 60 + second) for second in (0, 30)] == [400, 0]
    assert [spend(budget, 120 + second) for second in (30, 59)] == [300, 0]
    budget.burst = True
    assert spend(budget, 180.0) == 200
    assert (budget.refused, len(budget.refusals)) == (5, 3)


def test_old_accounts_count_by_the_hour() -> None:
    budget = Budget(PLANS["hourly-1000"])
    assert spend(budget, 3600.0) == 1000
    assert budget.take(1, None, 3600.0 + 61) == 3539
    assert spend(budget, 7200.0) == 1000


def test_the_smaller_budget_of_a_list_may_count_calls(account: Inside) -> None:
    account.tell("limits", plan="growth")
    statuses = [account.status("/tickets", include="description") for _ in range(8)]
    assert statuses.count(429) == 2
    account.tell("clock", advance=60)
    account.tell("switches", list_limit_in_credits=False, retry_after=False, limit_body_html=True)
    statuses = [account.status("/tickets", include="description") for _ in range(21)]
    assert statuses.count(429) == 1
    refused = account.ask("GET", "/tickets")
    assert ("Retry-After" not in refused.headers, refused.content_type) == (True, "text/html")
    assert account.told("limits")["windows"] == 2


def test_a_share_is_a_share(account: Inside) -> None:
    with pytest.raises(AssertionError):
        account.tell("limits", share=1.5)
    assert account.tell("limits", share=0.4, plan="pro")["share"] == 0.4


def test_too_many_wrong_keys_lock_everybody_out_for_a_while(account: Inside) -> None:
    account.tell("switches", lockout_after=3)
    assert [account.ask("GET", "/agents/me", key="wrong").status for _ in range(4)] == [401, 401, 401, 403]
    answer = account.ask("GET", "/agents/me")
    assert (answer.status, orjson.loads(answer.body)["code"]) == (403, "password_lockout")
    account.tell("clock", advance=900)
    assert account.status("/agents/me") == 200


def test_a_suspended_account_answers_nothing_and_a_small_plan_has_no_languages(account: Inside) -> None:
    article = account.get("/solutions/categories")[0]["id"]
    account.tell("switches", translations=False)
    answer = account.ask("GET", f"/solutions/categories/{article}/folders/de")
    assert (answer.status, orjson.loads(answer.body)["code"]) == (403, "require_feature")
    assert account.status("/solutions/categories") == 200
    account.tell("switches", suspended=True)
    answer = account.ask("GET", "/agents/me")
    assert (answer.status, orjson.loads(answer.body)["code"]) == (403, "account_suspended")


def test_new_and_my_open_are_open_and_nobodys_or_mine() -> None:
    account = generated(300)
    account.update(op="status", random=90, value=2)
    owner = account.get("/agents/me")["id"]
    found = account.get("/tickets", filter="new_and_my_open", updated_since="2000-01-01", per_page=100)
    assert {(row["status"], row["responder_id"]) for row in found} == {(2, None), (2, owner)}
    assert account.get("/tickets", filter="watching") == []


def answered(account: Inside, **fault: Any) -> Response:
    account.tell("faults", faults=[{"at": [1], **fault}])
    return account.ask("GET", "/agents/me")


def test_answers_can_be_odd_in_every_way(account: Inside) -> None:
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(answered(account, kind="invalid_json").body)
    packed = answered(account, kind="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert orjson.loads(gzip.decompress(packed.body))["ticket_scope"] == 1
    for kind, status in (("429_html", 429), ("503_throttle", 503), ("403_throttle", 403)):
        refused = answered(account, kind=kind, retry_after="999999")
        assert (refused.status, refused.headers["Retry-After"], refused.content_type[:9]) == (status, "999999", "text/html")
    assert "Retry-After" not in answered(account, kind="429", retry_after=None).headers


def test_slowness_has_a_long_tail(account: Inside) -> None:
    account.tell("faults", faults=[{"kind": "latency", "rate": 1, "seconds": 0.15}], seed=3)
    delays = sorted(account.ask("GET", "/agents/me").delay for _ in range(1000))
    assert 0.13 < delays[500] < 0.17
    assert 3 < delays[990] < 8


def test_a_fault_can_be_for_one_verb_and_end(account: Inside) -> None:
    account.update(op="restore", ticket=3)
    account.tell("faults", faults=[{"kind": "500", "rate": 1, "method": "POST", "most": 1}])
    assert account.status("/agents/me") == 200
    assert [account.ask("POST", "/tickets/3/notes", {"body": "x"}).status for _ in range(2)] == [500, 201]


def test_people_change_without_their_tickets_moving(account: Inside) -> None:
    account.update(op="restore", ticket=3)
    before = account.get("/tickets/3", include="requester")
    account.tell("clock", advance=60)
    account.update(op="rename_contact", ticket=3, name="New Name", email="new@mail.example")
    after = account.get("/tickets/3", include="requester")
    assert after["requester"] | {"name": "", "email": ""} == before["requester"] | {"name": "", "email": ""}
    assert (after["requester"]["name"], after["updated_at"]) == ("New Name", before["updated_at"])
    assert [row["id"] for row in account.get("/contacts", email="new@mail.example")] == [before["requester_id"]]


def test_a_new_state_is_named_from_then_on(account: Inside) -> None:
    account.update(op="restore", ticket=3)
    account.update(op="add_status", value=21, label="With Legal")
    account.update(op="status", ticket=3, value=21)
    assert account.get("/ticket_fields", type="default_status")[0]["choices"]["21"] == ["With Legal", "With Legal"]
    assert account.ask("PUT", "/tickets/3", {"status": 21}).status == 200


@pytest.mark.parametrize("op", ["edit_article", "article_status", "move_article", "delete_article"])
def test_articles_change_at_random(account: Inside, op: str) -> None:
    before = account.told("truth")["articles"]
    again = generated(20)
    assert account.update(op=op, random=2, seed=4) == again.update(op=op, random=2, seed=4) == 2
    assert before != account.told("truth")["articles"] or op == "move_article"
    assert account.told("truth") == again.told("truth")
    assert generated(20).told("truth")["articles"] == before, "an account that starts anew knows nothing of it"


def test_the_rough_tree_is_deep_and_has_every_audience() -> None:
    account = generated(5, "--rough")
    seen: list[dict[str, Any]] = []

    def walk(path: str, depth: int) -> None:
        for folder in account.get(path, per_page=100):
            seen.append(folder | {"depth": depth})
            walk(f"/solutions/folders/{folder['id']}/subfolders", depth + 1)

    for category in account.get("/solutions/categories"):
        walk(f"/solutions/categories/{category['id']}/folders", 1)
    assert max(folder["depth"] for folder in seen) == 3
    assert {folder["visibility"] for folder in seen} == {1, 2, 3, 4, 5, 6, 7}
    counts = [folder["articles_count"] for folder in seen]
    assert (0 in counts, max(counts)) == (True, 130)
    crowded = next(folder["id"] for folder in seen if folder["articles_count"] == 130)
    pages = [account.get(f"/solutions/folders/{crowded}/articles", per_page=100, page=page) for page in (1, 2)]
    assert [len(page) for page in pages] == [100, 30]
    assert [agent["deactivated"] for agent in account.get("/agents")].count(True) == 1


def test_the_help_names_everything() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "simulators.freshdesk", "--help"], capture_output=True, text=True, cwd=ROOT, check=True
    ).stdout
    control = generated(1).control
    routes = control.routes(None)  # type: ignore[arg-type]
    named = {path for _, path in routes} | set(faults.KINDS) | set(events.KINDS) | set(SWITCHES) | set(PLANS)
    assert [name for name in sorted(named) if name not in shown] == []


@pytest.mark.parametrize("wrong", [("--account", "acme", "--rough"), ("--tickets", "100001"), ("--tls-key", "x")])
def test_options_that_make_no_sense_are_refused(wrong: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit):
        arguments(("--account", "generated", "--api-key", KEY, *wrong))


def test_a_script_can_be_looked_at() -> None:
    command = [sys.executable, "-m", "simulators.freshdesk.scripts", "--seed", "7", "--tickets", "100"]
    lines = subprocess.run(command, capture_output=True, cwd=ROOT, check=True).stdout.splitlines()
    assert orjson.loads(lines[-1])["updates_a_call"] == 1.0
    assert all({"call", "op"} <= orjson.loads(line).keys() for line in lines[:-1])
