"""The few sentences that speak to a question, and how well they do. Pure: who embeds them is given."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from apps.assistant.extractive import cues
from apps.assistant.extractive.inputs import Passage
from apps.ingest.chunking import weight
from apps.search.lexical import tokens

WEIGHED = 40  # passages that tell how rare a term is
READ = 10  # passages whose sentences are looked at
EMBEDDED = 12  # sentences whose meaning is compared: each costs a millisecond
MOST_QUOTES, MOST_WORDS = 3, 60.0  # of a reply: a pasted article is no answer
WORDS, CONTEXT, MEANING, RANK = 1.0, 0.25, 1.5, 0.7  # shares of a sentence's score, decision 0057

Closeness = Callable[[Sequence[str]], Sequence[float]]  # cosine of each text with the question


@dataclass(frozen=True, slots=True)
class Sentence:
    """`words`, `context`: the share of the question's terms, weighed by rarity, in the sentence and in its passage.

    `meaning`: cosine with the question.
    """

    text: str
    passage: Passage
    words: float
    context: float
    meaning: float = 0.0

    @property
    def score(self) -> float:
        return WORDS * self.words + CONTEXT * self.context + MEANING * self.meaning + RANK * self.passage.score


def choose(question: str, language: str, passages: Sequence[Passage], closeness: Closeness) -> list[Sentence]:
    """At most MOST_QUOTES sentences of together at most MOST_WORDS words, best first. `passages`: best first."""
    rarity = _rarity(set(tokens(question, language)), [_terms_of(one) for one in passages[:WEIGHED]])
    found: dict[str, Sentence] = {}
    for passage in passages[:READ]:
        context = _share(rarity, _terms_of(passage))
        for text in passage.sentences() or [passage.text]:
            if text not in found and _says_something(text):
                words = _share(rarity, set(tokens(text, passage.source.language)))
                found[text] = Sentence(text, passage, words, context)
    likely = sorted(found.values(), key=lambda one: -one.score)[:EMBEDDED]
    near = closeness([one.text for one in likely])
    measured = [replace(one, meaning=meaning) for one, meaning in zip(likely, near, strict=True)]
    return _fitting(sorted(measured, key=lambda one: -one.score))


def _says_something(text: str) -> bool:
    """A question back answers nothing."""
    return not (cues.GREETING.match(text) or cues.SIGN_OFF.match(text) or cues.QUESTION.search(text))


def _fitting(ranked: Sequence[Sentence]) -> list[Sentence]:
    kept: list[Sentence] = []
    left = MOST_WORDS
    for one in ranked:
        if len(kept) < MOST_QUOTES and weight(one.text) <= left:
            kept.append(one)
            left -= weight(one.text)
    return kept or [replace(one, text=_beginning(one.text)) for one in ranked[:1]]


def _beginning(text: str) -> str:
    """Of a sentence that is longer than a reply may be."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if weight(text[:middle]) <= MOST_WORDS else (low, middle - 1)
    return text[:low].rstrip()


def _terms_of(passage: Passage) -> set[str]:
    return set(tokens(f"{passage.source.title}\n{passage.text}", passage.source.language))


def _rarity(terms: set[str], sources: Sequence[set[str]]) -> dict[str, float]:
    """How much a term tells, by the share of what was found that holds it."""
    count = len(sources)
    held = {term: sum(term in one for one in sources) for term in terms}
    return {term: math.log(1 + (count - number + 0.5) / (number + 0.5)) for term, number in held.items()}


def _share(rarity: dict[str, float], held: set[str]) -> float:
    whole = sum(rarity.values())
    return sum(weight for term, weight in rarity.items() if term in held) / whole if whole else 0.0
