"""The adapter against a simulated instance in a process of its own: what it reads, what it costs, what it refuses."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest

from apps.core.errors import AppError, CredentialsRejected, EffectUnknown, ExternalError, ExternalUnavailable, NotFound
from apps.platforms.adapters.servicenow import ServiceNowAdapter, ServiceNowConfig, query, tokens
from apps.platforms.adapters.servicenow.threads import ThreadCursor
from apps.platforms.adapters.servicenow.tickets import TablePlace, TicketCursor
from apps.platforms.adapters.servicenow.walk import Keyset
from apps.platforms.changes import TicketChange
from apps.platforms.filedata import FileRef
from tests.simulated import fingerprint
from tests.simulated_servicenow import API_KEY, CLIENT_ID, CLIENT_SECRET, PASSWORD, USER, Simulator, running

T = TypeVar("T")
WAYS: dict[str, dict[str, str]] = {
    "basic": {"user": USER, "password": PASSWORD},
    "oauth_password": {"user": USER, "password": PASSWORD, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET},
    "oauth_client": {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET},
    "api_key": {"api_key": API_KEY},
}
AS_IT_COMES = {"journals": "allowed", "audit_delete": "allowed", "time_zone": "GMT", "language": "en", "date_format": "yyyy-MM-dd HH:mm:ss", "cancel_after_rows": 0,
               "cancel_from_rows": 0, "invalid_query_no_rows": False, "plugin_cases": True, "client_credentials": True}  # fmt: skip


@pytest.fixture(scope="module")
def account() -> Iterator[Simulator]:
    with running("--account", "generated:60:3") as simulator:
        simulator.update(op="create", table="sn_customerservice_case", count=5)
        yield simulator


@pytest.fixture
def sim(account: Simulator) -> Iterator[Simulator]:
    account.tell("switches", **AS_IT_COMES)
    account.tell("faults", faults=[])
    account.update(op="acl_share", blocked=False)
    account.control.delete("/__sim/log")
    yield account


@contextmanager
def opened(simulator: Simulator, auth: str = "basic", **more: str) -> Iterator[ServiceNowAdapter]:
    config = ServiceNowConfig(base_url=simulator.url, auth=auth, **(WAYS[auth] | more))
    yield ServiceNowAdapter(config, allow_hosts=simulator.hosts)


def ask(simulator: Simulator, what: Callable[[ServiceNowAdapter], Awaitable[T]], auth: str = "basic", **more: str) -> T:
    async def run() -> T:
        with opened(simulator, auth, **more) as adapter:
            async with adapter:
                return await what(adapter)

    return asyncio.run(run())


async def walked(fetch: Any, cursor: Any) -> tuple[list[Any], Any]:
    """Everything to the end of a walk; every cursor goes through JSON, as it does when it is stored."""
    items: list[Any] = []
    for _ in range(500):
        page = await fetch(cursor)
        items += page.items
        cursor = type(cursor).model_validate_json(page.next.model_dump_json())
        if not page.more:
            return items, cursor
    raise AssertionError("the walk does not end")


def small(table: str) -> TablePlace:
    return TablePlace(table=table, keys=Keyset(), size=7)


async def everything(adapter: ServiceNowAdapter) -> dict[str, Any]:
    first = TicketCursor(places=(small("incident"), small("sn_customerservice_case")))
    tickets, _ = await walked(adapter.fetch_tickets, first)
    threads, _ = await walked(adapter.fetch_thread_page, ThreadCursor(size=40))
    articles, _ = await walked(adapter.fetch_articles, adapter.first_articles())
    return {
        "tickets": {one.remote_id: one for one in tickets}, "articles": {(one.remote_id, one.language): one for one in articles},
        "threads": {one.ticket_id: one.messages for one in threads if one.messages is not None},
        "files": {(one.ticket_id, file.remote_id, file.size) for one in threads for file in one.files or ()},
    }  # fmt: skip


def compare(held: dict[str, Any], truth: dict[str, Any], *, ids: bool = True) -> None:
    """`ids`: of entries too. Where the journal is closed to us they have none of the instance's."""
    hidden = set(truth["hidden"])
    rows = {row["remote_id"]: row for row in truth["tickets"] if row["remote_id"] not in hidden and row["state"] == "live"}
    assert set(held["tickets"]) == set(rows)
    for key, row in rows.items():
        ticket = held["tickets"][key]
        assert (ticket.number, ticket.subject, ticket.status.value) == (row["number"], row["subject"], row["status"])
        assert fingerprint(ticket.description_text) == row["description_sha256"]
        mine = [(one.remote_id if ids else "", one.visibility == "private", fingerprint(one.text)) for one in held["threads"].get(key, ())]
        theirs = [(one["remote_id"] if ids else "", one["private"], one["text_sha256"]) for one in row["messages"]]
        assert mine == theirs if ids else sorted(mine) == sorted(theirs), (row["number"], set(mine) ^ set(theirs), [one.text for one in held["threads"].get(key, ()) if ("", one.visibility == "private", fingerprint(one.text)) not in theirs])
    files = {(one["ticket"], one["remote_id"], one["size"]) for one in truth["attachments"] if one["ticket"] not in hidden}
    assert held["files"] == files
    articles = {(one["remote_id"], one["language"]): one for one in truth["articles"]}
    assert {key: (fingerprint(one.text), one.visibility) for key, one in held["articles"].items()} == {
        key: (one["text_sha256"], one["visibility"]) for key, one in articles.items()
    }


