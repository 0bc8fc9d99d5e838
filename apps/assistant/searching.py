"""From what somebody asks to the passages that may speak to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from operator import mul
from uuid import UUID

from apps.accounts.reach import Reach
from apps.assistant.extractive.inputs import Passage, Thread
from apps.assistant.loading import load_passages
from apps.core.text import normalise
from apps.llm.base import EmbeddingProvider
from apps.llm.cache import embed
from apps.llm.registry import embeddings, second_embeddings
from apps.search.index import Sparse, Wanted
from apps.search.lexical import query_vector
from apps.search.models import Chunk
from apps.search.ranking import Ranked, Scored, blend, fuse, fuse_sources
from apps.search.retrieval import Hit, find, measure_articles

SUBJECT_SHARE = 0.3  # of the vector: a subject names the matter, the letter tells it
LETTER, LAST_WORD = 700, 300  # characters of the first and of the last message that are looked for
WHOLE = 12  # articles measured in all their languages


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the legs of the search take it. `second`: in the second meaning, where the installation has one."""

    text: str
    language: str
    dense: list[float]
    sparse: Sparse
    second: list[float] | None = None


def asked(text: str, language: str, *, subject: str = "") -> Asked:
    """One vector for the text, leaning towards the subject where there is one."""
    words, other = query_vector(text, language), second_embeddings()
    return Asked(
        text, language, _leaning(text, subject), Sparse(list(words.indices), list(words.values)),
        _leaning(text, subject, other) if other is not None else None,
    )  # fmt: skip


def _leaning(text: str, subject: str, provider: EmbeddingProvider | None = None) -> list[float]:
    vectors = embed([text, subject] if subject else [text], provider)
    return blend(vectors, [1 - SUBJECT_SHARE, SUBJECT_SHARE]) if subject else vectors[0]


def asked_by(thread: Thread) -> Asked:
    """What the customer wants: subject, first words, and the last word when there is one."""
    customers = [one for one in thread.messages if one.author == "customer" and not one.private]
    parts = [thread.subject] + [one.text[: one.own][:LETTER] for one in customers[:1]]
    if len(customers) > 1:
        parts.append(customers[-1].text[: customers[-1].own][:LAST_WORD])
    return asked(normalise("\n".join(parts)), thread.language, subject=thread.subject)


def closeness(question: Asked, texts: Sequence[str]) -> list[float]:
    """Cosine of each text with the question. Not kept: they are many and seldom asked for again."""
    return [sum(map(mul, question.dense, one)) for one in embeddings().embed(texts)]


def search(question: Asked, wanted: Wanted) -> list[Passage]:
    """Passages of both legs within the reach that is wanted, best first."""
    hits = alike(find(dense=question.dense, sparse=question.sparse, wanted=wanted, second=question.second))
    return load_passages(fuse(scored(hits), question.language), wanted.reach, wanted.product)


def search_articles(
    question: Asked, visibilities: tuple[str, ...], *, reach: Reach, among: tuple[str, ...] | None = None, product: UUID | None = None
) -> list[Passage]:
    """Articles whole that the reach reads and that serve the product, best first; the nearest ones come with all their parts
    and languages.

    `among`: our ids of the articles to put in order, all when None.
    """
    wanted = Wanted(reach, kinds=("article",), visibilities=visibilities, sources=among, product=product)
    hits = alike(find(dense=question.dense, sparse=question.sparse, wanted=wanted, second=question.second))
    if among is None:
        nearest = list(dict.fromkeys(one.item.chunk.remote_id for one in by_source(hits, question)))[:WHOLE]
        hits = alike(hits + measure_articles(
            question.dense, nearest, known=hits, visibilities=visibilities, second=question.second
        ))  # fmt: skip
    return load_passages(by_source(hits, question), reach, product)


def _source_of(hit: Hit) -> UUID:
    return hit.chunk.source_id


def by_source(
    hits: Sequence[Hit], question: Asked, source_of: Callable[[Hit], UUID] = _source_of
) -> list[Ranked[Hit]]:
    """Whole sources, best first: a message or one language of an article each, unless `source_of` says otherwise."""
    return fuse_sources(scored(hits), question.language, source_of)


def scored(hits: Sequence[Hit]) -> list[Scored[Hit]]:
    return [Scored(hit, hit.meaning, hit.lexical, hit.chunk.language) for hit in hits]


def alike(hits: list[Hit]) -> list[Hit]:
    """Without the second meaning where one of the articles has none yet: they would be measured by two yardsticks."""
    if all(one.second is not None for one in hits if one.chunk.kind == Chunk.Kind.ARTICLE):
        return hits
    return [replace(one, second=None) for one in hits]
