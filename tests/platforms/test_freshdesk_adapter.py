from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import pytest

from apps.core.errors import (
    AppError,
    BadInput,
    CredentialsRejected,
    ExternalError,
    ExternalUnavailable,
    NotFound,
    RateLimited,
)
from apps.platforms.adapters.freshdesk import FreshdeskAdapter, FreshdeskConfig
from tests.simulated import KEY, NOW, Mirror, Simulator, as_export, running

T = TypeVar("T")


@pytest.fixture(scope="module")
def account() -> Iterator[Simulator]:
    """300 tickets that no test changes."""
    with running("--account", "generated", "--tickets", "300", "--now", NOW) as simulator:
        yield simulator


@pytest.fixture
def calm(account: Simulator) -> Iterator[Simulator]:
    """The same account; faults and limits of the test are gone afterwards."""
    yield account
    account.tell("faults", faults=[])
    account.tell("clock", advance=120)
    account.tell("limits", plan="2000")


def ask(simulator: Simulator, question: Callable[[FreshdeskAdapter], Awaitable[T]], key: str = KEY) -> T:
    async def run() -> T:
        async with simulator.adapter(key) as adapter:
            return await question(adapter)

    return asyncio.run(run())


def error_of(simulator: Simulator, key: str = KEY) -> AppError:
    with pytest.raises(AppError) as caught:
        ask(simulator, lambda adapter: adapter.fetch_thread("1"), key)
    return caught.value


def credits(simulator: Simulator) -> int:
    return simulator.told("log")["credits"]


def test_a_mirror_filled_while_tickets_change_equals_the_truth() -> None:
    with running("--account", "generated", "--tickets", "2000", "--plan", "unlimited") as simulator:
        changes = [{"op": "random", "random": 3}, {"op": "trash", "random": 1}, {"op": "spam", "random": 1}]
        crowd = [{"op": "touch", "tickets": list(range(200, 450))}]
        rules = [{"every": 1, "times": 60, "apply": changes}, {"after": 9, "apply": crowd}]
        simulator.tell("script", rules=rules)
        simulator.tell("clock", rate=20)
        mirror = Mirror()

        async def fill(adapter: FreshdeskAdapter) -> None:
            await mirror.sync(adapter)
            while await mirror.sync(adapter) or simulator.told("script")["pending"]:
                pass
            simulator.tell("clock", advance=5)
            await mirror.sync(adapter)
            await mirror.read_articles(adapter)

        ask(simulator, fill)
        truth = as_export(simulator.told("truth"))
    held = mirror.export()
    assert len(truth["tickets"]) == 2000
    assert {row["state"] for row in truth["tickets"].values()} == {"live", "trashed", "spam"}
    assert [key for key in truth["tickets"] if key not in held["tickets"]] == []
    assert [key for key, row in truth["tickets"].items() if held["tickets"][key] != row] == []
    assert held["articles"] == truth["articles"]


def test_a_first_sync_costs_little_and_an_idle_poll_one_credit_a_feed(account: Simulator) -> None:
    mirror = Mirror()

    async def fill(adapter: FreshdeskAdapter) -> tuple[int, int]:
        before = credits(account)
        await mirror.sync(adapter)
        first = credits(account) - before
        await mirror.sync(adapter)
        before = credits(account)
        assert await mirror.sync(adapter) == 0
        return first, credits(account) - before

    first, idle = ask(account, fill)
    assert first <= 1.05 * 300 + 30
    assert idle == 3


def test_check_tells_who_we_are_and_what_the_account_has(account: Simulator) -> None:
    report = ask(account, lambda adapter: adapter.check())
    assert report.account == "generated.freshdesk.example"
    assert (report.agent_name, report.ticket_scope, report.calls_per_minute) == ("Agent 0", "all", 2000)
    assert report.languages == ("en", "de", "fr", "es", "ja", "ko", "zh")
    assert {status.label: status.category for status in report.statuses}["In repair"] == "open"
    assert report.warnings == ()


def test_check_warns_of_a_small_plan(calm: Simulator) -> None:
    calm.tell("clock", advance=60)
    calm.tell("limits", plan="trial")
    assert ask(calm, lambda adapter: adapter.check()).warnings == ("few_calls",)


def test_reference_lists_groups_agents_and_languages(account: Simulator) -> None:
    reference = ask(account, lambda adapter: adapter.fetch_reference())
    assert [group.name for group in reference.groups] == ["Hardware", "Orders", "Billing"]
    assert len(reference.agents) == 6
    assert {agent.group_ids for agent in reference.agents} == {(group.remote_id,) for group in reference.groups}
    assert reference.primary_language == "en"


