"""The budget of an account: kept for all workers, learnt from answers, never overdrawn, shared with others (F9, F23)."""

from __future__ import annotations

import asyncio
import time
from uuid import uuid4

import pytest

from apps.core.errors import CredentialsRejected, ExternalUnavailable, RateLimited
from apps.platforms import budget
from apps.platforms.base import Pass
from apps.platforms.budget import SHARE, TURN, AccountGate, budget_of, forget_refusal
from apps.tenancy.cacheserver import Away, CacheServer, Script


@pytest.fixture
def gate(in_acme) -> AccountGate:
    return AccountGate(uuid4())


def run(coroutine):
    return asyncio.run(coroutine)


async def call(gate: AccountGate, cost: int = 1, *, total: float | None = 100, left: float = 100, **more) -> None:
    entry = await gate.enter(cost, **more)
    await gate.leave(entry, total=total, left=left)


def spend(gate: AccountGate, most: int, cost: int = 1, total: int = 100, **more) -> int:
    """Calls until there is no budget; `left` goes down as a helpdesk's does."""

    async def calls() -> int:
        left = total
        for made in range(most):
            try:
                entry = await gate.enter(cost, **more)
            except RateLimited:
                return made
            left -= cost
            await gate.leave(entry, total=total, left=left)
        return most

    return run(calls())


def test_background_work_stops_at_its_share_and_an_agent_still_gets_through(gate):
    assert spend(gate, 200) == SHARE * 100
    with pytest.raises(RateLimited) as refused:
        run(gate.enter(1))
    assert refused.value.code == "budget_spent" and 0 < refused.value.retry_after <= 60
    urgent = AccountGate.__new__(AccountGate)
    urgent.__dict__ |= gate.__dict__ | {"_urgent": True}
    assert gate.wait() > 0 and urgent.wait() == 0
    run(call(urgent, left=39))


def test_what_other_apps_have_used_is_not_ours_to_use(gate):
    run(call(gate, left=41))
    with pytest.raises(RateLimited):
        run(gate.enter(2))
    run(call(gate, left=40))
    with pytest.raises(RateLimited):
        run(gate.enter(1))


@pytest.mark.alone  # measures a wait
def test_a_rest_that_may_be_of_a_minute_that_is_over_lets_one_call_ask(gate, monkeypatch):
    monkeypatch.setattr(budget, "WINDOW_MS", 5000)
    monkeypatch.setattr(budget, "SHORT_MS", 0)

    async def asks() -> tuple[float, float]:
        await call(gate, left=20)
        with pytest.raises(RateLimited) as early:
            await gate.enter(1)
        await asyncio.sleep(0.55)
        entry = await gate.enter(1)
        with pytest.raises(RateLimited):
            await gate.enter(1)
        await gate.leave(entry, total=100, left=99)
        await call(gate, left=3)  # agents could not call either: nothing is asked before the minute is over
        await asyncio.sleep(0.55)
        with pytest.raises(RateLimited) as late:
            await gate.enter(1)
        return early.value.retry_after, late.value.retry_after

    early, late = run(asks())
    assert early <= 0.5 and late > 1


def test_lists_have_a_limit_of_their_own(gate):
    assert spend(gate, 100, cost=3, total=200, listing=True) == 20 * SHARE // 3
    assert spend(gate, 100, total=200) > 50


def test_before_anything_is_told_calls_go_one_by_one(gate):
    async def two() -> float:
        first = await gate.enter(1)
        began = time.monotonic()
        second = asyncio.create_task(gate.enter(1))
        await asyncio.sleep(0.2)
        await gate.leave(first, total=100, left=99)
        await second
        return time.monotonic() - began

    assert run(two()) >= 0.2


@pytest.mark.alone  # measures a wait
def test_no_more_than_three_are_under_way_and_a_dead_workers_lane_comes_back(gate, monkeypatch):
    monkeypatch.setattr(budget, "LANE_SECONDS", 0.4)
    run(call(gate))

    async def four() -> float:
        for _ in range(3):
            await gate.enter(1)
        began = time.monotonic()
        await gate.enter(1)
        return time.monotonic() - began

    assert 0.2 < run(four()) < 3


@pytest.fixture
def asked(monkeypatch) -> list[Script]:
    """The scripts that are run."""
    real, scripts = CacheServer.run, list[Script]()

    def run_and_note(self: CacheServer, script: Script, *rest):
        scripts.append(script)
        return real(self, script, *rest)

    monkeypatch.setattr(CacheServer, "run", run_and_note)
    return scripts


async def three(gate: AccountGate) -> list[Pass]:
    """All lanes taken."""
    await call(gate)
    return [await gate.enter(1) for _ in range(3)]


def test_who_waits_for_a_call_of_its_own_process_is_asked_for_by_its_end(gate, asked):
    async def waits() -> int:
        under_way = await three(gate)
        asked.clear()
        waiting = [asyncio.create_task(gate.enter(1)) for _ in range(5)]
        await asyncio.sleep(0.05)
        assert asked == [], "only the end of one of these three brings news"
        await gate.leave(under_way[0], total=100, left=95)
        through, rest = await asyncio.wait(waiting, timeout=0.1, return_when=asyncio.FIRST_COMPLETED)
        for one in rest:
            one.cancel()
        return len(through)

    assert run(waits()) == 1
    assert asked == [TURN]


