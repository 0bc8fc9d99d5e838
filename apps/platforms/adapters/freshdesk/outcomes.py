"""Satisfaction ratings and time entries of a Freshdesk account (contract 2.3): numbered lists by when it was."""

from __future__ import annotations

from datetime import datetime

from pydantic import AwareDatetime

from apps.platforms.adapters.freshdesk import payloads as wire
from apps.platforms.adapters.freshdesk.client import PER_PAGE, FreshdeskClient
from apps.platforms.adapters.freshdesk.walk import BEGINNING
from apps.platforms.base import Cursor, Page
from apps.platforms.outcomedata import RatingData, TimeData

# 103 extremely happy, 102, 101, 100 neutral, -101, -102, -103 extremely unhappy; surveys of before have three values.
_SCORES = {100: 0, **{sign * (100 + step): sign * step for step in (1, 2, 3) for sign in (1, -1)}, 1: 1, 2: 0, 3: -1}


class RatingCursor(Cursor):
    """A numbered walk: the list tells no order. It has no list of changes either, only since when they were given."""

    page: int = 1
    since: AwareDatetime = BEGINNING  # always said: without it the list may keep the older ones to itself


class TimeCursor(Cursor):
    """The same."""

    page: int = 1
    after: AwareDatetime = BEGINNING


class ReadsOutcomes:
    """Of the adapter."""

    _client: FreshdeskClient

    @classmethod
    def first_ratings(cls, since: datetime | None = None) -> RatingCursor:
        return RatingCursor(since=since or BEGINNING)

    async def fetch_ratings(self, cursor: Cursor) -> Page[RatingData]:
        at = RatingCursor.model_validate(cursor.model_dump())
        params: dict[str, str | int] = {
            "created_since": at.since.strftime("%Y-%m-%dT%H:%M:%SZ"), "page": at.page, "per_page": PER_PAGE,
        }  # fmt: skip
        rows, odd = await self._client.rows_apart("/surveys/satisfaction_ratings", wire.Rating, wire.Numbered, params)
        following = at.model_copy(update={"page": at.page + 1})
        return Page([_rating(row) for row in rows], following, len(rows) + len(odd) >= PER_PAGE, tuple([str(row.id) for row in odd]))

    @classmethod
    def first_times(cls, after: datetime | None = None) -> TimeCursor:
        return TimeCursor(after=after or BEGINNING)

    async def fetch_times(self, cursor: Cursor) -> Page[TimeData]:
        at = TimeCursor.model_validate(cursor.model_dump())
        params: dict[str, str | int] = {
            "executed_after": at.after.strftime("%Y-%m-%dT%H:%M:%SZ"), "page": at.page, "per_page": PER_PAGE,
        }  # fmt: skip
        rows, odd = await self._client.rows_apart("/time_entries", wire.TimeEntry, wire.Numbered, params)
        following = at.model_copy(update={"page": at.page + 1})
        return Page([time_spent(row) for row in rows], following, len(rows) + len(odd) >= PER_PAGE, tuple([str(row.id) for row in odd]))


def time_spent(row: wire.TimeEntry) -> TimeData:
    hours, minutes = map(int, row.time_spent.split(":"))
    return TimeData(
        remote_id=str(row.id), ticket_id=str(row.ticket_id), agent_id=str(row.agent_id or ""), minutes=hours * 60 + minutes,
        billable=row.billable, running=row.timer_running, note=row.note, spent_at=row.executed_at,
    )  # fmt: skip


def _rating(row: wire.Rating) -> RatingData:
    """Of a survey of several questions the first one, which every survey has."""
    return RatingData(
        remote_id=str(row.id), ticket_id=str(row.ticket_id), person_id=str(row.user_id or ""),
        score=_SCORES.get(row.ratings.get("default_question", 0)), feedback=row.feedback, created_at=row.created_at,
    )  # fmt: skip