def test_articles_come_in_every_language_with_the_audience_of_their_folder(account: Simulator) -> None:
    mirror = Mirror()
    ask(account, mirror.read_articles)
    truth = as_export(account.told("truth"))["articles"]
    assert mirror.export()["articles"] == truth
    folders = {item.folder: item.visibility for item in mirror.articles.values()}
    assert folders == {"Charging": "public", "Batteries": "public", "Members": "restricted", "Playbooks": "private"}
    assert {item.language for item in mirror.articles.values()} == {"en", "de", "fr", "es", "ja", "ko", "zh"}
    assert {item.published for item in mirror.articles.values()} == {True, False}


def test_a_thread_longer_than_a_view_comes_whole_and_in_order() -> None:
    with running("--account", "generated", "--tickets", "5", "--now", NOW) as simulator:
        simulator.tell("update", apply=[{"op": "reply", "ticket": 2, "text": f"line {n}"} for n in range(230)])
        thread = ask(simulator, lambda adapter: adapter.fetch_thread("2"))
    assert [message.text for message in thread[-230:]] == [f"line {n}" for n in range(230)]
    assert len({message.remote_id for message in thread}) == len(thread)


def test_private_notes_are_private_and_customers_are_customers(account: Simulator) -> None:
    async def read(adapter: FreshdeskAdapter) -> list[Any]:
        return [message for number in range(1, 40) for message in await adapter.fetch_thread(str(number))]

    messages = ask(account, read)
    assert {message.visibility for message in messages if message.source == "note"} == {"private"}
    assert {message.visibility for message in messages if message.author == "customer"} == {"public"}
    assert {message.author for message in messages} == {"customer", "agent"}


def test_what_became_of_a_ticket_is_told_by_a_probe() -> None:
    with running("--account", "generated", "--tickets", "40", "--now", NOW) as simulator:
        for number, kind in enumerate(("trash", "spam", "archive", "destroy"), 1):
            simulator.update(op="restore", ticket=number)
            simulator.update(op=kind, ticket=number)

        async def probe(adapter: FreshdeskAdapter) -> list[str]:
            return [await adapter.probe(str(number)) for number in (1, 2, 3, 4, 4000)]

        assert ask(simulator, probe) == ["trashed", "spam", "archived", "gone", "gone"]
        assert ask(simulator, lambda adapter: adapter.fetch_thread("3")) is not None
        with pytest.raises(NotFound):
            ask(simulator, lambda adapter: adapter.fetch_thread("4"))


def test_a_trashed_ticket_comes_by_the_feed_of_the_trash_and_back_by_the_live_one() -> None:
    with running("--account", "generated", "--tickets", "30", "--now", NOW) as simulator:
        simulator.update(op="restore", ticket=3)
        mirror = Mirror()
        states = []
        for kind in ("touch", "trash", "restore"):
            simulator.tell("clock", advance=10)
            simulator.update(op=kind, ticket=3)
            ask(simulator, mirror.sync)
            states.append(mirror.tickets["3"].state)
    assert states == ["live", "trashed", "live"]


def test_a_second_message_within_the_second_that_was_read_is_not_missed() -> None:
    with running("--account", "generated", "--tickets", "10", "--now", NOW) as simulator:
        simulator.tell("clock", rate=0)
        mirror = Mirror()
        simulator.update(op="reply", ticket=5, text="first")
        ask(simulator, mirror.sync)
        simulator.update(op="reply", ticket=5, text="second")
        simulator.tell("clock", advance=5)
        ask(simulator, mirror.sync)
    assert [message.text for message in mirror.threads["5"][-2:]] == ["first", "second"]


def test_a_wrong_key_is_rejected_and_asked_once(account: Simulator) -> None:
    before = account.told("log")["calls"]
    error = error_of(account, key="wrong")
    assert isinstance(error, CredentialsRejected)
    assert (error.retryable, account.told("log")["calls"] - before) == (False, 1)


def test_a_revoked_key_is_rejected_in_the_middle() -> None:
    with running("--account", "generated", "--tickets", "5") as simulator:

        async def read(adapter: FreshdeskAdapter) -> None:
            await adapter.fetch_thread("1")
            simulator.tell("key", api_key="another")
            await adapter.fetch_thread("2")

        with pytest.raises(CredentialsRejected):
            ask(simulator, read)


