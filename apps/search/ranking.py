"""Fuse the two legs by their scores (models.md 2: 0.7 meaning, 0.3 words). Knows no Django."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

DENSE_SHARE = 0.7
OTHER_LANGUAGE_SHARE = 0.95  # words of another language say nothing: the dense leg decides nearly alone

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scored(Generic[T]):
    """A candidate with the raw score of each leg (0 where a leg did not find it) and its language."""

    item: T
    dense: float
    lexical: float
    language: str


@dataclass(frozen=True, slots=True)
class Ranked(Generic[T]):
    """`fused` orders the candidates of one search; `dense` is comparable between searches."""

    item: T
    dense: float
    lexical: float
    fused: float


def fuse(candidates: Sequence[Scored[T]], language: str) -> list[Ranked[T]]:
    """Best first. Each leg is stretched to 0..1 over the candidates, then weighed by language."""
    if not candidates:
        return []
    dense = _stretch([one.dense for one in candidates])
    lexical = _stretch([one.lexical for one in candidates])
    ranked = []
    for one, meaning, words in zip(candidates, dense, lexical, strict=True):
        share = DENSE_SHARE if one.language == language else OTHER_LANGUAGE_SHARE
        ranked.append(Ranked(one.item, one.dense, one.lexical, share * meaning + (1 - share) * words))
    return sorted(ranked, key=lambda one: -one.fused)


def _stretch(values: Sequence[float]) -> list[float]:
    low, high = min(values), max(values)
    if high <= low:
        return [1.0 if high > 0 else 0.0 for _ in values]
    return [(value - low) / (high - low) for value in values]
