"""What happens to a simulated service while somebody reads it, counted by calls: the same at every run of one script."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

Change = dict[str, Any]
CLIENT = ("kill", "second_sync", "reconnect")  # for whoever runs the reader; the simulator only tells


@dataclass(slots=True)
class Rule:
    """`after`: once, after that many calls. `every`: again and again, `times` times at most.

    `of` says which calls count: those that list tickets, whatever their filter, or all of them. `rate` is how often an
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
    """Events between calls. `applied` does a list of changes to the account, `kinds` are the ops it knows, `calm` is what
    leaves the account and its server at rest."""

    kinds: tuple[str, ...]
    applied: Callable[[Any, list[Change]], int]
    calm: list[Change]
    rules: list[Rule] = field(default_factory=list)
    calls: int = 0  # of lists
    every_call: int = 0
    told: list[Change] = field(default_factory=list)  # what is for whoever runs the reader, with the call it came at
    failed: list[str] = field(default_factory=list)  # events that could not be applied

    def load(self, rules: list[dict[str, Any]]) -> None:
        """Replace the rules and count from 0. Raises TypeError for an unknown option, ValueError for an unknown op."""
        loaded = [Rule(**rule) for rule in rules]
        for change in (change for rule in loaded for change in rule.apply):
            if change.get("op") not in self.kinds:
                raise ValueError(f"unknown op {change.get('op')}; known: {', '.join(self.kinds)}")
        if unknown := [rule.of for rule in loaded if rule.of not in ("lists", "calls")]:
            raise ValueError(f"of is lists or calls, not {unknown[0]}")
        self.rules, self.calls, self.every_call, self.told, self.failed = loaded, 0, 0, [], []

    def called(self, account: Any, *, listed: bool) -> None:
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

    def _apply(self, account: Any, rule: Rule, base: int) -> None:
        for number, change in enumerate(rule.apply):
            if change["op"] in CLIENT:
                self.told.append(change | {"call": self.every_call})
                continue
            try:
                self.applied(account, [{"seed": base + number} | change])
            except (ValueError, KeyError, TypeError) as exc:
                self.failed.append(f"call {self.every_call}: {exc}")

    def finish(self, account: Any) -> None:
        """What has not come yet comes now, in its order; then the account and its server are at rest."""
        left = sorted((rule for rule in self.rules if not rule.every and not rule.done), key=lambda rule: rule.after)
        for rule in left:
            rule.done = 1
            self._apply(account, rule, rule.after * 1000)
        self.rules = []
        self.applied(account, self.calm)

    @property
    def pending(self) -> int:
        """Events that may still come."""
        return sum(rule.done < (rule.times if rule.every else 1) for rule in self.rules)
