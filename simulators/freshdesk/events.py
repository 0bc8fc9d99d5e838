"""What happens to an account and to its server while somebody reads it, counted by calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from simulators.faults import FaultPlan
from simulators.freshdesk import changes
from simulators.freshdesk.limits import PLANS, Budget
from simulators.freshdesk.world import World
from simulators.script import CLIENT, Change, Script


class Account(Protocol):
    """What an event may lay hands on."""

    world: World
    budget: Budget
    plan: FaultPlan
    api_key: str


def apply(account: Account, asked: list[Change]) -> int:
    """Apply in order: changes of the account, and of its server. Returns how many tickets or articles were touched.

    Raises ValueError for what is unknown; what stands before it was done.
    """
    touched = 0
    for change in asked:
        server = _SERVER.get(change.get("op", ""))
        if server is not None:
            server(account, change)
        elif change.get("op") not in CLIENT:
            touched += changes.apply(account.world, [change])
    return touched


def _key(account: Account, change: Change) -> None:
    account.api_key = str(change["value"])


def _scope(account: Account, change: Change) -> None:
    _agent(account, {"agent": account.world.owner.id, "scope": change["value"]})


def _agent(account: Account, change: Change) -> None:
    """scope and groups of an agent: what the helpdesk shows them from now on."""
    held = account.world.agents[change["agent"]]
    scope, groups = change.get("scope", held.scope), tuple(change.get("groups", held.group_ids))
    if scope not in (1, 2, 3):
        raise ValueError("scope is 1 (all), 2 (groups) or 3 (own)")
    if unknown := set(groups) - {row.id for row in account.world.profile.groups}:
        raise ValueError(f"no group {min(unknown)}")
    account.world.agents[held.id] = replace(held, scope=scope, group_ids=groups)


def set_limits(account: Account, asked: Change) -> None:
    """plan, eat (credits at once), share and burst (of other apps, in every window)."""
    budget = account.budget
    if "plan" in asked:
        budget.plan = PLANS[asked["plan"]]
    if "share" in asked:
        if not 0 <= float(asked["share"]) <= 1:
            raise ValueError("share is a number from 0 to 1")
        budget.share = float(asked["share"])
    budget.burst = bool(asked.get("burst", budget.burst))
    budget.eat(int(asked.get("eat", 0)), account.world.clock.now())


def _faults(account: Account, change: Change) -> None:
    account.plan.load(change["faults"], int(change.get("seed", 0)))


def _clock(account: Account, change: Change) -> None:
    account.world.clock.set(advance=float(change.get("advance", 0)), rate=change.get("rate"))


def set_switches(account: Account, asked: Change) -> None:
    account.world.switches.change({name: value for name, value in asked.items() if name not in ("op", "seed")})
    account.budget.sub_in_calls = not account.world.switches.list_limit_in_credits


_SERVER: dict[str, Callable[[Account, Change], None]] = {
    "key": _key,
    "scope": _scope,
    "agent": _agent,
    "limits": set_limits,
    "faults": _faults,
    "clock": _clock,
    "switches": set_switches,
}
CALM: list[Change] = [
    {"op": "scope", "value": 1},
    {"op": "faults", "faults": []},
    {"op": "switches", "list_lag": 0.0},
]
KINDS = (*changes.KINDS, *_SERVER, *CLIENT)


def script() -> Script:
    """An empty one."""
    return Script(KINDS, apply, CALM)
