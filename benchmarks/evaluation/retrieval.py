"""Documents put in order by the product, by its dense leg alone and by BM25, for the questions of a pack."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from apps.accounts.reach import ALL_TICKETS
from apps.assistant.extractive.inputs import Passage
from apps.assistant.searching import asked, search_articles
from benchmarks.evaluation.bm25 import Bm25
from benchmarks.evaluation.knowledge import Knowledge, knowing, tick
from benchmarks.evaluation.lines import Line
from benchmarks.evaluation.packs import Pack, Query
from benchmarks.evaluation.replies import ask_all, baseline_of, lines_of
from benchmarks.evaluation.scores import average_precision, hit, mean, ndcg

PUBLIC = ("public",)
MEASURES: dict[str, Callable[..., float]] = {
    "ndcg@10": ndcg,
    "hit@1": lambda ranking, relevant: hit(ranking, relevant, 1),
    "map": average_precision,
}


@dataclass(frozen=True, slots=True)
class Found:
    """Document ids, best first."""

    query: Query
    relevant: dict[str, int]
    ours: list[str]
    dense: list[str]
    bm25: list[str]


def mean_of(found: Sequence[Found], metric: str, ranker: str) -> float:
    return mean([MEASURES[metric](getattr(one, ranker), one.relevant) for one in found])


def measure_pack(pack: Pack) -> Iterator[tuple[str, str, list[Found], list[Line]]]:
    """(part, language of the questions, what was found, lines of replies): a company for each language searched."""
    tasks = {"rerank": next(iter(pack.relevant.values()))} if pack.candidates else pack.relevant
    for language in sorted({one.language for one in pack.documents}):
        documents = [one for one in pack.documents if one.language == language]
        with knowing(f"eval-{pack.name.replace('_', '-')}-{language}"[:40], documents) as knowledge:
            baseline = Bm25({one.id: f"{one.title}\n{one.text}" for one in documents}, language)
            for task, labels in tasks.items():
                queries = [one for one in pack.queries if labels.get(one.id) and _searched(task, one) == language]
                for spoken in sorted({one.language for one in queries}):
                    yield task, spoken, [
                        _find(one, labels[one.id], knowledge, baseline, pack.candidates.get(one.id))
                        for one in queries if one.language == spoken
                    ], []  # fmt: skip
            if pack.answers:
                queries = [one for one in pack.queries if one.language == language]
                beside = baseline_of(queries, documents, language)
                yield "qa", language, [], list(lines_of(pack.name, "qa", ask_all(queries), beside))


def _searched(task: str, query: Query) -> str:
    """The language of the documents this task looks through for this question."""
    return task.removeprefix("to_") if task.startswith("to_") else query.language


def _find(
    query: Query, relevant: dict[str, int], knowledge: Knowledge, baseline: Bm25, candidates: tuple[str, ...] | None
) -> Found:
    ids = tuple(knowledge.articles[one] for one in candidates) if candidates is not None else None
    passages = search_articles(asked(query.text, query.language), PUBLIC, reach=ALL_TICKETS, among=ids)
    if hash(query.id) % 50 == 0:
        tick()
    return Found(
        query,
        relevant,
        _documents(passages, knowledge),
        _documents(sorted(passages, key=lambda one: -one.dense), knowledge),
        list(baseline.scores(query.text, candidates)),
    )


def _documents(passages: Sequence[Passage], knowledge: Knowledge) -> list[str]:
    return [knowledge.documents[one] for one in dict.fromkeys(passage.source.id for passage in passages)]
