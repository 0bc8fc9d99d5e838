"""What was done to tickets on a day, as the port hands it over; knows no Django."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from apps.core.errors import NotFound
from apps.platforms.filedata import OpensFiles


@dataclass(frozen=True, slots=True)
class DayData:
    """`touched`: {remote id of a ticket: the last moment something was done to it, to the second}. `today`: the helpdesk's, in UTC."""

    touched: dict[str, datetime]
    today: date


class TellsActivities(OpensFiles):
    """The part of the port that reads them, beside files. A helpdesk that cannot leaves it as it is."""

    kind: ClassVar[str]
    tells_activities: ClassVar[bool] = False

    async def fetch_activities(self, day: date) -> DayData | date:
        """A day, or the helpdesk's own day when that one is not to be had (yet). Raises ExternalError when it is there and
        cannot be read."""
        raise NotFound(f"{self.kind} does not tell what was done", code="not_offered")
