"""python -m simulators.freshdesk.scripts: random scripts of what happens to an account while it is read, by seed.

One seed makes the same events at the same calls, always. A test posts {"seed": n} to /__sim/script, reads the account
while the events come between its calls, acts on those that are for itself (/__sim/script/told), ends the script
(/__sim/script/finish), reads once more and compares its mirror with /__sim/truth.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from simulators.script import CLIENT

Change = dict[str, Any]
CROWD = 2500  # edits in one second
_UPDATES = (0.2, 1.0)  # a call, while the account is read
_FAULTS = ("429", "500", "502", "503", "504", "cut", "truncated", "slow", "html_200", "wrong_type", "invalid_json",
           "empty", "reset_before", "reset_after", "429_html", "gzip", "503_throttle")  # fmt: skip
_UNKNOWN = (
    "archived_in_list", "hiding_moves", "note_delete_moves", "merge_moves", "merge_keeps_ids", "tags_move",
    "attachment_moves", "list_attachments", "deleted_entries_listed", "unstable_ties", "new_fields", "offset_times",
    "total_as_float", "limit_body_html", "list_limit_in_credits", "links_move", "list_associations", "association_counts",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """Comes after the `call`-th call since the script began. Of the client are those its runner must do itself."""

    call: int
    change: Change

    @property
    def of_client(self) -> bool:
        return self.change["op"] in CLIENT


@dataclass(frozen=True, slots=True)
class Script:
    """The events of one seed for an account of so many tickets, spread over the calls a first sync takes.

    `only_documented` leaves the switches alone: what the contract does not know stays as the vendor's samples show it.
    """

    seed: int
    tickets: int = 400
    only_documented: bool = False

    @property
    def span(self) -> int:
        """Calls over which events are spread: lists, then a thread each, then a second look."""
        return 30 + self.tickets + self.tickets // 25

    def updates(self) -> float:
        """Ordinary changes a call, all the time."""
        return _UPDATES[self.seed % len(_UPDATES)]

    def kinds(self) -> list[str]:
        """What happens in this script: half of what may, at random, and one that is sure by the number of the seed."""
        dice, names = random.Random(f"kinds:{self.seed}"), sorted(_KINDS)
        sure = names[self.seed // len(_UPDATES) % len(names)]
        return [name for name in names if name == sure or dice.random() < 0.5]

    def __iter__(self) -> Iterator[Event]:
        """Every event that comes once, by call."""
        found = [
            event for kind in self.kinds() for event in _KINDS[kind](random.Random(f"{kind}:{self.seed}"), self.span)
        ]
        return iter(sorted(found, key=lambda event: event.call))

    def rules(self) -> list[dict[str, Any]]:
        """The script as /__sim/script takes it."""
        ordinary = {"every": 1, "times": self.span, "rate": self.updates(), "of": "calls", "apply": [
            {"op": "random", "random": 1}]}  # fmt: skip
        once = [
            {"after": event.call, "of": "calls", "apply": [{"seed": self.seed * 10_007 + number} | event.change]}
            for number, event in enumerate(self)
        ]
        return [ordinary, *once]

    def switches(self) -> dict[str, Any]:
        """How the unknown is answered in this script."""
        if self.only_documented:
            return {}
        dice = random.Random(f"switches:{self.seed}")
        chosen: dict[str, Any] = {name: dice.random() < 0.5 for name in _UNKNOWN}
        return chosen | {"note_edit_moves": dice.random() < 0.3, "list_lag": dice.choice((0.0, 0.0, 0.5, 2.0))}


def _some(op: str, feed: str = "live", most: int = 4, **more: Any) -> Callable[[random.Random, int], list[Event]]:
    """One to three times, to one to `most` tickets each."""

    def events(dice: random.Random, span: int) -> list[Event]:
        return [
            Event(dice.randint(1, span), {"op": op, "random": dice.randint(1, most), "feed": feed} | more)
            for _ in range(dice.randint(1, 3))
        ]

    return events


def _hidden(op: str, feed: str) -> Callable[[random.Random, int], list[Event]]:
    """Tickets are hidden, and some of what is hidden comes back a little later."""

    def events(dice: random.Random, span: int) -> list[Event]:
        first = dice.randint(1, max(1, span // 2))
        back = dice.randint(first, span)
        return [
            Event(first, {"op": op, "random": dice.randint(2, 8)}),
            Event(back, {"op": "restore", "random": dice.randint(1, 4), "feed": feed}),
        ]

    return events


def _products(dice: random.Random, span: int) -> list[Event]:
    """The account gets one more, and tickets are given to it, or to another, or to none."""
    first = dice.randint(1, max(1, span // 2))
    moves = [Event(dice.randint(first, span), {"op": "product", "random": dice.randint(1, 6)}) for _ in range(3)]
    return [Event(first, {"op": "add_product"}), *moves]


def _crowd(dice: random.Random, span: int) -> list[Event]:
    return [Event(dice.randint(2, max(2, span // 3)), {"op": "subject", "random": CROWD})]


def _scope(dice: random.Random, span: int) -> list[Event]:
    """The key sees less for a while: a mass disappearance that is none."""
    narrow = dice.randint(2, max(2, span // 2))
    wide = narrow + dice.randint(3, max(3, span // 4))
    return [
        Event(narrow, {"op": "scope", "value": dice.choice((2, 3))}),
        Event(wide, {"op": "scope", "value": 1}),
    ]


def _revoked(dice: random.Random, span: int) -> list[Event]:
    """Another key counts from here on; the reader must stop and be given it."""
    call, key = dice.randint(3, span), f"key-{dice.randrange(10**6)}"
    return [Event(call, {"op": "key", "value": key}), Event(call, {"op": "reconnect", "value": key})]


def _faults(dice: random.Random, span: int) -> list[Event]:
    """A bad time: one call in twenty fails in one of three ways; then it is over."""
    first = dice.randint(1, max(1, span * 2 // 3))
    after = {"429": dice.choice((None, "1", "2")), "429_html": "1", "503_throttle": "1"}
    rules = [
        {"kind": kind, "rate": 0.02, "most": 5, "seconds": 0.3, "retry_after": after.get(kind)}
        for kind in dice.sample(_FAULTS, 3)
    ]
    return [
        Event(first, {"op": "faults", "faults": rules, "seed": dice.randrange(1000)}),
        Event(first + span // 4, {"op": "faults", "faults": []}),
    ]


def _clock(dice: random.Random, span: int) -> list[Event]:
    """Time passes between two calls."""
    return [Event(dice.randint(1, span), {"op": "clock", "advance": dice.choice((1, 59, 61, 600))}) for _ in range(4)]


def _client(op: str, most: int) -> Callable[[random.Random, int], list[Event]]:
    def events(dice: random.Random, span: int) -> list[Event]:
        return [Event(dice.randint(1, span), {"op": op}) for _ in range(dice.randint(1, most))]

    return events


def _articles(dice: random.Random, span: int) -> list[Event]:
    ops = ("edit_article", "article_status", "move_article", "delete_article")
    return [Event(dice.randint(1, span), {"op": op, "random": 1}) for op in dice.sample(ops, 3)]


def _states(dice: random.Random, span: int) -> list[Event]:
    """A state that was not there, and tickets in it."""
    first, value = dice.randint(1, max(1, span // 2)), dice.choice((21, 22, 40))
    return [
        Event(first, {"op": "add_status", "value": value, "label": f"State {value}"}),
        Event(dice.randint(first, span), {"op": "status", "random": 3, "value": value}),
    ]


def _linked(dice: random.Random, span: int) -> list[Event]:
    """Tickets are put under others, and some are taken away again."""
    kinds = [dice.choice(("parent", "tracker")) for _ in range(dice.randint(1, 4))]
    put = [Event(dice.randint(1, span), {"op": "link", "random": 2, "kind": kind}) for kind in kinds]
    return [*put, Event(dice.randint(1, span), {"op": "unlink", "random": 4})]


def _created(dice: random.Random, span: int) -> list[Event]:
    return [
        Event(dice.randint(1, span), {"op": "create", "subject": f"New {n}", "text": f"Number {dice.random()}"})
        for n in range(dice.randint(1, 6))
    ]


_KINDS: dict[str, Callable[[random.Random, int], list[Event]]] = {
    "crowd": _crowd,
    "created": _created,
    "spam": _hidden("spam", "spam"),
    "trash": _hidden("trash", "deleted"),
    "hard_delete": _some("destroy", most=3),
    "hard_delete_contact": _some("destroy_contact", most=1),
    "merge": _some("merge", most=1),
    "link": _linked,
    "archive": _some("archive", most=6),
    "note_edit": _some("edit_entry"),
    "note_delete": _some("delete_entry"),
    "tags": _some("tags"),
    "attach": _some("attach"),
    "products": _products,
    "articles": _articles,
    "states": _states,
    "renamed": _some("rename_contact", most=1),
    "scope": _scope,
    "revoked": _revoked,
    "faults": _faults,
    "clock": _clock,
    "kill": _client("kill", 3),
    "second_sync": _client("second_sync", 2),
}
KINDS = tuple(_KINDS)


def main(argv: list[str] | None = None) -> int:
    """Print a script: one JSON line an event, then the ordinary rate and the switches."""
    parser = argparse.ArgumentParser(prog="python -m simulators.freshdesk.scripts", description=__doc__)
    parser.add_argument("--seed", type=int, required=True, help="which script")
    parser.add_argument("--tickets", type=int, default=400, help="size of the account (400)")
    options = parser.parse_args(argv)
    script = Script(options.seed, options.tickets)
    for event in script:
        sys.stdout.write(orjson.dumps({"call": event.call} | event.change).decode() + "\n")
    last = {"span": script.span, "updates_a_call": script.updates(), "switches": script.switches()}
    sys.stdout.write(orjson.dumps(last).decode() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
