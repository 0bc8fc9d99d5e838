"""A question gets cited passages or an honest no. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from apps.assistant.extractive import cues
from apps.assistant.extractive.gate import DEFAULTS, Thresholds, passes
from apps.assistant.extractive.grounding import verify
from apps.assistant.extractive.inputs import Passage
from apps.assistant.shapes import Answer, AnswerPassage, Candidate, Quote
from apps.search.lexical import codes, tokens

MOST_PASSAGES, WINDOW = 3, 3


def answer_question(
    question: str, language: str, passages: Sequence[Passage], why: Sequence[Candidate], limits: Thresholds = DEFAULTS
) -> Answer:
    """Up to three passages, best first, one a source, each a verified quote.

    A code of the question that stands in a passage is evidence by itself: nothing is near FW-881 by meaning.
    """
    named = codes(question)
    holding = {id(one) for one in passages if named and named <= codes(one.text)}
    kept: list[tuple[AnswerPassage, Quote]] = []
    seen: set[str] = set()
    for passage in sorted(passages, key=lambda one: id(one) not in holding):
        if len(kept) == MOST_PASSAGES:
            break
        near = id(passage) in holding or passes(passage.dense, passage.lexical, limits.answer, limits)
        if passage.source.id in seen or not near:
            continue
        quote = verify(window(question, language, passage), passage.source, passage.source_text)
        if quote is not None:
            seen.add(passage.source.id)
            kept.append((AnswerPassage(text=quote.text, citation=len(kept) + 1), quote))
    base = {"question": question, "language": language, "why": list(why)}
    if not kept:
        missing = ["weak_match"] if passages else ["no_source"]
        return Answer.model_validate({**base, "outcome": "not_enough_evidence", "missing": missing})
    return Answer(
        outcome="answer", question=question, language=language, why=list(why),
        passages=[one for one, _ in kept], citations=[quote for _, quote in kept],
        private=any(quote.source.visibility != "public" for _, quote in kept),
    )  # fmt: skip


def window(question: str, language: str, passage: Passage) -> str:
    """The run of at most three sentences that shares most words with the question."""
    said = [words for words in passage.sentences() if not cues.GREETING.match(words)]
    if len(said) <= WINDOW:
        return " ".join(said) or passage.text
    wanted = set(tokens(question, language))
    shared = [_shared(words, passage.source.language, wanted) for words in said]
    starts = range(len(said) - WINDOW + 1)
    # of equal runs the one that begins with the matter: what follows it explains it
    best = max(starts, key=lambda at: (len(set.union(*shared[at : at + WINDOW])), len(shared[at])))
    return " ".join(said[best : best + WINDOW])


def _shared(text: str, language: str, wanted: set[str]) -> set[str]:
    return wanted & set(tokens(text, language))
