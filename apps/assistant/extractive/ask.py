"""A question gets the few sentences that answer it, each cited, or an honest no. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from apps.assistant.extractive.choosing import Closeness, choose
from apps.assistant.extractive.gate import DEFAULTS, Support, Thresholds, certainty
from apps.assistant.extractive.grounding import verify
from apps.assistant.extractive.inputs import Passage
from apps.assistant.shapes import Answer, AnswerPassage, Quote
from apps.search.lexical import codes, tokens

FEW = 4  # terms beside a code: then the code is what is asked for


def answer_question(
    question: str, language: str, passages: Sequence[Passage], closeness: Closeness, limits: Thresholds = DEFAULTS
) -> Answer:
    """Up to three sentences, best first, each a verified quote. `passages`: best first; `why` is left to the caller.

    A code that is nearly all of the question and stands in a passage is evidence by itself: nothing is near FW-881 by
    meaning.
    """
    named = _asked_codes(question, language)
    holding = [one for one in passages if named and named <= codes(one.text)]
    chosen = choose(question, language, holding or passages, closeness)
    terms = len(set(tokens(question, language)))
    sure = bool(holding) or (bool(chosen) and certainty(
        Support(
            words=chosen[0].words, meaning=chosen[0].meaning, rank=chosen[0].passage.score,
            lexical=max(one.lexical for one in passages), terms=terms,
        )
    ) >= limits.answer)  # fmt: skip
    kept: list[tuple[AnswerPassage, Quote]] = []
    for one in chosen if sure else ():
        quote = verify(one.text, one.passage.source, one.passage.source_text)
        if quote is not None:
            kept.append((AnswerPassage(text=quote.text, citation=len(kept) + 1), quote))
    if not kept:
        return Answer(
            outcome="not_enough_evidence", question=question, language=language,
            missing=["weak_match"] if passages else ["no_source"],
        )  # fmt: skip
    return Answer(
        outcome="answer", question=question, language=language,
        passages=[one for one, _ in kept], citations=[quote for _, quote in kept],
        private=any(quote.source.visibility != "public" for _, quote in kept),
    )  # fmt: skip


def _asked_codes(question: str, language: str) -> set[str]:
    """The codes of a question that asks for little else."""
    named = codes(question)
    others = set(tokens(question, language)) - {term for code in named for term in tokens(code, language)}
    return named if len(others) <= FEW else set()
