"""What an account lets us do: tried when it is connected and with its agents and groups, and shown wherever a person looks."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command

from apps.assistant.answers import SyncState
from apps.core.errors import CredentialsRejected
from apps.ingest.models import Stream
from apps.ingest.streams import hurry
from apps.ingest.sync import Outcome, read_feed
from apps.platforms.abilities import ABILITIES, Ability
from apps.platforms.base import CheckReport
from apps.platforms.models import Connection
from apps.platforms.words import ability_words, check_rows, reason_words, scope_words, warning_words
from apps.tenancy.context import bind_company
from tests.ingest.test_sync import allow, join
from tests.mirror import make_connection
from tests.simulated import Simulator, running

NOT_OFFERED = ("thread_feed", "kb_feed", "signed_push", "cases")


@pytest.fixture(scope="module")
def account() -> Iterator[Simulator]:
    with running("--account", "generated", "--tickets", "20", "--plan", "unlimited") as simulator:
        yield simulator


@pytest.fixture
def calm(account: Simulator) -> Iterator[Simulator]:
    before = account.told("switches")
    yield account
    account.tell("switches", **before)
    account.tell("scope", scope=1)
    account.tell("faults", faults=[])


def check(simulator: Simulator) -> CheckReport:
    async def ask() -> CheckReport:
        async with simulator.adapter() as adapter:
            return await adapter.check()

    return asyncio.run(ask())


def abilities(simulator: Simulator) -> dict[str, Ability]:
    return {one.name: one for one in check(simulator).abilities}


def test_every_ability_of_the_contract_is_told_once(calm: Simulator) -> None:
    report = check(calm)
    assert tuple(one.name for one in report.abilities) == ABILITIES
    found = {one.name: (one.state, one.reason) for one in report.abilities}
    assert {name: found.pop(name) for name in NOT_OFFERED} == dict.fromkeys(NOT_OFFERED, ("no", "not_offered"))
    assert found.pop("bulk_export") == ("no", "not_used")
    assert {found.pop(name) for name in ("archive_lookup", "per_ticket_thread_cost")} == {("yes", "documented")}
    assert found == dict.fromkeys(("delete_feed", "account", "agents", "articles", "translations", "products", "canned_responses", "ratings", "time_entries", "activities"), ("yes", "tried"))
    assert abilities(calm)["per_ticket_thread_cost"].value == 1


def test_a_check_costs_fourteen_credits_and_only_reads(calm: Simulator) -> None:
    calm.control.delete("/__sim/log")
    check(calm)
    log = calm.told("log")
    assert log["credits"] == 14
    assert {row["method"] for row in log["requests"]} == {"GET"}


def test_the_helpdesk_s_own_count_of_tickets_is_told_where_it_tells_it(calm: Simulator) -> None:
    live = sum(row["state"] == "live" and not row["deleted"] for row in calm.told("truth")["tickets"])
    assert check(calm).tickets == live > 0
    calm.tell("faults", faults=[{"kind": "html_200", "path": "/api/v2/search/tickets", "rate": 1.0}])
    assert check(calm).tickets is None


def test_what_the_key_or_the_plan_forbids_is_told(calm: Simulator) -> None:
    calm.tell("switches", admin_key=False, translations=False)
    found = abilities(calm)
    assert (found["products"].state, found["products"].reason) == ("no", "access_denied")
    assert (found["agents"].state, found["agents"].reason) == ("no", "access_denied")
    assert (found["translations"].state, found["translations"].reason) == ("no", "require_feature")
    assert found["articles"].state == "yes"


def test_an_answer_that_is_none_leaves_an_ability_unknown_and_the_rest_known(calm: Simulator) -> None:
    calm.tell("faults", faults=[{"kind": "html_200", "path": "/api/v2/solutions/categories", "rate": 1.0}])
    found = abilities(calm)
    assert (found["articles"].state, found["articles"].reason) == ("unknown", "malformed_answer")
    assert found["delete_feed"].state == "yes"


def test_an_account_that_is_suspended_meanwhile_is_no_list_of_missing_abilities(calm: Simulator) -> None:
    calm.tell("script", rules=[{"after": 5, "of": "calls", "apply": [{"op": "switches", "suspended": True}]}])
    with pytest.raises(CredentialsRejected) as caught:
        check(calm)
    assert caught.value.code == "account_suspended"


def shown(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_the_report_is_kept_and_shown_and_made_again_with_agents_and_groups(in_acme, settings, calm, client_of):
    allow(settings, calm)
    calm.tell("switches", admin_key=False)
    connection = join(calm)
    first = Connection.objects.get()
    assert first.check_report["scope"] == "all"
    assert (first.check_report["statuses"], first.check_report["own_statuses"]) == (6, 1)
    assert "Agent 0" not in str(first.check_report)
    lines = shown("sync_status", "acme")
    assert "scope all, languages en de fr es ja ko zh, 6 statuses (1 of its own)" in lines
    assert " agents: no (access_denied)" in lines
    assert " per_ticket_thread_cost: 1 (documented)" in lines
    calm.tell("switches", admin_key=True)
    calm.tell("scope", scope=2)
    hurry(connection, full=True)
    stream = Stream.objects.get(kind=Stream.Kind.REFERENCE)
    assert read_feed(stream_id=stream.pk, go_on=lambda: True) is Outcome.DONE
    again = Connection.objects.get()
    assert again.check_report["scope"] == "group"
    assert again.checked_at > first.checked_at
    assert "warning scope_limited" in shown("sync_status", "acme")
    assert " agents: yes (tried)" in shown("sync_status", "acme")


def test_the_api_and_the_admin_show_it(acme, settings, calm, client_of):
    allow(settings, calm)
    browser = client_of(acme, "admin")
    with bind_company(acme.binding()):
        calm.tell("scope", scope=3)
        connection = join(calm)
        made = make_connection()  # from before there were checks
    found = {one.account: one for one in SyncState.model_validate_json(browser.get("/api/v1/sync/").content).connections}
    told = found[connection.account].check
    assert told is not None
    assert (told.scope, told.warnings) == ("restricted", ["scope_limited"])
    assert [one.name for one in told.abilities] == list(ABILITIES)
    assert found[made.account].check is None
    page = browser.get(f"/admin/platforms/connection/{connection.pk}/change/").content.decode()
    assert "<th scope=\"row\">List of deleted tickets</th><td>Yes (tried with a call)</td>" in page
    assert "The key does not see all tickets" in page
    assert "Agent 0" not in page
    assert "Not checked yet" in browser.get(f"/admin/platforms/connection/{made.pk}/change/").content.decode()


def test_a_page_of_the_admin_escapes_what_an_account_says(acme, client_of):
    with bind_company(acme.binding()):
        connection = make_connection()
        connection.check_report = {
            "scope": "all", "languages": ["<b>x</b>"], "statuses": 1, "own_statuses": 0, "warnings": ["<i>new</i>"],
            "abilities": [{"name": "agents", "state": "no", "reason": "<u>code</u>", "value": None}],
        }  # fmt: skip
        connection.save()
    page = client_of(acme, "admin").get(f"/admin/platforms/connection/{connection.pk}/change/").content.decode()
    assert not any(tag in page for tag in ("<b>x</b>", "<i>new</i>", "<u>code</u>"))
    assert "&lt;u&gt;code&lt;/u&gt;" in page


@pytest.mark.parametrize("language", ["en", "de", "ja"])
def test_every_code_has_words(language: str) -> None:
    from django.utils import translation

    codes: list[Any] = ["tried", "documented", "not_offered", "not_used", "access_denied", "require_feature", "not_found", "one_language"]
    with translation.override(language):
        words = [ability_words(name) for name in ABILITIES] + [reason_words(code) for code in codes]
        words += [scope_words(scope) for scope in ("all", "group", "restricted", "unknown")]
        words += [warning_words(code) for code in ("scope_limited", "few_calls", "account_unreadable")]
        assert not [word for word in words if not word or "_" in word]
        assert check_rows({}) == []
