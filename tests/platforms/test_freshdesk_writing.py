"""Writes of the adapter: what they make, and what is known after each way a call can go wrong."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apps.core.errors import AppError, BadInput, EffectUnknown, ExternalError, NotFound, RateLimited
from apps.platforms.changes import TicketChange
from tests.platforms.test_freshdesk_adapter import ask
from tests.simulated import NOW, Simulator, running

HTML = "<p>Hold the button.<br>Then wait.</p>"
DONE = ("reset_after", "truncated", "cut", "html_200", "empty", "invalid_json")  # and nobody heard of it
NOT_DONE = ("reset_before", "500", "502", "503", "504")


@pytest.fixture(scope="module")
def account() -> Iterator[Simulator]:
    with running("--account", "generated", "--tickets", "60", "--now", NOW, "--plan", "unlimited") as simulator:
        yield simulator


@pytest.fixture
def calm(account: Simulator) -> Iterator[Simulator]:
    yield account
    account.tell("faults", faults=[])


def agent_of(simulator: Simulator) -> str:
    return str(simulator.get("/agents").json()[1]["id"])


def thread(simulator: Simulator, ticket: int) -> list[dict]:
    return simulator.get(f"/tickets/{ticket}/conversations", per_page=100).json()


def reply(simulator: Simulator, ticket: int):
    agent = agent_of(simulator)
    return ask(simulator, lambda adapter: adapter.post_reply(str(ticket), HTML, agent_id=agent))


def test_a_reply_and_a_note_are_what_the_thread_then_says(calm):
    agent = agent_of(calm)
    sent = reply(calm, 1)
    note = ask(calm, lambda adapter: adapter.post_note("1", HTML, private=True, agent_id=agent))
    read = ask(calm, lambda adapter: adapter.fetch_thread("1"))[-2:]
    for made, there in zip((sent, note), read, strict=True):
        names = ("remote_id", "author", "author_id", "visibility", "text", "created_at")
        assert [getattr(made, name) for name in names] == [getattr(there, name) for name in names]
        assert (there.html, there.author_id) == (HTML, agent)
    assert [one.visibility for one in read] == ["public", "private"]
    assert [mail["conversation_id"] for mail in calm.told("mails")] == [int(sent.remote_id)]


def test_a_change_sets_what_it_names_and_nothing_else(calm):
    agent = agent_of(calm)
    before = ask(calm, lambda adapter: adapter.fetch_ticket("2"))
    change = TicketChange(status="3", priority=4, agent_id=agent, tags=("one", "two"))
    after = ask(calm, lambda adapter: adapter.update_ticket("2", change))
    assert (after.status.value, after.priority, after.agent_id, after.tags) == (3, 4, agent, ("one", "two"))
    assert (after.group_id, after.subject) == (before.group_id, before.subject)


@pytest.mark.parametrize("fault", [*DONE, *NOT_DONE])
def test_what_nobody_can_know_is_said_to_be_unknown(calm, fault):
    before = len(thread(calm, 3))
    calm.tell("faults", faults=[{"kind": fault, "method": "POST", "at": [1], "retry_after": "1"}])
    with pytest.raises(EffectUnknown):
        reply(calm, 3)
    assert len(thread(calm, 3)) - before == (fault in DONE)


@pytest.mark.parametrize(("fault", "problem"), [("429", RateLimited), ("403_throttle", RateLimited)])
def test_a_call_that_was_sent_away_was_not_done(calm, fault, problem):
    before = len(thread(calm, 4))
    calm.tell("faults", faults=[{"kind": fault, "method": "POST", "at": [1], "retry_after": "7"}])
    with pytest.raises(problem) as caught:
        reply(calm, 4)
    assert caught.value.retry_after == 7 and len(thread(calm, 4)) == before


def test_a_throttle_of_a_503_may_have_been_done_all_the_same(calm):
    calm.tell("faults", faults=[{"kind": "503_throttle", "method": "POST", "at": [1]}])
    with pytest.raises(EffectUnknown):
        reply(calm, 4)


def test_refusals_are_final(calm):
    agent = agent_of(calm)

    def refused(ticket: str, **changes) -> AppError:
        with pytest.raises(AppError) as caught:
            ask(calm, lambda adapter: adapter.post_reply(ticket, HTML, **({"agent_id": agent} | changes)))
        assert not isinstance(caught.value, EffectUnknown)
        return caught.value

    assert isinstance(refused("999999"), NotFound)
    assert isinstance(refused("no-number"), NotFound)
    calm.update(op="trash", ticket=5)
    assert isinstance(refused("5"), ExternalError) and refused("5").code == "ticket_closed_to_writes"
    assert refused("6", agent_id="4711").code == "write_refused"
    with pytest.raises(BadInput):
        ask(calm, lambda adapter: adapter.update_ticket("6", TicketChange(status="open")))
