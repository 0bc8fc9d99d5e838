"""Companies of an account's customers (contract 2.3): a numbered list, by time of change."""

from __future__ import annotations

from datetime import datetime

from pydantic import AwareDatetime

from apps.platforms.adapters.freshdesk import payloads as wire
from apps.platforms.adapters.freshdesk.client import PER_PAGE, FreshdeskClient
from apps.platforms.adapters.freshdesk.outcomes import ReadsOutcomes
from apps.platforms.base import Cursor, Page
from apps.platforms.firmdata import FirmData


class FirmCursor(Cursor):
    """A numbered walk: the list has no documented order to walk by."""

    page: int = 1
    since: AwareDatetime | None = None


class ReadsFirms(ReadsOutcomes):
    """Of the adapter."""

    _client: FreshdeskClient

    @classmethod
    def first_firms(cls, since: datetime | None = None) -> FirmCursor:
        return FirmCursor(since=since)

    async def fetch_firms(self, cursor: Cursor) -> Page[FirmData]:
        at = FirmCursor.model_validate(cursor.model_dump())
        params: dict[str, str | int] = {"page": at.page, "per_page": PER_PAGE}
        if at.since is not None:
            params["updated_since"] = at.since.strftime("%Y-%m-%dT%H:%M:%SZ")
        rows, odd = await self._client.rows_apart("/companies", wire.Firm, wire.Numbered, params)
        items = [FirmData(remote_id=str(row.id), name=row.name) for row in rows]
        following = at.model_copy(update={"page": at.page + 1})
        return Page(items, following, len(rows) + len(odd) >= PER_PAGE, tuple([str(row.id) for row in odd]))