def test_what_it_reads_is_what_there_is_though_a_third_is_hidden_and_pages_come_short(sim):
    sim.update(op="acl_share", share=0.3, seed=5)
    ids = sorted(row["sys_id"] for row in sim.rows("incident", fields="sys_id"))
    sim.update(op="acl_share", **{"from": ids[5], "to": ids[25]})  # whole pages with nothing for us
    held = ask(sim, everything)
    compare(held, sim.told("truth"))
    staff = {one.remote_id for one in ask(sim, lambda adapter: adapter.fetch_reference()).agents}
    for key, thread in held["threads"].items():
        caller = held["tickets"][key].customer
        for one in thread:
            assert (one.author_id in staff) == (one.author == "agent")
            assert (one.author == "customer") == (one.visibility == "public" and caller is not None and one.author_id == caller.remote_id)
    assert {one.author for thread in held["threads"].values() for one in thread} == {"customer", "agent"}


def test_where_the_journal_is_closed_threads_are_read_as_they_are_displayed(sim):
    sim.tell("switches", journals="forbidden", time_zone="Asia/Seoul", language="ko", date_format="dd.MM.yyyy HH:mm:ss")
    held = ask(sim, everything)
    truth = sim.told("truth")
    compare(held, truth, ids=False)
    told = sorted(one["at"].replace(" ", "T") for row in truth["tickets"] if row["state"] == "live" for one in row["messages"])
    mine = {one.created_at.strftime("%Y-%m-%dT%H:%M:%S") for thread in held["threads"].values() for one in thread}
    assert mine <= set(told)  # by the database's clock, though it is nine hours later on the page
    sim.tell("switches", journals="empty")
    some = sorted(held["threads"])[:5]
    again = ask(sim, lambda adapter: adapter.fetch_threads(some))
    assert {one.ticket_id: one.messages for one in again} == {key: held["threads"][key] for key in some}


@pytest.mark.parametrize("auth", WAYS)
def test_every_way_of_signing_in_reads_and_survives_the_end_of_its_token(sim, auth):
    tokens._KEPT.clear()

    async def read(adapter: ServiceNowAdapter) -> int:
        page = await adapter.fetch_tickets(TicketCursor(places=(small("incident"),)))
        sim.update(op="expire_tokens")
        tickets, _ = await walked(adapter.fetch_tickets, page.next)
        sim.update(op="expire_tokens", refresh=True)
        ids, _ = await walked(adapter.fetch_ids, adapter.first_ids())
        return len(page.items) + len(tickets) - len(ids)

    assert ask(sim, read, auth, tables="incident") == 0
    sim.control.delete("/__sim/log")
    ask(sim, lambda adapter: adapter.fetch_ids(adapter.first_ids()), auth, tables="incident")
    asked = [row["path"] for row in sim.told("log")["requests"]]
    assert len([path for path in asked if path == "/oauth_token.do"]) <= 1
    wrong = {"basic": "password", "oauth_password": "password", "oauth_client": "client_secret", "api_key": "api_key"}[auth]
    with pytest.raises(CredentialsRejected):
        ask(sim, lambda adapter: adapter.fetch_ids(adapter.first_ids()), auth, **{wrong: "wrong"})


