"""Companies of customers: met by number on tickets, named by a walk over the helpdesk's list. Nobody else is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.core.errors import CredentialsRejected, ExternalUnavailable, NotFound
from apps.ingest import streams
from apps.ingest.models import Stream
from apps.platforms.base import Page, PlatformAdapter, TicketData
from apps.platforms.connecting import open_adapter, stops_connection
from apps.platforms.firmdata import FirmData
from apps.platforms.firms import Firm
from apps.platforms.models import Connection

OVERLAP = timedelta(hours=1)


def store_firms(connection: Connection, items: Sequence[TicketData]) -> dict[str, UUID]:
    """{remote id: our id} of the companies these tickets name. New ones are named by the feed, which is due then."""
    named = {one.firm_id for one in items if one.firm_id}
    if not named:
        return {}
    rows = Firm.objects.filter(connection=connection, remote_id__in=named)
    known = dict(rows.values_list("remote_id", "id"))
    if fresh := sorted(named - known.keys()):
        Firm.objects.bulk_create([Firm(connection=connection, remote_id=one) for one in fresh], ignore_conflicts=True)
        Stream.objects.filter(connection=connection, kind=Stream.Kind.COMPANIES).update(next_at=timezone.now())
        known = dict(rows.values_list("remote_id", "id"))
    return known


def read_firms(lease: streams.Lease, stream: Stream) -> bool:
    """One step of the feed: a page. No ticket names a company: nothing is asked. True while there is more.

    The feed's cursor: {"at": the adapter's cursor or None between two walks, "began": when this one did, "whole": it asks
    for all, "read_to": when the last one began}. All are asked for while some have no name.
    """
    adapter, now = open_adapter(stream.connection), timezone.now()
    if adapter.first_firms() is None or not Firm.objects.filter(connection=stream.connection).exists():
        return streams.move_on(lease, items=0, cursor=None, more=False)
    held = stream.cursor or {"at": None, "read_to": None}
    if held["at"] is None:
        whole = held["read_to"] is None or nameless(stream.connection).exists()
        begin = adapter.first_firms(None if whole else datetime.fromisoformat(held["read_to"]) - OVERLAP)
        held |= {"at": begin.model_dump(mode="json"), "began": now.isoformat(), "whole": whole}
    page, refusal = asyncio.run(_page(adapter, type(adapter.first_firms()).model_validate(held["at"])))
    cursor = held | {"at": page.next.model_dump(mode="json")}
    if not page.more:
        cursor = {"at": None, "read_to": held["began"]}
    with transaction.atomic():
        _name(stream.connection, page.items)
        if not page.more and (held["whole"] or refusal):  # nobody tells the others' names
            nameless(stream.connection).filter(met_at__lt=datetime.fromisoformat(held["began"])).update(named=True)
        return streams.move_on(lease, items=len(page.items), cursor=cursor, more=page.more, refusal=refusal)


def nameless(connection: Connection) -> Any:
    return Firm.objects.filter(connection=connection, named=False)


async def _page(adapter: PlatformAdapter, cursor: Any) -> tuple[Page[FirmData], str]:
    """A page of the walk, or the end of it and why this account does not list them."""
    try:
        async with asyncio.timeout(streams.FETCH_SECONDS), adapter as opened:
            return await opened.fetch_firms(cursor), ""
    except TimeoutError as exc:
        raise ExternalUnavailable("the helpdesk did not list companies in time") from exc
    except (CredentialsRejected, NotFound) as exc:
        if stops_connection(exc):
            raise
        return Page([], cursor, more=False), exc.code


def _name(connection: Connection, items: Iterable[FirmData]) -> None:
    told = {one.remote_id: one.name.replace("\x00", "")[:300] for one in items}
    rows = list(Firm.objects.select_for_update().filter(connection=connection, remote_id__in=told).order_by("remote_id"))
    changed = [row for row in rows if (row.name, row.named) != (told[row.remote_id], True)]
    for row in changed:
        row.name, row.named = told[row.remote_id], True
    Firm.objects.bulk_update(changed, ["name", "named"])
