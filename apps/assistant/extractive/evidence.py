"""How well the knowledge base speaks to a case: articles weighed whole, in all their languages. Pure.

A letter is nearer to some paragraph of many articles than to the one that answers it. Two things tell them apart: the
right article is near in every language it was written in, and no other article is nearly as near.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from apps.assistant.extractive.inputs import Passage

WORDS = 0.0025  # what a point of the lexical leg adds to a cosine
LEAD = 3.0  # how much the distance to the second article counts beside the strength of the first
MOST_LEAD = 0.15
ALONE = 0.1  # the lead of an article that has no second to tell it from


@dataclass(frozen=True, slots=True)
class Weighed:
    """One article: its passages, nearest first, and its strength (mean cosine over its languages, plus words)."""

    family: str
    passages: tuple[Passage, ...]
    strength: float

    def in_language(self, language: str) -> list[Passage]:
        return [one for one in self.passages if one.source.language == language]


def weigh_articles(passages: Iterable[Passage], language: str) -> list[Weighed]:
    """Articles by strength, strongest first. Words count only where they are of the reader's language."""
    families: dict[str, list[Passage]] = defaultdict(list)
    for passage in passages:
        families[passage.family].append(passage)
    return sorted((_weigh(key, found, language) for key, found in families.items()), key=lambda one: -one.strength)


def order_articles(passages: Iterable[Passage], language: str) -> list[Weighed]:
    """Articles as they are listed, likeliest first. By both meanings one part of one language is enough to be found by
    (decision 0059); by one, an article has to be near in every language."""
    weighed = weigh_articles(passages, language)
    if any(passage.second is None for one in weighed for passage in one.passages):
        return weighed
    return sorted(weighed, key=lambda one: -max(passage.meaning for passage in one.passages))


def confidence(weighed: Sequence[Weighed]) -> float:
    """How sure it is that the first article is the right one; 0 without any. Comparable between cases."""
    if not weighed:
        return 0.0
    lead = weighed[0].strength - weighed[1].strength if len(weighed) > 1 else ALONE
    return weighed[0].strength + LEAD * min(lead, MOST_LEAD)


def _weigh(family: str, found: list[Passage], language: str) -> Weighed:
    nearest: dict[str, float] = {}
    for one in found:
        tongue = one.source.language
        nearest[tongue] = max(nearest.get(tongue, -1.0), one.dense)
    words = max((one.lexical for one in found if one.source.language == language), default=0.0)
    strength = sum(nearest.values()) / len(nearest) + WORDS * words
    return Weighed(family, tuple(sorted(found, key=lambda one: -one.dense)), strength)
