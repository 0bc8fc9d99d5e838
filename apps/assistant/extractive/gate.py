"""Is the evidence good enough to say anything? A pure decision with its thresholds in one place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from apps.assistant.shapes import Missing


@dataclass(frozen=True, slots=True)
class Thresholds:
    """By the embedding profile `use`; `make eval` shows what each lets through and holds back.

    `reply`: least confidence (evidence.py) in the leading article of a text for a customer. `same`: least cosine of a
    solved case that may lead instead: nearly the same words. `answer`: least `certainty` of a reply to an agent's
    question, `answer_by_both`: where articles were measured by both meanings. `related`: least cosine of a ticket shown as similar, `listed` of an article shown as
    relevant: both without a claim, but articles are few and written to be found. `words`: a lexical match lowers the bar
    of the last two by `eased`.
    """

    reply: float = 0.8
    same: float = 0.75
    answer: float = 6.7
    answer_by_both: float = 6.05
    related: float = 0.28
    listed: float = 0.2
    words: float = 10.0
    eased: float = 0.04


DEFAULTS = Thresholds()
Outcome = Literal["reply", "ask_customer", "not_enough_evidence"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What retrieval and quoting found for one case."""

    strength: float  # of the leading source against `reply`, 0 without one
    in_language: bool  # it is in the customer's language
    sentences: int  # quotable sentences, all verified
    detail_missing: bool  # the source asks for a number the customer has not given
    customer_wrote: bool = True


@dataclass(frozen=True, slots=True)
class Lead:
    """How the best article stands out from the others that were found, by the second meaning.

    `ahead`: its cosine less the mean of the next five articles; `apart`: less the mean of the sixth to the 25th, in
    their standard deviations; `wordy`: the highest score of the words leg less the mean of the sixth to the 20th passage.
    """

    ahead: float
    apart: float
    wordy: float


@dataclass(frozen=True, slots=True)
class Support:
    """The best sentence for a question: see choosing.Sentence. `rank`: its passage's fused score; `lexical`: the highest
    score of the words leg among the passages; `terms`: distinct terms of the question; `lead`: None where articles were
    measured by the first meaning alone, or are too few to stand out from."""

    words: float
    meaning: float
    rank: float
    lexical: float
    terms: int
    lead: Lead | None = None


def certainty(support: Support) -> float:
    """How sure it is that the sentence answers. Shares by logistic regression on development packs, decisions 0057, 0059.

    The score of the words leg is a sum over the terms of the question: a long question must not look answered for that.
    """
    root = math.sqrt(max(support.terms, 1))
    if (lead := support.lead) is not None:
        return 0.22 * lead.apart + 15.6 * lead.ahead + 0.58 * lead.wordy / root + 4.3 * support.rank
    return 6.8 * support.words + 6.6 * support.meaning + 3.0 * support.rank + 0.4 * support.lexical / root


def answers(support: Support, limits: Thresholds = DEFAULTS) -> bool:
    """Whether the question is answered rather than refused."""
    return certainty(support) >= (limits.answer if support.lead is None else limits.answer_by_both)


def passes(dense: float, lexical: float, least: float, limits: Thresholds = DEFAULTS) -> bool:
    """Whether a passage is near enough: by meaning, or a little less when its words agree too."""
    return dense >= least - (limits.eased if lexical >= limits.words else 0.0)


def decide(evidence: Evidence, limits: Thresholds = DEFAULTS) -> tuple[Outcome, list[Missing]]:
    """(outcome, what is missing). A reply needs near evidence, in the customer's language, that can be quoted."""
    if not evidence.customer_wrote:
        return "not_enough_evidence", ["no_customer_message"]
    if evidence.strength <= 0:
        return "not_enough_evidence", ["no_source"]
    if evidence.strength < limits.reply:
        return "not_enough_evidence", ["weak_match"]
    if not evidence.in_language:
        return "not_enough_evidence", ["no_source_in_language"]
    if evidence.sentences == 0:
        return "not_enough_evidence", ["no_source"]
    if evidence.detail_missing:
        return "ask_customer", ["customer_detail"]
    return "reply", []
