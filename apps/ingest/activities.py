"""Activities of tickets, where the account exports them: edited and deleted notes, merges and whatever else is done to a
ticket without moving its time of change, a day later. What the feeds have shown already is not asked for again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.core.errors import AppError, CredentialsRejected, ExternalError, ExternalUnavailable
from apps.ingest import streams
from apps.ingest.models import Outbox, Stream
from apps.ingest.outbox import owe
from apps.platforms.activitydata import DayData
from apps.platforms.base import PlatformAdapter
from apps.platforms.connecting import open_adapter, stops_connection
from apps.platforms.models import Connection, Ticket

REFUSALS = ("access_denied", "require_feature")
DAY = timedelta(days=1)
PATIENCE = 3 * DAY  # with a day whose file is not there; it may come late
PRIORITY = 6  # behind what the feeds have just shown
SLICE = 5000  # numbers in a question


def read_activities(lease: streams.Lease, stream: Stream) -> bool:
    """One step of the feed: a day. True while there is another that is over. The feed's cursor: {"day": the next one}."""
    adapter = open_adapter(stream.connection)
    if not adapter.tells_activities:
        return streams.move_on(lease, cursor=None, items=0, more=False)
    day = date.fromisoformat(stream.cursor["day"]) if stream.cursor else (timezone.now().astimezone(UTC) - DAY).date()
    found, refusal = asyncio.run(_fetch(adapter, day))
    if found is None:
        passed = refusal not in REFUSALS  # a file that cannot be read will not be readable tomorrow
        return streams.move_on(lease, cursor=_at(day + DAY if passed else day), items=0, more=False, refusal=refusal)
    if isinstance(found, date):
        passed = found - day > PATIENCE
        return streams.move_on(lease, cursor=_at(day + DAY if passed else day), items=0, more=passed)
    with transaction.atomic():
        streams.locked(lease)
        count = _owe_missed(stream.connection, found.touched)
        return streams.move_on(lease, cursor=_at(day + DAY), items=count, more=day + DAY < found.today)


async def _fetch(adapter: PlatformAdapter, day: date) -> tuple[DayData | date | None, str]:
    """The day, or why it is not read. Raises what passes by itself, and what stops the connection."""
    try:
        async with asyncio.timeout(streams.FETCH_SECONDS), adapter as opened:
            return await opened.fetch_activities(day), ""
    except TimeoutError as exc:
        raise ExternalUnavailable("the helpdesk did not give the activities of a day in time") from exc
    except (CredentialsRejected, ExternalError) as exc:
        if _passes(exc):
            raise
        return None, exc.code


def _passes(error: AppError) -> bool:
    return error.retryable or stops_connection(error)


def _owe_missed(connection: Connection, touched: Mapping[str, datetime]) -> int:
    """Look again at tickets whose own time of change is before what was done to them last. How many."""
    numbers, owed = list(touched), 0
    for start in range(0, len(numbers), SLICE):
        rows = Ticket.objects.filter(connection=connection, remote_id__in=numbers[start : start + SLICE])
        told = rows.values_list("pk", "remote_id", "updated_at", "deleted", "thread_version")
        missed = [row for row in told if row[2] < touched[row[1]]]
        owe(Outbox.Kind.LOOK, [row[0] for row in missed], priority=PRIORITY)
        owe(Outbox.Kind.THREAD, [row[0] for row in missed if not row[3] and row[4]], priority=PRIORITY)
        owed += len(missed)
    return owed


def _at(day: date) -> dict[str, str]:
    return {"day": day.isoformat()}
