"""What happens to an account and to its server while somebody reads it, counted by calls."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from simulators.freshdesk import changes
from simulators.freshdesk.faults import FaultPlan
from simulators.freshdesk.limits import PLANS, Budget
from simulators.freshdesk.world import World

Change = dict[str, Any]
CLIENT = ("kill", "second_sync", "reconnect")  # for whoever runs the reader; the simulator only tells


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


@dataclass(slots=True)
class Rule:
    """`after`: once, after that many calls. `every`: again and again, `times` times at most.

    `of` says which calls count: those to GET /tickets whatever their filter, or all of them. `rate` is how often an
    `every` applies its changes: 0.2 means at one of five calls on average, 2.5 two or three times at each.
    """

    apply: list[Change]
    after: int = 0
    every: int = 0
    times: int = 1_000_000
    of: Literal["lists", "calls"] = "lists"
    rate: float = 1.0
    done: int = 0

    def due(self, count: int) -> bool:
        hit = count == self.after or (self.every > 0 and count % self.every == 0)
        return hit and self.done < self.times

    def rounds(self, dice: random.Random) -> int:
        whole = int(self.rate)
        return whole + (dice.random() < self.rate - whole)


@dataclass(slots=True)
class Script:
    """Events between calls: counted by calls to GET /tickets, whatever their filter, or by all calls."""

    rules: list[Rule] = field(default_factory=list)
    calls: int = 0  # of GET /tickets
    every_call: int = 0
    told: list[Change] = field(default_factory=list)  # what is for whoever runs the reader, with the call it came at
    failed: list[str] = field(default_factory=list)  # events that could not be applied

    def load(self, rules: list[dict[str, Any]]) -> None:
        """Replace the rules and count from 0. Raises TypeError for an unknown option, ValueError for an unknown op."""
        loaded = [Rule(**rule) for rule in rules]
        for change in (change for rule in loaded for change in rule.apply):
            if change.get("op") not in KINDS:
                raise ValueError(f"unknown op {change.get('op')}; known: {', '.join(KINDS)}")
        if unknown := [rule.of for rule in loaded if rule.of not in ("lists", "calls")]:
            raise ValueError(f"of is lists or calls, not {unknown[0]}")
        self.rules, self.calls, self.every_call, self.told, self.failed = loaded, 0, 0, [], []

    def called(self, account: Account, *, listed: bool) -> None:
        """A call was answered: do what is due now, before the next one."""
        self.every_call += 1
        self.calls += listed
        for place, rule in enumerate(self.rules):
            count = self.every_call if rule.of == "calls" else self.calls
            if (rule.of == "lists" and not listed) or not rule.due(count):
                continue
            rule.done += 1
            for turn in range(rule.rounds(random.Random(f"{place}:{count}"))):
                self._apply(account, rule, count * 1000 + turn * 100)

    def _apply(self, account: Account, rule: Rule, base: int) -> None:
        for number, change in enumerate(rule.apply):
            if change["op"] in CLIENT:
                self.told.append(change | {"call": self.every_call})
                continue
            try:
                apply(account, [{"seed": base + number} | change])
            except (ValueError, KeyError, TypeError) as exc:
                self.failed.append(f"call {self.every_call}: {exc}")

    def finish(self, account: Account) -> None:
        """What has not come yet comes now, in its order; then the account and its server are at rest."""
        left = sorted((rule for rule in self.rules if not rule.every and not rule.done), key=lambda rule: rule.after)
        for rule in left:
            rule.done = 1
            self._apply(account, rule, rule.after * 1000)
        self.rules = []
        apply(account, CALM)

    @property
    def pending(self) -> int:
        """Events that may still come."""
        return sum(rule.done < (rule.times if rule.every else 1) for rule in self.rules)
