"""Questions asked as an agent asks them: is the answer in the few quoted words, and is a no said where nothing answers?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from apps.accounts.reach import ALL_TICKETS
from apps.assistant.services import ask_question
from apps.assistant.shapes import Answer
from apps.ingest.chunking import weight
from benchmarks.evaluation.bm25 import Bm25
from benchmarks.evaluation.knowledge import tick
from benchmarks.evaluation.lines import QA_GOALS, Line
from benchmarks.evaluation.packs import Document, Query
from benchmarks.evaluation.scores import contains, first_words, mean, refusals_within

MOST_QUOTES = 3  # of a reply that are read, MOST_WORDS of them: a pasted article is no answer
CURVE = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)  # shares of what was answered, surest first
MOST_REFUSED = 0.08  # of the answerable: where the baseline's threshold is put


@dataclass(frozen=True, slots=True)
class Reply:
    """What was said to one question. `right` by the pack's answer strings; None in a pack that has none."""

    query: Query
    answer: Answer
    right: bool | None

    @property
    def sureness(self) -> float:
        """Of an answer: how near its best source is."""
        return max((one.dense for one in self.answer.why if one.kept), default=0.0)

    @property
    def said(self) -> bool:
        return self.answer.outcome == "answer"


def ask_all(queries: Iterable[Query]) -> list[Reply]:
    """Through the product's own ask, in the bound company."""
    replies = []
    for number, query in enumerate(queries):
        answer = ask_question(question=query.text, language=query.language, reach=ALL_TICKETS)
        words = first_words(" … ".join(one.text for one in answer.passages[:MOST_QUOTES]))
        right = answer.outcome == "answer" and contains(words, query.answers) if query.answers else None
        replies.append(Reply(query, answer, right))
        if number % 20 == 0:
            tick()
    return replies


def lines_of(pack: str, part: str, replies: Sequence[Reply], baseline: dict[str, float] | None = None) -> Iterator[Line]:
    """Accuracy, refusals, length and precision by coverage of all languages together, then the refusals of each."""
    goals, beside = QA_GOALS.get(pack, {}), baseline or {}
    figures = _refusals(replies)
    if any(one.query.answers for one in replies):
        figures |= _accuracy(replies)
    figures["words_of_a_reply"] = round(max((_words(one) for one in replies if one.said), default=0.0), 1)
    for metric, value in figures.items():
        yield Line(pack, part, "all", metric, value, beside.get(metric), goals.get(metric))
    languages = sorted({one.query.language for one in replies})
    for language in languages if len(languages) > 1 else ():
        for metric, value in _refusals([one for one in replies if one.query.language == language]).items():
            yield Line(pack, part, language, metric, value)


def _refusals(replies: Sequence[Reply]) -> dict[str, float]:
    return {
        "refusal_recall": mean([not one.said for one in replies if not one.query.answerable]),
        "wrongly_refused": mean([not one.said for one in replies if one.query.answerable]),
    }


def _accuracy(replies: Sequence[Reply]) -> dict[str, float]:
    """Of the answerable; and of all that was answered the share that is right, by how many of them are let through."""
    figures = {"accuracy": mean([bool(one.right) for one in replies if one.query.answerable])}
    surest = sorted((one for one in replies if one.said), key=lambda one: -one.sureness)
    for share in CURVE:
        first = surest[: round(share * len(surest))]
        right = [bool(one.right and one.query.answerable) for one in first]
        figures[f"precision@coverage={len(first) / len(replies):.2f}"] = mean(right)
    return figures


def refused_by(scores: Sequence[tuple[Query, float]]) -> dict[str, float]:
    """What refusing under one threshold would do. It is chosen on these very questions, which flatters it."""
    known = [(bool(query.answerable), score) for query, score in scores]
    threshold, recall = refusals_within(known, MOST_REFUSED)
    refused = [score < threshold for answerable, score in known if answerable]
    return {"refusal_recall": round(recall, 4), "wrongly_refused": mean(refused), "threshold": threshold}


def _words(reply: Reply) -> float:
    return sum(weight(one.text) for one in reply.answer.passages)


def baseline_of(queries: Sequence[Query], documents: Sequence[Document], language: str) -> dict[str, float]:
    """BM25 alone: the three best sentences of all within as many words, refused when no article scores a threshold."""
    whole = Bm25({one.id: f"{one.title}\n{one.text}" for one in documents}, language)
    lines = {f"{one.id}#{place}": text for one in documents for place, text in enumerate(one.text.split("\n"))}
    parts = Bm25(lines, language)
    scores = [(one, max(whole.scores(one.text).values(), default=0.0)) for one in queries]
    figures = refused_by(scores)
    right = [
        score >= figures["threshold"] and contains(_three(parts, lines, query.text), query.answers)
        for query, score in scores if query.answerable
    ]  # fmt: skip
    return figures | {"accuracy": mean(right)}


def _three(parts: Bm25, lines: dict[str, str], question: str) -> str:
    found = [lines[key] for key in list(parts.scores(question))[:3]]
    return first_words(" … ".join(found))
