"""Webhooks of the account: unsigned, repeated, late, lost; whoever hears them must read again."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest

from simulators.web import Request, Response, listen
from tests.simulators.inside import Inside, generated


@pytest.fixture
def account() -> Inside:
    inside = generated(30)
    for ticket in (4, 5):
        inside.update(op="restore", ticket=ticket)
    return inside


class Ear:
    """Hears webhooks, and answers them as it is told."""

    def __init__(self) -> None:
        self.status = 200
        self.heard: list[Request] = []

    async def __call__(self, request: Request) -> Response:
        self.heard.append(request)
        return Response(self.status)

    def rounds(self, account: Inside, *advances: float, **rule: Any) -> list[int]:
        """Set the rule, change nothing, deliver after each advance. Returns how many calls each made."""

        async def go() -> list[int]:
            server = await listen(self, "127.0.0.1", 0)
            port = server.sockets[0].getsockname()[1]
            hooks, made = account.api.world.webhooks, []
            waiting = hooks.waiting
            hooks.set({"url": f"http://127.0.0.1:{port}/hook/acme?x=1", **rule})
            hooks.waiting = waiting
            for advance in advances:
                if advance == 0:
                    self.change(account)
                account.api.world.clock.set(advance=advance)
                made.append(await hooks.deliver())
            server.close()
            return made

        return asyncio.run(go())

    def change(self, account: Inside) -> None:
        from simulators.freshdesk import changes

        changes.apply(account.api.world, [{"op": "note", "ticket": 4}, {"op": "trash", "ticket": 5}])


def test_a_change_is_told_with_the_headers_of_the_rule_and_no_signature(account: Inside) -> None:
    ear = Ear()
    assert ear.rounds(account, 0, headers={"X-Hook-Secret": "s"}) == [1]
    request = ear.heard[0]
    assert (request.method, request.path, request.query) == ("POST", "/hook/acme", {"x": "1"})
    assert orjson.loads(request.body) == {"ticket_id": 4, "event": "note"}
    assert request.headers["x-hook-secret"] == "s"
    assert not [name for name in request.headers if "signature" in name]
    assert account.told("webhook")["calls"] == [{"ticket_id": 4, "event": "note", "attempt": 0, "status": 200}]


def test_trash_is_told_only_where_the_account_tells_it(account: Inside) -> None:
    ear = Ear()
    assert ear.rounds(account, 0, hiding=True) == [2]
    assert {orjson.loads(request.body)["event"] for request in ear.heard} == {"note", "trash"}


def test_a_refused_call_comes_again_after_five_thirty_and_sixty_minutes_and_then_no_more(account: Inside) -> None:
    ear = Ear()
    ear.status = 503
    assert ear.rounds(account, 0, 299, 1, 1799, 1, 3599, 1, 86400) == [1, 0, 1, 0, 1, 0, 1, 0]
    told = account.told("webhook")
    assert ([call["attempt"] for call in told["calls"]], told["given_up"], told["waiting"]) == ([0, 1, 2, 3], 1, 0)


def test_calls_are_lost_doubled_and_late(account: Inside) -> None:
    assert Ear().rounds(account, 0, loss=1.0) == [0]
    assert Ear().rounds(account, 0, duplicate=1.0) == [2]
    assert Ear().rounds(account, 0, 60, reorder=1.0) == [0, 1]


def test_nobody_there_is_a_failed_call(account: Inside) -> None:
    account.tell("webhook", url="http://127.0.0.1:9/hook")
    account.update(op="note", ticket=4)
    assert asyncio.run(account.api.world.webhooks.deliver()) == 1
    assert account.told("webhook")["waiting"] == 1
    account.tell("webhook")
    assert account.told("webhook") == {"waiting": 0, "given_up": 0, "calls": []}


@pytest.mark.parametrize("rule", [{"url": "https://x.example/"}, {"url": "http://x.example/", "colour": 1}, {"loss": 1}])
def test_a_wrong_rule_is_refused(account: Inside, rule: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        account.tell("webhook", **rule)
    assert account.api.world.webhooks.rule is None


def test_the_sender_runs_by_itself() -> None:
    from tests.simulated import NOW, running

    async def go() -> list[Request]:
        ear = Ear()
        server = await listen(ear, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        with running("--account", "generated", "--tickets", "9", "--now", NOW) as simulator:
            await asyncio.to_thread(simulator.tell, "webhook", url=url)
            await asyncio.to_thread(simulator.update, op="note", ticket=4)
            for _ in range(100):
                if ear.heard:
                    break
                await asyncio.sleep(0.05)
        server.close()
        return ear.heard

    assert len(asyncio.run(go())) == 1