def test_a_token_is_asked_for_once_for_all_adapters_of_an_account(sim):
    tokens._KEPT.clear()
    for _ in range(3):
        ask(sim, lambda adapter: adapter.fetch_ids(adapter.first_ids()), "oauth_password", tables="incident")
    assert [row["path"] for row in sim.told("log")["requests"]].count("/oauth_token.do") == 1


def test_a_cancelled_transaction_is_asked_again_with_half_the_rows(sim):
    sim.tell("switches", cancel_after_rows=3, cancel_from_rows=30)

    async def read(adapter: ServiceNowAdapter) -> tuple[int, int]:
        page = await adapter.fetch_tickets(TicketCursor(places=(TablePlace(table="incident", keys=Keyset(), size=100),)))
        return len(page.items), page.next.places[0].size

    assert ask(sim, read) == (25, 50)  # 100 and 50 were cancelled; after a fast page it is twice as many again
    sim.tell("switches", cancel_after_rows=1, cancel_from_rows=1)
    with pytest.raises(ExternalUnavailable) as heavy:
        ask(sim, lambda adapter: adapter.fetch_tickets(adapter.first_tickets()))
    assert heavy.value.code == "transaction_cancelled"


@pytest.mark.parametrize(("times", "limits"), [(0, (1000, 100)), (1, (500, 50)), (3, (125, 25)), (99, (25, 25))])
def test_a_page_that_did_not_come_is_asked_for_in_smaller_ones(sim, times, limits):
    """The reader gives up before an instance does: nothing says then that it was too much, and the same again never comes."""

    async def read(adapter: ServiceNowAdapter) -> None:
        adapter.in_vain = times
        for size in (1000, 100):
            await adapter.fetch_tickets(TicketCursor(places=(TablePlace(table="incident", keys=Keyset(), size=size),)))

    ask(sim, read)
    asked = [row["query"]["sysparm_limit"] for row in sim.told("log")["requests"] if "table/incident" in row["path"]]
    assert tuple(int(one) for one in asked[-2:]) == limits


@pytest.mark.parametrize("asleep", ["hibernating", "login", "redirect"])
def test_a_page_for_people_is_no_answer_and_may_pass(sim, asleep):
    sim.tell("switches", asleep=asleep)
    with pytest.raises(ExternalUnavailable) as error:
        ask(sim, lambda adapter: adapter.fetch_tickets(adapter.first_tickets()))
    sim.tell("switches", asleep="")
    assert error.value.retryable


@pytest.mark.parametrize(("cases", "calls"), [(False, 4), (True, 5)])
def test_a_poll_that_brings_nothing_costs_few_calls(sim, cases, calls):
    sim.tell("switches", plugin_cases=cases)

    async def poll(adapter: ServiceNowAdapter) -> list[int]:
        feeds = [(adapter.fetch_tickets, adapter.first_tickets()), (adapter.fetch_thread_page, adapter.first_threads()), (adapter.fetch_gone, adapter.first_gone())]
        cursors = [(await walked(fetch, first))[1] for fetch, first in feeds]
        cursors = [(await walked(fetch, cursor))[1] for (fetch, _), cursor in zip(feeds, cursors, strict=True)]  # the overlap
        sim.control.delete("/__sim/log")
        found = []
        for (fetch, _), cursor in zip(feeds, cursors, strict=True):
            items, _ = await walked(fetch, cursor)
            found += items
        return found

    assert ask(sim, poll) == []
    assert sim.told("log")["calls"] == calls


