"""Compare the index with the chunks it should hold, point by point: an engine put back from an old copy, or somebody's
hand, may have parted them. The rows are the truth; what differs is owed to those who index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.ingest.models import Outbox
from apps.ingest.outbox import owe
from apps.ingest.second import owe_second
from apps.llm.registry import second_embeddings
from apps.search.index import CHUNKS, PROFILE, SECOND, Space, ensure_collection, open_index
from apps.search.models import Chunk
from apps.search.placing import placed

PAGE = 500  # points a look
KINDS = {
    Chunk.Kind.ARTICLE: Outbox.Kind.INDEX_ARTICLE, Chunk.Kind.MESSAGE: Outbox.Kind.INDEX_TICKET,
    Chunk.Kind.ATTACHMENT: Outbox.Kind.INDEX_TICKET,
}  # fmt: skip

log = structlog.get_logger("deskhand.ingest")


@dataclass(slots=True)
class Difference:
    """What was looked at and what is owed for it. `points`, `rows`: compared; `strangers`: points without a chunk;
    `missing`: chunks without a point; `changed`: points with other words, or another place; `second`: articles whose
    second meaning differs."""

    points: int = 0
    rows: int = 0
    strangers: int = 0
    missing: int = 0
    changed: int = 0
    second: int = 0

    @property
    def found(self) -> int:
        return self.strangers + self.missing + self.changed + self.second


def reconcile(*, go_on: Callable[[], bool] = lambda: True, after: str = "") -> tuple[Difference, str]:
    """The bound company, page by page in the order of ids. Returns what was found and where to go on, '' at the end.

    Changes nothing in the engine itself. Safe to repeat and to leave at any point; what is being indexed meanwhile may
    count as different and is indexed once more. Raises ExternalUnavailable when the vector engine is down.
    """
    difference, (name, _, cursor) = Difference(), after.partition("/")
    spaces = [CHUNKS, SECOND] if second_embeddings() is not None else [CHUNKS]
    for space in spaces[[one.alias for one in spaces].index(name) if name else 0 :]:
        ensure_collection(space)
        start = UUID(cursor) if cursor else None
        cursor = ""
        while True:
            start = _page(space, start, difference)
            if start is None:
                break
            if not go_on():
                return difference, f"{space.alias}/{start}"
    log.info("reconciled", **asdict(difference))
    return difference, ""


def _page(space: Space, start: UUID | None, difference: Difference) -> UUID | None:
    """Compare one page; returns where the next begins. Rows behind the last point belong to the last page."""
    points, following = open_index(space).page(start, PAGE)
    rows = {row.pk: row for row in _between(space, start, following)}
    difference.points += len(points)
    difference.rows += len(rows)
    strangers = [payload for key, payload in points.items() if key not in rows]
    missing = [row for key, row in rows.items() if key not in points]
    changed = [row for key, row in rows.items() if key in points and _differs(points[key], row)]
    moved = [row for key, row in rows.items() if key in points and placed(points[key]) != row.placed]
    if space is SECOND:
        articles = {UUID(one["source_id"]) for one in strangers} | {row.source_id for row in (*missing, *changed, *moved)}
        with transaction.atomic():
            owe_second(list(articles))
        difference.second += len(articles)
        return following
    with transaction.atomic():
        _index_again(_placeholders(points, rows), [*missing, *changed])
        _place_again([row for row in moved if row not in changed])
    difference.strangers += len(strangers)
    difference.missing += len(missing)
    difference.changed += len({*changed, *moved})
    return following


def _differs(payload: dict[str, Any], row: Chunk) -> bool:
    return (payload.get("content_hash"), payload.get("visibility")) != (row.content_hash, row.visibility)


def _between(space: Space, start: UUID | None, following: UUID | None) -> QuerySet[Chunk]:
    rows = Chunk.objects.only("id", "kind", "source_id", "ticket_id", "content_hash", "visibility", "placed")
    rows = rows.filter(kind=Chunk.Kind.ARTICLE) if space is SECOND else rows
    rows = rows.filter(pk__gte=start) if start else rows
    return rows.filter(pk__lt=following) if following else rows


def _placeholders(points: dict[UUID, dict[str, Any]], rows: dict[UUID, Chunk]) -> list[Chunk]:
    """A row for each stranger. Nobody finds it, for no source holds its words; whoever indexes the source next, under its
    claim, meets it and takes it away with the point. Taken away here it could be the point of a chunk that is just being
    made."""
    now = timezone.now()
    return [
        Chunk(
            id=key, profile=PROFILE, kind=one["kind"], source_id=UUID(one["source_id"]),
            ticket_id=UUID(one["ticket_id"]) if one.get("ticket_id") else None, remote_id=one["remote_id"],
            position=one["position"], start=0, end=0, text="?", visibility="private", content_hash="", updated_at=now,
        )
        for key, one in points.items() if key not in rows
    ]  # fmt: skip


def _place_again(rows: Sequence[Chunk]) -> None:
    """A chunk whose place is not known has its point told again, without new vectors."""
    Chunk.objects.filter(pk__in=[row.pk for row in rows]).update(placed="")
    for kind, owed in KINDS.items():
        owe(owed, {row.ticket_id or row.source_id for row in rows if row.kind == kind})


def _index_again(strangers: Sequence[Chunk], rows: Sequence[Chunk]) -> None:
    """A chunk whose hash is not known counts as new."""
    Chunk.objects.bulk_create(strangers, ignore_conflicts=True)
    Chunk.objects.filter(pk__in=[row.pk for row in rows]).update(content_hash="")
    for kind, owed in KINDS.items():
        owe(owed, {row.ticket_id or row.source_id for row in (*strangers, *rows) if row.kind == kind})
