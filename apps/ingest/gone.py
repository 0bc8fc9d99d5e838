"""The feed of deleted tickets, where a helpdesk has one: hints, for each is looked at before anything goes."""

from __future__ import annotations

import asyncio
from typing import Any

from django.db import transaction

from apps.core.errors import CredentialsRejected, ExternalUnavailable
from apps.ingest import streams
from apps.ingest.deletions import note_gone
from apps.ingest.models import Stream
from apps.platforms.base import Page, PlatformAdapter
from apps.platforms.connecting import open_adapter, stops_connection


def read_gone(lease: streams.Lease, stream: Stream) -> bool:
    """One step of the feed: a page. True while there is more. A page that tells of too many is read again in the next turn,
    until somebody says that they are gone indeed."""
    adapter = open_adapter(stream.connection)
    first = adapter.first_gone()
    if first is None:
        return streams.move_on(lease, cursor=None, items=0, more=False)
    cursor = type(first).model_validate(stream.cursor) if stream.cursor else first
    page, refusal = asyncio.run(_fetch(adapter, cursor))
    here = cursor.model_dump(mode="json")
    if page is None:
        return streams.move_on(lease, cursor=here, items=0, more=False, refusal=refusal)
    with transaction.atomic():
        if not note_gone(stream.connection, streams.locked(lease), page.items):
            return streams.move_on(lease, cursor=here, items=0, more=False)
        return streams.move_on(lease, cursor=page.next.model_dump(mode="json"), items=len(page.items), more=page.more)


async def _fetch(adapter: PlatformAdapter, cursor: Any) -> tuple[Page[str] | None, str]:
    """A page, or why this key may not read any."""
    try:
        async with asyncio.timeout(streams.FETCH_SECONDS), adapter as opened:
            return await opened.fetch_gone(cursor), ""
    except TimeoutError as exc:
        raise ExternalUnavailable("the helpdesk did not give a page in time") from exc
    except CredentialsRejected as exc:
        if stops_connection(exc):
            raise
        return None, exc.code