def test_what_happens_later_is_told_once_and_names_its_ticket(sim):
    async def follow(adapter: ServiceNowAdapter) -> None:
        _, tickets = await walked(adapter.fetch_tickets, adapter.first_tickets())
        _, threads = await walked(adapter.fetch_thread_page, adapter.first_threads())
        _, gone = await walked(adapter.fetch_gone, adapter.first_gone())
        one, other, third = sorted(row["sys_id"] for row in sim.rows("incident", fields="sys_id"))[:3]
        sim.update(op="comment", ticket=one, text="Still broken", by="agent0")
        sim.update(op="attach", ticket=other, name="log.txt", text="lines")
        sim.update(op="delete", ticket=third)
        told, threads = await walked(adapter.fetch_thread_page, threads)
        assert {(item.ticket_id, item.messages, item.files) for item in told} == {(one, None, None), (other, None, None)}
        assert (await walked(adapter.fetch_thread_page, threads))[0] == []
        changed, tickets = await walked(adapter.fetch_tickets, tickets)
        assert {item.remote_id for item in changed} >= {one}
        assert await walked(adapter.fetch_gone, gone) == ([third], (await adapter.fetch_gone(gone)).next)
        assert await adapter.probe(third) == "gone"
        found = {item.ticket_id: item for item in await adapter.fetch_threads([one, other, third])}
        assert set(found) == {one, other}
        assert found[one].messages[-1].text == "Still broken"
        file = next(one for one in found[other].files if one.size == len("lines"))
        sim.tell("clock", advance=5)
        body = await adapter.open_attachment(FileRef(other, None, file.remote_id), most=1000)
        assert (body.name, body.body) == ("log.txt", b"lines")
        with pytest.raises(NotFound):
            await adapter.open_attachment(FileRef(one, None, file.remote_id), most=1000)
        sim.update(op="archive", ticket=other)
        assert await adapter.probe(other) == "archived"

    ask(sim, follow)


def test_what_is_written_says_whose_it_is_and_nobody_else_can_say_so(sim):
    ticket = sorted(row["sys_id"] for row in sim.rows("incident", "active=true", fields="sys_id"))[-1]

    async def write(adapter: ServiceNowAdapter) -> tuple[str, list[Any]]:
        agent = (await adapter.fetch_reference()).agents[0].remote_id
        note = await adapter.post_note(ticket, "<p>Look at [this]</p>", private=True, agent_id=agent)
        reply = await adapter.post_reply(ticket, "<p>We are on it</p>", agent_id=agent)
        assert [(one.author, one.author_id, one.visibility, one.text) for one in (note, reply)] == [
            ("agent", agent, "private", "Look at [this]"), ("agent", agent, "public", "We are on it")
        ]  # fmt: skip
        stolen = sim.rows("sys_journal_field", f"sys_id={reply.remote_id}", fields="value")[0]["value"].replace("on it", "lying")
        sim.update(op="comment", ticket=ticket, text=stolen, by="agent0")
        thread = await adapter.fetch_thread(ticket)
        assert thread[-3:-1] == [note, reply]
        assert (thread[-1].text, thread[-1].author_id == agent) == ("We are lying", False)
        assert "deskhand" not in "".join(one.html for one in thread[-3:])
        changed = await adapter.update_ticket(ticket, TicketChange(priority=4, status="6", agent_id=agent, group_id=""))
        assert (changed.priority, changed.status.category, changed.agent_id, changed.group_id) == (4, "solved", agent, None)
        assert changed.raw_hash == (await adapter.fetch_ticket(ticket)).raw_hash
        with pytest.raises(AppError) as tags:
            await adapter.update_ticket(ticket, TicketChange(tags=("a",)))
        assert tags.value.code == "change_invalid"
        return agent, thread

    ask(sim, write)
    assert all(row["method"] in ("GET", "PATCH") for row in sim.told("log")["requests"])


@pytest.mark.parametrize("fault", ["reset_after", "502", "html_200"])
def test_a_write_that_nobody_can_answer_for_is_unknown(sim, fault):
    ticket = sim.rows("incident", "active=true", fields="sys_id")[0]["sys_id"]
    sim.tell("faults", faults=[{"kind": fault, "method": "PATCH", "rate": 1.0}])
    with pytest.raises(EffectUnknown):
        ask(sim, lambda adapter: adapter.post_note(ticket, "<p>Hello</p>", private=True, agent_id="0" * 32))
    gone = "f" * 32
    with pytest.raises(NotFound):
        ask(sim, lambda adapter: adapter.post_note(gone, "<p>Hello</p>", private=True, agent_id="0" * 32))