def test_an_unreachable_helpdesk_is_unavailable() -> None:
    with running("--account", "generated", "--tickets", "5") as simulator:
        pass
    error = error_of(simulator)
    assert isinstance(error, ExternalUnavailable)
    assert error.retryable


@pytest.mark.parametrize(
    ("retry_after", "seconds"), [("17", 17), (None, 60), ("soon", 60), ("999999999", 3600), ("0", 1), ("nan", 60)]
)
def test_a_throttle_says_how_long_to_wait(calm: Simulator, retry_after: str | None, seconds: float) -> None:
    calm.tell("faults", faults=[{"kind": "429", "rate": 1, "retry_after": retry_after}])
    error = error_of(calm)
    assert isinstance(error, RateLimited)
    assert error.retry_after == seconds


def test_a_spent_budget_is_a_throttle_until_the_minute_ends(calm: Simulator) -> None:
    calm.tell("limits", eat=2000)
    error = error_of(calm)
    assert isinstance(error, RateLimited)
    assert 1 <= error.retry_after <= 60
    calm.tell("clock", advance=error.retry_after)
    ask(calm, lambda adapter: adapter.fetch_thread("1"))


@pytest.mark.parametrize("kind", ["500", "502", "503", "504", "reset_before", "reset_after", "cut"])
def test_a_server_in_trouble_is_unavailable(calm: Simulator, kind: str) -> None:
    calm.tell("faults", faults=[{"kind": kind, "rate": 1}])
    assert type(error_of(calm)) is ExternalUnavailable


@pytest.mark.parametrize("kind", ["truncated", "html_200", "empty"])
def test_an_answer_that_is_no_data_is_an_error_and_not_an_empty_list(calm: Simulator, kind: str) -> None:
    calm.tell("faults", faults=[{"kind": kind, "rate": 1, "path": "/api/v2/tickets"}])
    error = error_of(calm)
    assert (type(error), error.code) == (ExternalError, "malformed_answer")
    with pytest.raises(ExternalError):
        ask(calm, lambda adapter: adapter.fetch_tickets(adapter.first_tickets()))


def test_json_under_a_wrong_type_is_still_data(calm: Simulator) -> None:
    calm.tell("faults", faults=[{"kind": "wrong_type", "rate": 1}])
    assert ask(calm, lambda adapter: adapter.check()).agent_name == "Agent 0"


def test_the_rate_state_is_what_the_headers_say(account: Simulator) -> None:
    async def read(adapter: FreshdeskAdapter) -> tuple[float | None, float | None, int]:
        await adapter.fetch_thread("1")
        first = adapter.rate_state().remaining
        await adapter.fetch_tickets(adapter.first_tickets())
        assert first is not None
        state = adapter.rate_state()
        return state.total, first - (state.remaining or 0), state.credits_used

    # a thread 1, whether customers can be listed 1, a list with one include 3, the fields 1
    assert ask(account, read) == (2000, 5, 6)


@pytest.mark.parametrize(
    "base_url",
    [
        "http://acme.freshdesk.com", "https://acme.freshdesk.com:8443", "https://127.0.0.1", "https://freshdesk.com",
        "https://acme.freshdesk.com.evil.example", "https://acme.freshdesk.com@evil.example", "ftp://acme.freshdesk.com",
        "https://evilfreshdesk.com", "", "https://", "http://127.0.0.1:1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_freshdesks_is_refused_before_any_call(base_url: str) -> None:
    with pytest.raises(BadInput) as caught:
        FreshdeskAdapter(FreshdeskConfig(base_url=base_url, api_key="k"), allow_hosts=frozenset({"127.0.0.1:9"}))
    assert caught.value.code == "address_refused"


@pytest.mark.parametrize(
    "base_url", ["acme.freshdesk.com", " https://acme.freshdesk.com/a/tickets/7 ", "https://ACME.freshdesk.com./"]
)
def test_a_pasted_link_is_understood(base_url: str) -> None:
    adapter = FreshdeskAdapter(FreshdeskConfig(base_url=base_url, api_key="k"))
    assert adapter._client.target.origin == "https://acme.freshdesk.com"


def test_a_ticket_number_that_is_a_path_is_never_asked(account: Simulator) -> None:
    before = account.told("log")["calls"]
    for ticket_id in ("../agents", "1/conversations", "-1", "٣x", ""):
        with pytest.raises(NotFound):
            ask(account, lambda adapter, ticket_id=ticket_id: adapter.fetch_thread(ticket_id))
    assert account.told("log")["calls"] == before
