"""Find chunks of the bound company for a text: two legs, then the words from PostgreSQL. Ranking is search.ranking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.search.index import Sparse, Wanted, open_index
from apps.search.models import Chunk

LEG = 50  # candidates a leg


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk with the raw scores of both legs; the lexical one is 0 where no word agrees."""

    chunk: Chunk
    dense: float
    lexical: float


def find(*, dense: list[float], sparse: Sparse, wanted: Wanted, limit: int = LEG) -> list[Hit]:
    """Hits of both legs in no order. A point without a chunk row is left out: its source is being changed."""
    index = open_index()
    by_meaning = {found.id: found.score for found in index.nearest(dense, wanted, limit)}
    by_words = {found.id: found.score for found in index.matching(sparse, wanted, limit)}
    unmeasured = [key for key in by_words if key not in by_meaning]
    by_meaning |= {found.id: found.score for found in index.closeness(dense, unmeasured)}
    chunks = _chunks([*by_meaning, *by_words], wanted.visibilities)
    return [Hit(chunk, by_meaning.get(chunk.id, 0.0), by_words.get(chunk.id, 0.0)) for chunk in chunks]


def measure_articles(
    dense: list[float], remote_ids: Sequence[str], *, known: Sequence[Hit], visibilities: Sequence[str]
) -> list[Hit]:
    """The chunks of these articles that are not among the known hits, with their cosine."""
    held = [hit.chunk.pk for hit in known]
    rows = Chunk.objects.filter(kind=Chunk.Kind.ARTICLE, remote_id__in=remote_ids, visibility__in=visibilities)
    missing = {row.pk: row for row in rows.exclude(pk__in=held)}
    return [Hit(missing[found.id], found.score, 0.0) for found in open_index().closeness(dense, missing)]


def _chunks(ids: Sequence[UUID], visibilities: Sequence[str]) -> list[Chunk]:
    """Visibility is asked again here: the row is the truth, the engine may be a page behind."""
    return list(Chunk.objects.filter(id__in=set(ids), visibility__in=visibilities))
