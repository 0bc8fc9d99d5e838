"""Ratings and time entries beside a script: made at random, read a turn further, and compared with the truth."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable
from typing import Any

import orjson
from django.utils import timezone

from apps.ingest.models import Stream
from apps.ingest.ratings import LISTS
from apps.platforms.management.commands.export_mirror import outcomes
from apps.platforms.models import Ticket
from tests.simulated import Simulator

VALUES = (103, 102, 101, 100, -101, -102, -103, 1, 2, 3, 55)
FEW = 8  # tickets, so that what was said is taken away at times
OPS = ("rate", "rate", "rate", "unrate", "spend", "spend", "unspend")


def tell_some(simulator: Simulator, dice: random.Random) -> None:
    """Something is said of some tickets that we hold, or taken away; and at times both lists have their turn."""
    numbers = list(Ticket.objects.filter(state="live", deleted=False).order_by("remote_id").values_list("remote_id", flat=True)[:FEW])
    for _ in range(dice.randint(0, 5) if numbers else 0):
        change: dict[str, Any] = {"op": dice.choice(OPS), "ticket": int(dice.choice(numbers)), "text": f"Words {dice.random()}"}
        change |= {"value": dice.choice(VALUES), "minutes": dice.randint(1, 5_000), "at": int(time.time()) - dice.randint(0, 500) * 86_400}
        answer = simulator.control.post("/__sim/update", content=orjson.dumps({"apply": [change]}))
        assert answer.status_code == 200 or "no such" in answer.text, answer.text  # gone, and not heard of yet
    if dice.random() < 0.3:
        take_turns()


def take_turns(*, all_anew: bool = False) -> None:
    """Both lists are due; with `all_anew` as a month later."""
    Stream.objects.filter(kind__in=LISTS).update(next_at=timezone.now(), **({"cursor": None} if all_anew else {}))


def check_outcomes(truth: dict[str, Any], shown: Iterable[str]) -> None:
    """Of every ticket that is shown what is there, and nothing else."""
    shown = set(shown)
    for kind, rows in outcomes().items():
        assert rows == [one for one in truth[kind] if one["ticket"] in shown]
