"""Texts like those of a helpdesk by the thousand, no two alike, and an embedder that takes no time to speak of."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from zlib import crc32

import numpy as np

PARTS = (
    "battery", "charger", "button", "cable", "camera", "case", "clip", "cover", "dial", "display", "earbud", "fan",
    "filter", "fuse", "handle", "headset", "hinge", "keyboard", "lamp", "lens", "lid", "light", "lock", "microphone",
    "motor", "mount", "mouse", "pad", "panel", "pedal", "plug", "printer", "pump", "reader", "receiver", "remote",
    "router", "scale", "screen", "sensor", "socket", "speaker", "stand", "strap", "switch", "tablet", "thermostat",
    "timer", "valve", "wheel",
)  # fmt: skip
MAKERS = (
    "Alder", "Birch", "Cedar", "Dogwood", "Elder", "Fir", "Ginkgo", "Hazel", "Iris", "Juniper", "Kelp", "Larch",
    "Maple", "Nettle", "Oak", "Pine", "Quince", "Rowan", "Spruce", "Teak", "Umber", "Violet", "Willow", "Yarrow",
    "Zinnia",
)  # fmt: skip
FAULTS = ("stops charging", "blinks red", "makes a noise", "turns itself off", "loses the connection", "stays dark",
          "gets too warm", "shows the wrong time", "does not answer", "forgets its settings", "smells of smoke",
          "runs too slowly", "opens by itself", "leaks", "asks for a code")  # fmt: skip
EVENTS = ("an update", "a fall", "a night outside", "the first week", "a change of the password", "cleaning it",
          "a power cut", "moving house", "the guarantee had ended", "a repair")  # fmt: skip
CURES = ("hold the upper key for {n} seconds", "take it off the mains for {n} minutes", "install version {n}.2 by hand",
         "send it to the workshop within {n} days", "clean the contacts with {n} drops of alcohol",
         "pair it again within {n} seconds", "choose entry {n} of the menu", "replace fuse {n}",
         "wait {n} hours before the next try", "write to the shop and name form {n}")  # fmt: skip
PROVIDERS = {  # settings
    "EMBEDDING_PROVIDER": "benchmarks.texts.Hashed",
    "SECOND_EMBEDDING_PROVIDER": "benchmarks.texts.OtherHashed",
}
_WORD, _CODE = re.compile(r"\w+"), re.compile(r"e-\d{5}")


class Writer:
    """Writes the same texts for the same seed."""

    def __init__(self, seed: int) -> None:
        self._dice, self._codes = random.Random(seed), 10_000

    def subject(self) -> str:
        return f"{self._pick(MAKERS)} {self._pick(PARTS)} {self._pick(FAULTS)}"

    def sentence(self) -> str:
        """One in four is about a code that stands nowhere else."""
        cure = self._pick(CURES).format(n=self._dice.randrange(2, 60))
        if self._dice.random() < 0.25:
            self._codes += 1
            return f"When the {self._pick(MAKERS)} shows e-{self._codes:05d}, {cure}."
        return f"When the {self._pick(PARTS)} of the {self._pick(MAKERS)} {self._pick(FAULTS)} after {self._pick(EVENTS)}, {cure}."

    def text(self, sentences: int) -> str:
        return " ".join(self.sentence() for _ in range(sentences))

    def _pick(self, among: Sequence[str]) -> str:
        return self._dice.choice(among)


def question_about(sentence: str) -> str:
    """What somebody would ask whom a sentence of a Writer's answers."""
    code = _CODE.search(sentence)
    if code is not None:
        return f"What is {code[0]}?"
    return f"What can I do {sentence.split(', ')[0].lower()}?"


class Hashed:
    """Texts are near each other that share words. `seen`: every text since it was made, in order; `seconds`: of its work."""

    name, size = "hashed", 512

    def __init__(self, *, threads: int = 1) -> None:  # noqa: ARG002 - as every provider is made
        self.seen: list[str] = []
        self.seconds = 0.0

    def embed(self, texts: Sequence[str], *, asked: bool = False) -> list[list[float]]:  # noqa: ARG002 - it reads both alike
        began = time.perf_counter()
        self.seen += texts
        vectors = [_vector(text, self.size) for text in texts]
        self.seconds += time.perf_counter() - began
        return vectors


class OtherHashed(Hashed):
    """In the place of the second meaning."""

    name, size = "hashed_second", 384


@lru_cache(maxsize=5_000)
def _vector(text: str, size: int) -> list[float]:
    words = _WORD.findall(text.lower())
    found = np.sum([_of_word(word, size) for word in words], axis=0) if words else _of_word("", size)
    result: list[float] = (found / np.linalg.norm(found)).tolist()
    return result


@lru_cache(maxsize=100_000)
def _of_word(word: str, size: int) -> Any:
    return np.random.default_rng(crc32(word.encode())).standard_normal(size, dtype=np.float32)
