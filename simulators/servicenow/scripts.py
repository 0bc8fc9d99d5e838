"""python -m simulators.servicenow.scripts: random scripts of what happens to an instance while it is read, by seed.

One seed makes the same events at the same calls, always. A test posts {"seed": n} to /__sim/script, reads the instance
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

from simulators.script import Change

IMPORT = 2500  # rows in one second
_UPDATES = (0.2, 1.0, 2.0)  # a call, while the instance is read
_FAULTS = ("429", "500", "502", "503", "504", "cut", "truncated", "slow", "html_200", "invalid_json", "empty", "reset_before",
           "reset_after", "429_html")  # fmt: skip
_UNKNOWN = (
    "invalid_query_no_rows", "journals_follow_acl", "files_follow_acl", "delete_takes_journals", "archive_takes_journals",
    "archive_in_audit", "file_moves_record", "batch_counts", "retry_after", "comments_stripped",
)  # fmt: skip
Events = list[tuple[int, Change]]


@dataclass(frozen=True, slots=True)
class Script:
    """The events of one seed for an instance of so many incidents, spread over the calls a first sync takes."""

    seed: int
    incidents: int = 400
    only_documented: bool = False  # the switches stay as they come

    @property
    def span(self) -> int:
        """Calls over which events are spread: tables swept in pages of some hundred rows, twice."""
        return 40 + self.incidents // 20

    def kinds(self) -> list[str]:
        """What happens in this script: half of what may, at random, and one that is sure by the number of the seed."""
        dice, names = random.Random(f"kinds:{self.seed}"), sorted(_KINDS)
        sure = names[self.seed // len(_UPDATES) % len(names)]
        return [name for name in names if name == sure or dice.random() < 0.5]

    def __iter__(self) -> Iterator[tuple[int, Change]]:
        """(after how many calls, what), every event that comes once."""
        found = [one for kind in self.kinds() for one in _KINDS[kind](random.Random(f"{kind}:{self.seed}"), self.span)]
        return iter(sorted(found, key=lambda one: one[0]))

    def rules(self) -> list[dict[str, Any]]:
        """The script as /__sim/script takes it."""
        rate = _UPDATES[self.seed % len(_UPDATES)]
        ordinary = {"every": 1, "times": self.span, "rate": rate, "of": "calls", "apply": [{"op": "random", "random": 1}]}
        return [ordinary, *(
            {"after": call, "of": "calls", "apply": [{"seed": self.seed * 10_007 + number} | change]}
            for number, (call, change) in enumerate(self)
        )]  # fmt: skip

    def switches(self) -> dict[str, Any]:
        """How the unknown is answered in this script, and how the instance is set up."""
        if self.only_documented:
            return {}
        dice = random.Random(f"switches:{self.seed}")
        return {name: dice.random() < 0.5 for name in _UNKNOWN} | {
            "undelete_moves": True,
            "audit_delete": dice.choice(("allowed", "forbidden", "empty", "not_audited")),
            "journals": dice.choice(("allowed",) * 4 + ("forbidden", "empty")),
            "time_zone": dice.choice(("GMT", "Asia/Seoul", "America/Los_Angeles")),
            "date_format": dice.choice(("yyyy-MM-dd HH:mm:ss", "dd/MM/yyyy HH:mm:ss", "MM-dd-yyyy HH:mm:ss")),
            "language": dice.choice(("en", "de", "ko")),
        }


def _some(op: str, most: int = 4, **more: Any) -> Callable[[random.Random, int], Events]:
    """One to three times, to one to `most` rows each."""

    def events(dice: random.Random, span: int) -> Events:
        return [(dice.randint(1, span), {"op": op, "random": dice.randint(1, most)} | more) for _ in range(dice.randint(1, 3))]

    return events


def _import(dice: random.Random, span: int) -> Events:
    return [(dice.randint(2, max(2, span // 2)), {"op": "import", "count": dice.choice((3, 300, IMPORT))})]


def _deleted(dice: random.Random, span: int) -> Events:
    first = dice.randint(1, max(1, span // 2))
    return [
        (first, {"op": "delete", "random": dice.randint(2, 8)}),
        (dice.randint(1, span), {"op": "delete", "random": dice.randint(1, 4), "audited": False}),
        (dice.randint(first, span), {"op": "undelete", "random": dice.randint(1, 3)}),
    ]


def _blocked(dice: random.Random, span: int) -> Events:
    """Rows are hidden for a while: a disappearance that is none."""
    first = dice.randint(1, max(1, span // 2))
    return [(first, {"op": "acl_share", "share": dice.choice((0.02, 0.15, 0.6))}),
            (first + dice.randint(2, max(2, span // 4)), {"op": "acl_share", "blocked": False})]  # fmt: skip


def _shut(dice: random.Random, span: int) -> Events:
    """Journals can be read for a while only in part, or not at all."""
    first = dice.randint(1, max(1, span // 2))
    return [(first, {"op": "journals", "value": dice.choice(("forbidden", "empty"))}),
            (first + dice.randint(2, max(2, span // 4)), {"op": "journals", "value": "allowed"})]  # fmt: skip


def _revoked(dice: random.Random, span: int) -> Events:
    """Another password counts from here on; the reader must stop and be given it."""
    call, key = dice.randint(3, span), f"password-{dice.randrange(10**6)}"
    return [(call, {"op": "key", "password": key}), (call, {"op": "reconnect", "value": key})]


def _tokens(dice: random.Random, span: int) -> Events:
    return [(dice.randint(1, span), {"op": "expire_tokens", "refresh": dice.random() < 0.5}) for _ in range(3)]


def _cancelled(dice: random.Random, span: int) -> Events:
    """Pages of many rows take too long for a while."""
    first, rows = dice.randint(1, max(1, span // 2)), dice.choice((30, 120, 400))
    return [
        (first, {"op": "switches", "cancel_after_rows": 17, "cancel_from_rows": rows, "cancel_as_result": dice.random() < 0.3}),
        (first + span // 4, {"op": "switches", "cancel_after_rows": 0, "cancel_as_result": False}),
    ]


def _asleep(dice: random.Random, span: int) -> Events:
    """For three calls there is a page for people."""
    call = dice.randint(2, span)
    return [(call, {"op": "switches", "asleep": dice.choice(("hibernating", "login", "redirect"))}),
            (call + 3, {"op": "switches", "asleep": ""})]  # fmt: skip


def _faults(dice: random.Random, span: int) -> Events:
    """A bad time: one call in twenty fails in one of three ways; then it is over."""
    first = dice.randint(1, max(1, span * 2 // 3))
    rules = [{"kind": kind, "rate": 0.03, "most": 5, "seconds": 0.3, "retry_after": "1"} for kind in dice.sample(_FAULTS, 3)]
    return [(first, {"op": "faults", "faults": rules, "seed": dice.randrange(1000)}),
            (first + span // 4, {"op": "faults", "faults": []})]  # fmt: skip


def _clock(dice: random.Random, span: int) -> Events:
    """Time passes between two calls."""
    return [(dice.randint(1, span), {"op": "clock", "advance": dice.choice((1, 59, 61, 1900))}) for _ in range(4)]


def _articles(dice: random.Random, span: int) -> Events:
    ops = ("edit_article", "version_article", "article_state", "expire_article", "delete_article", "create_article")
    return [(dice.randint(1, span), {"op": op, "random": 1}) for op in dice.sample(ops, 4)]


def _client(op: str, most: int) -> Callable[[random.Random, int], Events]:
    def events(dice: random.Random, span: int) -> Events:
        return [(dice.randint(1, span), {"op": op}) for _ in range(dice.randint(1, most))]

    return events


_KINDS: dict[str, Callable[[random.Random, int], Events]] = {
    "import": _import, "deleted": _deleted, "archived": _some("archive", most=6), "blocked": _blocked, "shut": _shut,
    "revoked": _revoked, "tokens": _tokens, "cancelled": _cancelled, "asleep": _asleep, "faults": _faults, "clock": _clock,
    "articles": _articles, "criteria": _some("article_criteria", most=2), "attached": _some("attach"), "states": _some("state"),
    "renamed": _some("rename_person", most=1), "kill": _client("kill", 3), "second_sync": _client("second_sync", 2),
}  # fmt: skip
KINDS = tuple(_KINDS)


def main(argv: list[str] | None = None) -> int:
    """Print a script: one JSON line an event, then the switches."""
    parser = argparse.ArgumentParser(prog="python -m simulators.servicenow.scripts", description=__doc__)
    parser.add_argument("--seed", type=int, required=True, help="which script")
    parser.add_argument("--incidents", type=int, default=400, help="size of the instance (400)")
    options = parser.parse_args(argv)
    script = Script(options.seed, options.incidents)
    for call, change in script:
        sys.stdout.write(orjson.dumps({"call": call} | change).decode() + "\n")
    sys.stdout.write(orjson.dumps({"span": script.span, "switches": script.switches()}).decode() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
