"""The second meaning of articles, filled in behind: slow to compute, so it waits for a worker of its own (decision 0059).

Its space in the engine is written here alone, under the claim of the article, and always made equal to the article's
chunks: what a repeat finds right it leaves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction

from apps.ingest.models import Outbox
from apps.ingest.outbox import Claimed, owe, settle
from apps.llm.registry import second_embeddings
from apps.platforms.models import Article
from apps.search.index import SECOND, Point, ensure_collection, open_index, products_told
from apps.search.models import Chunk
from apps.search.placing import placed

MOST = 16  # chunks a claim: about two seconds of a core to itself, and many times that of one that is shared
LAST = 8  # priority

log = structlog.get_logger("deskhand.ingest")


def owe_second(article_ids: Sequence[UUID]) -> None:
    """In the transaction that changed the chunks of these articles."""
    if second_embeddings() is not None:
        owe(Outbox.Kind.SECOND_ARTICLE, article_ids, priority=LAST)


def doubt_second(article_ids: Sequence[UUID]) -> None:
    """Have the second meaning of these computed anew, whatever it is; what stands there serves until then. It is owed with the
    index of the article. Raises ExternalUnavailable when the vector engine is down."""
    if second_embeddings() is None or not article_ids:
        return
    ensure_collection(SECOND)
    index = open_index(SECOND)
    index.doubt(index.held(article_ids))


def second_articles(claimed: Sequence[Claimed]) -> None:
    """Worker of Outbox.Kind.SECOND_ARTICLE."""
    ids = [one.object_id for one in claimed]
    rows = {row.pk: row for row in Chunk.objects.filter(kind=Chunk.Kind.ARTICLE, source_id__in=ids)}
    ensure_collection(SECOND)
    index = open_index(SECOND)
    held = index.held(ids)
    index.delete(key for key in held if key not in rows)
    places = {row.pk: place_of_article(row) | {"visibility": row.visibility} for row in Article.objects.filter(pk__in=ids)}
    for article, place in places.items():
        moved = [key for key, told in held.items() if key in rows and rows[key].source_id == article and placed(told) != placed(place)]
        index.place(moved, place)
    changed = [row for key, row in rows.items() if held.get(key, {}).get("content_hash") != row.content_hash]
    index.put(_points(changed[:MOST], places))
    with transaction.atomic():
        if len(changed) > MOST:  # asked for again under the claim: it runs once more
            owe(Outbox.Kind.SECOND_ARTICLE, {row.source_id for row in changed[MOST:]}, priority=LAST)
        settle(claimed)
    log.info("second_meaning", sources=len(ids), chunks=len(rows), embedded=len(changed[:MOST]))


def place_of_article(article: Article) -> dict[str, Any]:
    """What of its points may change while the words stay, beside who may see it."""
    told = {"connection": str(article.connection_id), "group": "", "agent": "", "customer": ""}
    return told | {"products": products_told(article.products), "readers": article.readers, "barred": article.barred}


def _points(rows: Sequence[Chunk], places: Mapping[UUID, dict[str, Any]]) -> list[Point]:
    provider = second_embeddings()
    if provider is None:
        return []
    vectors = provider.embed([row.embedded for row in rows])
    here = [places.get(row.source_id, {}) | _payload(row) for row in rows]
    return [Point(row.pk, vector, None, payload) for row, vector, payload in zip(rows, vectors, here, strict=True)]


def _payload(row: Chunk) -> dict[str, Any]:
    return {
        "kind": row.kind, "remote_id": row.remote_id, "source_id": str(row.source_id), "ticket_id": "",
        "visibility": row.visibility, "language": row.language, "content_hash": row.content_hash, "position": row.position,
        "updated_at": int(row.updated_at.timestamp()),
    }  # fmt: skip
