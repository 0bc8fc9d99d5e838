"""Ready answers of the helpdesk: a slow walk of their own; what a whole walk did not meet is gone."""

from __future__ import annotations

import asyncio
from typing import Any

from django.db import transaction

from apps.core.errors import ExternalUnavailable, NotFound
from apps.ingest import streams
from apps.ingest.models import Stream
from apps.platforms.base import Page, PlatformAdapter
from apps.platforms.canned import groups_of, words_of
from apps.platforms.canneddata import CannedData
from apps.platforms.connecting import open_adapter
from apps.platforms.models import Connection
from apps.platforms.ready import ReadyAnswer

FIELDS = ["title", "text", "folder", "audience", "groups", "raw_hash", "sweep"]


def read_canned(lease: streams.Lease, stream: Stream) -> bool:
    """One step of the feed. True while more is to be asked. What this key may not read (any more) is kept nowhere."""
    adapter = open_adapter(stream.connection)
    begin = adapter.first_canned()
    page: Page[CannedData] | None = None
    if begin is not None:
        page = asyncio.run(_fetch(adapter, type(begin).model_validate(stream.cursor) if stream.cursor else begin))
    with transaction.atomic():
        held = streams.locked(lease)
        connection = Connection.objects.get(pk=held.connection_id)
        if page is not None:
            _store(connection, page.items, held.sweep)
        more = page is not None and page.more
        if not more:
            ReadyAnswer.objects.filter(connection=connection, sweep__lt=held.sweep).delete()
        cursor = page.next.model_dump(mode="json") if page is not None and more else None
        streams.advance(held, cursor=cursor, items=len(page.items) if page else 0, more=more)
    return more


async def _fetch(adapter: PlatformAdapter, cursor: Any) -> Page[CannedData] | None:
    try:
        async with asyncio.timeout(streams.FETCH_SECONDS), adapter as opened:
            found: Page[CannedData] = await opened.fetch_canned(cursor)
            return found
    except NotFound:
        return None
    except TimeoutError as exc:
        raise ExternalUnavailable("the helpdesk did not give a page in time") from exc


def _store(connection: Connection, items: Any, sweep: int) -> None:
    rows = [
        ReadyAnswer(
            connection=connection, remote_id=one.remote_id, title=one.title.replace("\x00", ""),
            text=words_of(one.html.replace("\x00", "")), folder=one.folder[:200], audience=one.audience,
            groups=groups_of(connection, one.group_ids), raw_hash=one.raw_hash, sweep=sweep,
        )
        for one in items
    ]  # fmt: skip
    ReadyAnswer.objects.bulk_create(rows, update_conflicts=True, unique_fields=["connection", "remote_id"], update_fields=FIELDS)