def test_the_check_tells_what_is_closed_and_refuses_a_zone_that_hides_changes(sim, monkeypatch):
    report = ask(sim, lambda adapter: adapter.check())
    states = {one.name: one.state for one in report.abilities}
    assert {states[name] for name in ("thread_feed", "kb_feed", "agents", "cases", "signed_push")} == {"yes"}
    assert report.warnings == ("deletions_unreadable", "unknown_parts_dropped") or report.warnings == ("unknown_parts_dropped",)
    assert report.tickets == len(sim.rows("incident", fields="sys_id")) + len(sim.rows("sn_customerservice_case", fields="sys_id"))
    assert {"27", "-5", "7"} <= {str(one.value) for one in report.statuses}
    assert {row["method"] for row in sim.told("log")["requests"]} == {"GET"}
    sim.tell("switches", journals="forbidden", audit_delete="forbidden", plugin_cases=False, invalid_query_no_rows=True)
    report = ask(sim, lambda adapter: adapter.check())
    assert set(report.warnings) == {"journals_unreadable", "deletions_unreadable"}
    assert {one.name: one.state for one in report.abilities}["cases"] == "no"
    right = query.stamp
    monkeypatch.setattr(query, "stamp", lambda at: right(at.replace(hour=(at.hour + 9) % 24)))  # as an instance would read it
    with pytest.raises(ExternalError) as shifted:
        ask(sim, lambda adapter: adapter.check())
    assert shifted.value.code == "zone_shifted"


def test_only_hosts_of_the_vendor_or_the_operator_are_called():
    for url in ("https://service-now.com.evil.example", "http://acme.service-now.com", "https://169.254.169.254"):
        with pytest.raises(AppError) as refused:
            ServiceNowAdapter(ServiceNowConfig(base_url=url, user="u", password="p"))
        assert refused.value.code == "address_refused"
    ServiceNowAdapter(ServiceNowConfig(base_url="acme.service-now.com/nav_to.do", user="u", password="p"))


@pytest.mark.parametrize(("fields", "words"), [
    ({"user": "u"}, "basic needs password"), ({"auth": "api_key", "user": "u", "api_key": "k"}, "does not use user"),
    ({"auth": "oauth_client", "client_id": "c"}, "needs client_secret"), ({"user": "u", "password": "p", "tables": "incident,sys_user"}, "tables are"),
])  # fmt: skip
def test_fields_that_do_not_fit_the_way_of_signing_in_are_named(fields, words):
    with pytest.raises(ValueError, match=words):
        ServiceNowConfig(base_url="acme.service-now.com", **fields)


def test_a_probe_answers_what_the_contract_leaves_open_and_changes_nothing(sim):
    sim.update(op="archive", random=2, seed=9)
    before, lines = sim.told("truth")["tickets"], []
    config = ServiceNowConfig(base_url=sim.url, user=USER, password=PASSWORD)
    sim.control.delete("/__sim/log")
    report = asyncio.run(ServiceNowAdapter.probe_account(config, allow_hosts=sim.hosts, tell=lines.append))
    found = {one.key: one.answer for one in report.findings}
    assert (report.ended, report.calls) == ("complete", sim.told("log")["calls"])
    assert report.calls <= 16
    assert (found["literals"], found["wrong_table"], found["archived"], found["limits"]) == ("UTC", "400", "no", "none")
    assert sim.told("truth")["tickets"] == before


def test_an_article_of_a_template_keeps_its_own_fields_beside_a_text_of_its_own(sim):
    one = next(row for row in sim.rows("kb_knowledge", "workflow_state=published") if row["sys_class_name"] != "kb_knowledge")

    async def read(adapter: ServiceNowAdapter) -> str:
        articles, _ = await walked(adapter.fetch_articles, adapter.first_articles())
        return next(article.text for article in articles if article.remote_id == one["sys_id"])

    words = ask(sim, read)
    sim.update(op="edit_article", ticket=one["sys_id"], fields={"text": "<p>Written beside the template.</p>"})
    assert words
    assert ask(sim, read).split() == ["Written", "beside", "the", "template.", *words.split()]
    sim.update(op="edit_article", ticket=one["sys_id"], fields={"text": ""})
