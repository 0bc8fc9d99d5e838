"""The activities of a day (contract 2.7): a file on the storage host, where the account exports them.

What an activity is called is documented nowhere, so none is believed in more than that something was done to its ticket.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar

import orjson

from apps.core.errors import ExternalError, NotFound
from apps.platforms.activitydata import DayData
from apps.platforms.adapters.freshdesk import payloads as wire
from apps.platforms.adapters.freshdesk.client import FreshdeskClient
from apps.platforms.adapters.freshdesk.files import Storage

PATH = "/export/ticket_activities"
MOST_BYTES = 32 * 1024 * 1024  # of a file: some 150,000 activities
MOST_FILES = 24  # of a day


class ReadsActivities:
    """Of the adapter."""

    _client: FreshdeskClient
    _storage: Storage
    tells_activities: ClassVar[bool] = True

    async def fetch_activities(self, day: date) -> DayData | date:
        """One credit; the links it brings are used at once and kept nowhere."""
        try:
            told = await self._client.one(PATH, wire.ActivitiesExport, {"created_at": day.isoformat()})
            today = self._client.server_time.date()
            if day >= today or not told.urls:  # a day that is not over may have a file that is not whole
                return today
            if len(told.urls) > MOST_FILES:
                raise ExternalError("more files of activities than we take", code="answer_too_large")
            touched: dict[str, datetime] = {}
            for url in told.urls:
                for number, at in _rows(await self._storage.read(url, MOST_BYTES), day):
                    touched[number] = max(at, touched.get(number, at))
        except NotFound:
            return self._client.server_time.date()
        return DayData(touched, today)


def _rows(body: bytes, day: date) -> Iterable[tuple[str, datetime]]:
    """Ticket and moment of each row; of one that does not tell the moment, the end of the day."""
    end = datetime.combine(day + timedelta(days=1), time(), UTC)
    try:
        rows = orjson.loads(body)["activities_data"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise ExternalError("the file of activities is something else", code="malformed_answer") from None
    if not isinstance(rows, list):
        raise ExternalError("the file of activities is something else", code="malformed_answer")
    for row in rows:
        number = row.get("ticket_id") if isinstance(row, dict) else None
        if isinstance(number, int) and not isinstance(number, bool) and number > 0:
            yield str(number), _performed(row.get("performed_at")) or end


def _performed(given: Any) -> datetime | None:
    try:
        return datetime.strptime(str(given), "%d-%m-%Y %H:%M:%S %z")
    except ValueError:
        return None
