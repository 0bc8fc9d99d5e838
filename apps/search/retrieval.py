"""Find chunks of the bound company for a text: the legs, then the words from PostgreSQL. Ranking is search.ranking."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.core.errors import ExternalUnavailable
from apps.search.index import SECOND, Found, Sparse, Wanted, open_index
from apps.search.models import Chunk

LEG = 50  # candidates a leg


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk with the raw scores of the legs; the lexical one is 0 where no word agrees.

    `second`: cosine in the second meaning, None where the chunk has none (yet).
    """

    chunk: Chunk
    dense: float
    lexical: float
    second: float | None = None

    @property
    def meaning(self) -> float:
        """The cosine of both vectors laid end to end, where there are both (models.md 2)."""
        return self.dense if self.second is None else (self.dense + self.second) / 2


def find(
    *, dense: list[float], sparse: Sparse, wanted: Wanted, second: list[float] | None = None, limit: int = LEG
) -> list[Hit]:
    """Hits of all legs in no order. A point without a chunk row is left out: its source is being changed."""
    index = open_index()
    by_meaning = _scores(index.nearest(dense, wanted, limit))
    by_words = _scores(index.matching(sparse, wanted, limit))
    by_second = _second_nearest(second, wanted, limit)
    by_meaning |= _scores(index.closeness(dense, (by_words.keys() | by_second.keys()) - by_meaning.keys()))
    chunks = _chunks([*by_meaning, *by_words], wanted.visibilities)
    articles = [one.pk for one in chunks if one.kind == Chunk.Kind.ARTICLE and one.pk not in by_second]
    by_second |= _second_closeness(second, articles)
    return [Hit(one, by_meaning.get(one.pk, 0.0), by_words.get(one.pk, 0.0), by_second.get(one.pk)) for one in chunks]


def measure_articles(
    dense: list[float],
    remote_ids: Sequence[str],
    *,
    known: Sequence[Hit],
    visibilities: Sequence[str],
    second: list[float] | None = None,
) -> list[Hit]:
    """The chunks of these articles that are not among the known hits, with their cosines."""
    held = [hit.chunk.pk for hit in known]
    rows = Chunk.objects.filter(kind=Chunk.Kind.ARTICLE, remote_id__in=remote_ids, visibility__in=visibilities)
    missing = {row.pk: row for row in rows.exclude(pk__in=held)}
    by_second = _second_closeness(second, missing)
    return [
        Hit(missing[found.id], found.score, 0.0, by_second.get(found.id))
        for found in open_index().closeness(dense, missing)
    ]


def _scores(found: Sequence[Found]) -> dict[UUID, float]:
    return {one.id: one.score for one in found}


def _second_nearest(vector: list[float] | None, wanted: Wanted, limit: int) -> dict[UUID, float]:
    """Nothing where there is no second meaning: never filled in, or its collection is not there."""
    if vector is None or "article" not in wanted.kinds:
        return {}
    try:
        return _scores(open_index(SECOND).nearest(vector, wanted, limit))
    except ExternalUnavailable:
        return {}


def _second_closeness(vector: list[float] | None, ids: Iterable[UUID]) -> dict[UUID, float]:
    try:
        return _scores(open_index(SECOND).closeness(vector, ids)) if vector is not None else {}
    except ExternalUnavailable:
        return {}


def _chunks(ids: Sequence[UUID], visibilities: Sequence[str]) -> list[Chunk]:
    """Visibility is asked again here: the row is the truth, the engine may be a page behind."""
    return list(Chunk.objects.filter(id__in=set(ids), visibility__in=visibilities))
