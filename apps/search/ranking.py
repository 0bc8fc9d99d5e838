"""Fuse the two legs by their scores, prefer the recent a little, fold near-duplicates. Knows no Django."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

DENSE_SHARE = 0.7  # models.md 2: min-max of both legs, 0.7 meaning and 0.3 words
OTHER_LANGUAGE_SHARE = 0.95  # words of another language say little: the dense leg decides nearly alone
RECENCY_SHARE = 0.05  # of a score: what is years old loses at most this much
HALF_LIFE = 365.0  # days
ALIKE = 0.8  # share of character trigrams two texts have in common to count as one

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scored(Generic[T]):
    """A candidate with the raw score of each leg (0 where a leg did not find it) and its language.

    `dense` is compared inside one search alone.
    """

    item: T
    dense: float
    lexical: float
    language: str


@dataclass(frozen=True, slots=True)
class Ranked(Generic[T]):
    """`fused` orders the candidates of one search."""

    item: T
    dense: float
    lexical: float
    fused: float


def fuse(candidates: Sequence[Scored[T]], language: str) -> list[Ranked[T]]:
    """Best first. Each leg is stretched to 0..1 over the candidates, then weighed by language."""
    if not candidates:
        return []
    dense = _stretch([one.dense for one in candidates], absent_is_low=True)
    lexical = _stretch([one.lexical for one in candidates], absent_is_low=False)
    ranked = []
    for one, meaning, words in zip(candidates, dense, lexical, strict=True):
        share = DENSE_SHARE if one.language == language else OTHER_LANGUAGE_SHARE
        ranked.append(Ranked(one.item, one.dense, one.lexical, share * meaning + (1 - share) * words))
    return sorted(ranked, key=lambda one: -one.fused)


def fuse_sources(
    candidates: Sequence[Scored[T]], language: str, source_of: Callable[[T], Hashable]
) -> list[Ranked[T]]:
    """Like `fuse` for whole sources: each by its nearest part and its wordiest, which need not be the same one.

    All parts of a source stand together, nearest first, with the source's score.
    """
    best: dict[Hashable, Scored[Hashable]] = {}
    for one in candidates:
        key = source_of(one.item)
        held = best.get(key, one)
        best[key] = Scored(key, max(one.dense, held.dense), max(one.lexical, held.lexical), one.language)
    order = {one.item: (place, one.fused) for place, one in enumerate(fuse(list(best.values()), language))}
    found = sorted(candidates, key=lambda one: (order[source_of(one.item)][0], -one.dense))
    return [Ranked(one.item, one.dense, one.lexical, order[source_of(one.item)][1]) for one in found]


def blend(vectors: Sequence[Sequence[float]], shares: Sequence[float]) -> list[float]:
    """The weighted mean of unit vectors, of length one again."""
    mixed = [
        sum(share * one for share, one in zip(shares, column, strict=True)) for column in zip(*vectors, strict=True)
    ]
    length = math.sqrt(sum(one * one for one in mixed)) or 1.0
    return [one / length for one in mixed]


def _stretch(values: Sequence[float], *, absent_is_low: bool) -> list[float]:
    """To 0..1. A cosine of 0 means "not among the nearest": it counts as the lowest found, not as opposite."""
    found = [value for value in values if value > 0] if absent_is_low else list(values)
    if not found:
        return [0.0 for _ in values]
    low, high = min(found), max(found)
    if high <= low:
        return [1.0 if value >= high > 0 else 0.0 for value in values]
    return [max(0.0, (value - low) / (high - low)) for value in values]


def freshness(updated_at: datetime, now: datetime) -> float:
    """1 for today, near 1 - RECENCY_SHARE for what is many years old. A factor on a score."""
    age = max((now - updated_at).total_seconds() / 86400, 0.0)
    return float(1 - RECENCY_SHARE * (1 - 0.5 ** (age / HALF_LIFE)))


def same_text_groups(texts: Sequence[str], threshold: float = ALIKE) -> list[int]:
    """For each text the number of the first one it repeats, itself when it is new. Compares with leaders only."""
    bags: list[tuple[int, Counter[str]]] = []
    leaders = []
    for place, text in enumerate(texts):
        bag = _trigrams(text)
        leader = next((number for number, known in bags if _overlap(bag, known) >= threshold), None)
        if leader is None:
            bags.append((place, bag))
        leaders.append(place if leader is None else leader)
    return leaders


def _trigrams(text: str) -> Counter[str]:
    plain = " ".join(text.lower().split())
    return Counter(plain[at : at + 3] for at in range(max(len(plain) - 2, 1)))


def _overlap(one: Counter[str], other: Counter[str]) -> float:
    """Dice's share: twice what both have over all they have."""
    total = sum(one.values()) + sum(other.values())
    return 2 * sum((one & other).values()) / total if total else 0.0