def test_of_those_who_wait_for_another_process_one_asks(gate, asked):
    async def waits() -> int:
        await three(AccountGate(gate._stem[:-1]))
        asked.clear()
        waiting = [asyncio.create_task(gate.enter(1)) for _ in range(5)]
        await asyncio.sleep(0.1)
        for one in waiting:
            one.cancel()
        return len(asked)

    assert 1 < run(waits()) <= 11


def test_a_lane_that_was_got_for_somebody_who_went_away_is_given_back(gate):
    async def goes_away() -> float:
        under_way = await three(gate)
        waiting = asyncio.create_task(gate.enter(1))
        await asyncio.sleep(0.05)
        ending = asyncio.create_task(gate.leave(under_way[0], total=100, left=95))
        await asyncio.sleep(0)  # it has asked, and who waits has not heard yet
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await ending
        began = time.monotonic()
        await AccountGate(gate._stem[:-1]).enter(1)
        return time.monotonic() - began

    assert run(goes_away()) < 1


@pytest.mark.parametrize(("fair_ms", "listing", "first"), [(100, False, True), (60_000, True, True), (60_000, False, False)])
def test_a_list_or_who_has_asked_long_goes_before_the_next_call_of_those_that_hold_the_lanes(
    gate, monkeypatch, fair_ms, listing, first
):
    """A batch of threads of another worker must not keep a feed waiting to its end."""
    monkeypatch.setattr(budget, "FAIR_MS", fair_ms)
    monkeypatch.setattr(budget, "ASKS_STILL_MS", 5000)
    other = AccountGate(gate._stem[:-1])

    async def waits() -> tuple[bool, bool]:
        under_way = await three(other)
        feed = asyncio.create_task(gate.enter(1, listing=listing))
        await asyncio.sleep(0.2)
        batch = asyncio.create_task(other.enter(1))
        await asyncio.sleep(0)
        await other.leave(under_way[0], total=100, left=95)
        await asyncio.wait([feed, batch], timeout=2, return_when=asyncio.FIRST_COMPLETED)
        found = feed.done(), batch.done()
        feed.cancel()
        batch.cancel()
        return found

    assert run(waits()) == (first, not first)


def test_an_end_that_was_not_heard_at_once_leaves_who_waits_to_ask(gate, monkeypatch):
    real = CacheServer.run

    def away_for_turns(self: CacheServer, script: Script, *rest):
        if script is TURN:
            raise Away("away")
        return real(self, script, *rest)

    async def waits() -> None:
        under_way = await three(gate)
        monkeypatch.setattr(CacheServer, "run", away_for_turns)
        waiting = asyncio.create_task(gate.enter(1))
        await asyncio.sleep(0.05)
        await gate.leave(under_way[0], total=100, left=95)
        async with asyncio.timeout(1):
            await waiting

    run(waits())


def test_one_refusal_to_wait_makes_the_whole_account_quiet(gate):
    async def refused() -> None:
        entry = await gate.enter(1)
        await gate.leave(entry, total=100, left=80, rest=30)

    run(refused())
    with pytest.raises(RateLimited) as told:
        run(gate.enter(1))
    assert 30 < told.value.retry_after <= 32.1, "Retry-After and some more, so that not all come back at once"
    assert AccountGate(uuid4()).wait() == 0


def test_a_refused_key_is_not_used_again_until_there_is_a_new_one(gate):
    async def refused() -> None:
        await gate.leave(await gate.enter(1), refused=True)

    run(refused())
    with pytest.raises(CredentialsRejected):
        run(gate.enter(1))
    forget_refusal(gate._stem[:-1])
    run(call(gate))


def test_without_the_store_nobody_calls(gate, monkeypatch):
    monkeypatch.setattr(budget, "server", lambda: CacheServer("redis://127.0.0.1:1/0"))
    monkeypatch.setattr(budget, "PATIENCE", (0.01,))
    with pytest.raises(ExternalUnavailable) as refused:
        run(gate.enter(1))
    assert refused.value.code == "budget_unavailable"
    assert gate.wait() > 0
    assert budget_of(uuid4()).total is None


def test_when_the_store_forgets_the_budget_is_learnt_anew(gate):
    run(call(gate, left=41))
    values, lanes, _names = budget._keys()
    budget.server().remove(values, lanes)
    run(call(gate, left=41))
    with pytest.raises(RateLimited):
        run(gate.enter(2))


def test_answers_that_come_out_of_order_do_not_make_the_budget_bigger(gate):
    run(call(gate, left=45))
    run(call(gate, left=47))
    assert budget_of(gate._stem[:-1]).left == 45
    run(call(gate, left=99))
    assert budget_of(gate._stem[:-1]).left == 99
