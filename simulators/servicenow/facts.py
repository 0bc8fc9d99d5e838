"""What all tables of a generated instance must agree on: how many there are of what, when, whose and in which language."""

from __future__ import annotations

import math
import random
from array import array
from collections.abc import Callable
from statistics import NormalDist

from simulators import odd, phrases
from simulators.dice import mix
from simulators.servicenow import records
from simulators.servicenow.shelves import Ids, Shuffle

_DAY = 86400
_SPAN = 500 * _DAY
_CROWD_MOST = 2500
_ENTRIES_MOST = 1500
_CURVE = NormalDist(1.3, 1.25)  # of the logarithm of a thread's length: eight entries on average
AGENTS, GROUPS = 6, ("Service Desk", "Network", "Hardware")
_FILE_COUNTS = (0,) * 14 + (1, 1, 1, 2, 2, 3)  # half a file a ticket


class Facts:
    """What every table of the instance must agree on, by number (order of creation) and place (order of sys_id)."""

    def __init__(self, count: int, seed: int, now: int) -> None:
        self.count, self.seed, self.now = count, seed, now
        self.ids, self.order = Ids(count, seed), Shuffle(count, seed)
        self.people = max(1, count // 3)
        self.person_ids = Ids(self.people, seed + 1)
        self.groups = [records.named_id("group", name) for name in GROUPS]
        self.agents = [records.named_id("user", f"agent{n}") for n in range(AGENTS)]
        crowd = min(_CROWD_MOST, count // 8)
        self._crowd = range(count // 3, count // 3 + crowd)
        self._entries: array[int] | None = None
        self._files: array[int] | None = None

    def times(self, number: int) -> tuple[int, int]:
        """Created and updated."""
        created = self.now - _SPAN + (_SPAN - 2 * _DAY) * (number + 1) // (self.count + 1)
        dice = mix(self.seed, number)
        updated = min(created + 1 + dice % (20 * _DAY), self.now - 60 - dice % 7200)
        if number in self._crowd and created < self.now - 40 * _DAY:
            updated = self.now - 40 * _DAY  # an import: many rows in one second
        return created, updated

    def language(self, number: int) -> str:
        return phrases.LANGUAGES[mix(self.seed, number, 5) % len(phrases.LANGUAGES)]

    def caller(self, number: int) -> int:
        return mix(self.seed, number, 2) % self.people

    def length(self, number: int) -> int:
        """Entries of the thread, 0 to 1,500."""
        if number == self.count // 2:
            return _ENTRIES_MOST
        share = (mix(self.seed, number, 3) + 1) / (2**64 + 2)
        return min(_ENTRIES_MOST, int(math.exp(_CURVE.inv_cdf(share))))

    def files(self, number: int) -> int:
        return _FILE_COUNTS[mix(self.seed, number, 4) % len(_FILE_COUNTS)]

    @property
    def entries_before(self) -> array[int]:
        """Entries of all tickets at lower places, for each place and the end."""
        if self._entries is None:
            self._entries = self._sums(self.length)
        return self._entries

    @property
    def files_before(self) -> array[int]:
        if self._files is None:
            self._files = self._sums(self.files)
        return self._files

    def _sums(self, count: Callable[[int], int]) -> array[int]:
        sums, total = array("q", [0]), 0
        for place in range(self.count):
            total += count(self.order.back(place))
            sums.append(total)
        return sums

    def entry_time(self, number: int, entry: int) -> int:
        """Entries follow each other from creation to the last change."""
        created, updated = self.times(number)
        share = mix(self.seed, number, entry, 8) / 2**64
        return created + int((updated - created) * (entry + share) / max(self.length(number), 1))


def planted(facts: Facts, number: int, entry: int | None) -> list[tuple[str, tuple[str, str]]]:
    """Lines put into the description (None) or the first entry on purpose, with kind and words."""
    if entry not in (None, 0):
        return []
    dice, found = random.Random(mix(facts.seed, number, 50 if entry is None else 51)), []
    if dice.random() < 0.06:
        kind, text = odd.personal(dice)
        found.append((f"({odd.WORDS[kind]}: {text})", (kind, text)))
    if dice.random() < 0.005:
        text = dice.choice(odd.INSTRUCTIONS)
        found.append((text, ("instruction", text)))
    return found
