"""A question gets the few sentences that answer it, each cited, or an honest no. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean, pstdev

from apps.assistant.extractive.choosing import Closeness, Sentence, choose
from apps.assistant.extractive.gate import DEFAULTS, Lead, Support, Thresholds, answers
from apps.assistant.extractive.grounding import verify
from apps.assistant.extractive.inputs import Passage
from apps.assistant.shapes import Answer, AnswerPassage, Quote
from apps.search.lexical import codes, holds_codes, tokens

FEW = 4  # terms beside a code: then the code is what is asked for
NEIGHBOURS = 9  # articles, from which the best one can stand out
LEAST_SPREAD = 0.01  # of cosines


def answer_question(
    question: str, language: str, passages: Sequence[Passage], closeness: Closeness, limits: Thresholds = DEFAULTS
) -> Answer:
    """Up to three sentences, best first, each a verified quote. `passages`: best first; `why` is left to the caller.

    A code that is nearly all of the question and stands in a passage is evidence by itself: nothing is near FW-881 by
    meaning.
    """
    named = _asked_codes(question, language)
    holding = [one for one in passages if named and holds_codes(one.text, named)]
    chosen = choose(question, language, holding or passages, closeness)
    sure = bool(holding) or (bool(chosen) and answers(_support(question, language, chosen[0], passages), limits))
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


def _support(question: str, language: str, best: Sentence, passages: Sequence[Passage]) -> Support:
    return Support(
        words=best.words, meaning=best.meaning, rank=best.passage.score,
        lexical=max(one.lexical for one in passages), terms=len(set(tokens(question, language))), lead=_lead(passages),
    )  # fmt: skip


def _lead(passages: Sequence[Passage]) -> Lead | None:
    """None for fewer than NEIGHBOURS articles: what stands out among three says little."""
    nearest: dict[str, float] = {}
    for one in passages:
        if one.second is not None:
            nearest[one.family] = max(nearest.get(one.family, -1.0), one.second)
    ranked = sorted(nearest.values(), reverse=True)
    if len(ranked) < NEIGHBOURS:
        return None
    rest = ranked[5:25]
    wordy = sorted((one.lexical for one in passages), reverse=True)
    return Lead(
        ahead=ranked[0] - mean(ranked[1:6]), apart=(ranked[0] - mean(rest)) / (pstdev(rest) + LEAST_SPREAD),
        wordy=wordy[0] - mean(wordy[5:20]) if len(wordy) > 5 else 0.0,
    )  # fmt: skip


def _asked_codes(question: str, language: str) -> set[str]:
    """The codes of a question that asks for little else."""
    named = codes(question)
    others = set(tokens(question, language)) - {term for code in named for term in tokens(code, language)}
    return named if len(others) <= FEW else set()
