"""A question gets cited passages or an honest no. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from apps.assistant.extractive import cues
from apps.assistant.extractive.gate import DEFAULTS, Thresholds, passes
from apps.assistant.extractive.grounding import verify
from apps.assistant.extractive.inputs import Passage
from apps.assistant.shapes import Answer, AnswerPassage, Candidate, Quote
from apps.core.text import sentences
from apps.search.lexical import tokens

MOST_PASSAGES, WINDOW = 3, 3


def answer_question(
    question: str, language: str, passages: Sequence[Passage], why: Sequence[Candidate], limits: Thresholds = DEFAULTS
) -> Answer:
    """Up to three passages, best first, one a source, each a verified quote."""
    kept: list[tuple[AnswerPassage, Quote]] = []
    seen: set[str] = set()
    for passage in passages:
        if len(kept) == MOST_PASSAGES:
            break
        if passage.source.id in seen or not passes(passage.dense, passage.lexical, limits.answer, limits):
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
    text = passage.text
    spans = [span for span in sentences(text, passage.source.language) if not cues.GREETING.match(span.of(text))]
    if len(spans) <= WINDOW:
        return text[spans[0].start : spans[-1].end] if spans else text
    wanted = set(tokens(question, language))
    runs = [spans[at : at + WINDOW] for at in range(len(spans) - WINDOW + 1)]
    best = max(runs, key=lambda run: _shared(text[run[0].start : run[-1].end], passage.source.language, wanted))
    return text[best[0].start : best[-1].end]


def _shared(text: str, language: str, wanted: set[str]) -> int:
    return len(wanted & set(tokens(text, language)))
