"""Made-up texts in seven languages with what must be masked in them, and texts in which nothing must."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from apps.llm.masking import Known

HERE = Path(__file__).parent
PACK = HERE.parents[2].parent / "shared" / "data" / "eval" / "pii_presidio" / "dev" / "items.jsonl"
NO_PACK = "the pack pii_presidio is not beside the checkout: missing under ../shared/data/eval"
if not PACK.is_file():
    warnings.warn(f"{NO_PACK}; masking is tried on our own texts alone", stacklevel=2)
needs_pack = pytest.mark.skipif(not PACK.is_file(), reason=NO_PACK)
_PLANTED = re.compile(r"\{\{([A-Z]+):(.*?)\}\}(?!\})")
# Whom the ticket knows, customer and agent: names alone, for what is planted of mailboxes and numbers is to be found unknown.
PEOPLE = {
    "en": (Known("Margaret O'Neill"), Known("Will Grant")), "ko": (Known("김민수"), Known("이서연")),
    "ja": (Known("田中太郎"), Known("佐藤さくら")), "zh": (Known("王小明"), Known("李娜")),
    "de": (Known("Jürgen Müller"), Known("Sabine Groß")), "fr": (Known("Hélène Lefèvre"), Known("Rémi Noël")),
    "es": (Known("José García López"), Known("Núria Peña")),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Planted:
    """A text and what is planted in it: kind, value, where it begins."""

    language: str
    text: str
    values: tuple[tuple[str, str, int], ...] = ()


def read(name: str) -> list[Planted]:
    lines = (HERE / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [_planted(*line.split("|", 1)) for line in lines if line and not line.startswith("#")]


def pack() -> list[Planted]:
    """English texts of others, with the labels they gave to what is in them."""
    items = [orjson.loads(line) for line in PACK.read_bytes().splitlines()]
    return [
        Planted("en", one["text"], tuple((span["label"], one["text"][span["start"] : span["end"]], span["start"]) for span in one["spans"]))
        for one in items
    ]


def _planted(language: str, marked: str) -> Planted:
    values, plain, at = [], "", 0
    for found in _PLANTED.finditer(marked):
        plain += marked[at : found.start()]
        values.append((found[1], found[2], len(plain)))
        plain, at = plain + found[2], found.end()
    return Planted(language, plain + marked[at:], tuple(values))


def kept(original: str, masked: str, values: dict[str, str]) -> Iterator[tuple[int, int]]:
    """Which characters of the original a masked text still shows. `values`: token -> what it stands for."""
    at = 0
    for piece in re.split(r"(⟦[A-Z]+_[0-9_]+⟧)", masked):
        long = len(values.get(piece, piece))
        if piece not in values:
            yield at, at + long
        at += long
    assert at == len(original)
