"""The project's own pack over the authored account: articles shown, cases shown, questions answered or refused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from django.utils import timezone

from apps.accounts.reach import ALL_TICKETS
from apps.assistant.extractive.inputs import Thread, ThreadMessage
from apps.assistant.services import compose
from apps.core.text import normalise, sentences
from apps.platforms.models import Article
from benchmarks.evaluation.bm25 import Bm25
from benchmarks.evaluation.labels import labels_of
from benchmarks.evaluation.lines import RIGHT_IN_3, Line
from benchmarks.evaluation.packs import Pack, Query
from benchmarks.evaluation.replies import ask_all, lines_of, refused_by
from benchmarks.evaluation.scores import hit, mean

FIRST = 3


def measure_demo(pack: Pack) -> Iterator[Line]:
    """In the company that holds the account."""
    slugs = labels_of(pack.account).articles
    baseline = _baseline(slugs, {one.language for one in pack.queries})
    hits: dict[tuple[str, str], list[tuple[float, float | None]]] = defaultdict(list)
    for query in pack.queries:
        articles, cases = (pack.relevant[part].get(query.id) for part in ("article", "similar"))
        if not articles and not cases:
            continue
        brief = compose(_as_ticket(query), now=timezone.now(), reach=ALL_TICKETS)
        if articles:
            shown = list(dict.fromkeys(slugs[one.title] for one in brief.articles))
            theirs = list(dict.fromkeys(slugs[title] for title in baseline[query.language].scores(query.text)))
            hits["article", query.language].append((hit(shown, articles, FIRST), hit(theirs, articles, FIRST)))
        if cases:
            hits["similar", query.language].append((hit([one.subject for one in brief.similar], cases, FIRST), None))
    for (part, language), pairs in sorted(hits.items()):
        beside = [theirs for _, theirs in pairs if theirs is not None]
        goal = RIGHT_IN_3 if part == "article" else None
        yield Line(pack.name, part, language, "hit@3", mean([ours for ours, _ in pairs]), mean(beside) if beside else None, goal)
    scores = [(one, max(baseline[one.language].scores(one.text).values(), default=0.0)) for one in pack.queries]
    yield from lines_of(pack.name, "ask", ask_all(pack.queries), refused_by(scores))


def _baseline(slugs: dict[str, str], languages: set[str]) -> dict[str, Bm25]:
    """BM25 by the language of the question over every article in every language, titles as ids."""
    whole = {one.title: f"{one.title}\n{one.text}" for one in Article.objects.usable() if one.title in slugs}
    return {language: Bm25(whole, language) for language in languages}


def _as_ticket(query: Query) -> Thread:
    """The question as the first message of a new ticket that is stored nowhere."""
    text = normalise(query.text)
    message = ThreadMessage(
        id="new", number=1, author="customer", author_name="", private=False, text=text, own=len(text),
        language=query.language, created_at=timezone.now(), spans=tuple(sentences(query.text, query.language)),
    )  # fmt: skip
    return Thread(
        ticket_id="00000000-0000-0000-0000-000000000000", remote_id="0", subject=text, status="Open", solved=False,
        language=query.language, customer_name="", messages=(message,),
    )  # fmt: skip
