"""How a case went, as the port hands it over: what its customer thought of it, and what time it took. Knows no Django."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from pydantic import AwareDatetime

from apps.core.errors import NotFound
from apps.platforms.items import Item


class RatingData(Item):
    """What a customer answered when they were asked how it went."""

    remote_id: str
    ticket_id: str
    person_id: str  # whoever gave it: most often the ticket's customer
    score: int | None  # -3 extremely unhappy .. 0 neutral .. 3 extremely happy; None: a value that is on no scale we know
    feedback: str  # their words, or ""
    created_at: AwareDatetime


class TimeData(Item):
    """Time that an agent spent on a ticket, as they noted it."""

    remote_id: str
    ticket_id: str
    agent_id: str
    minutes: int
    billable: bool
    running: bool  # a timer that still runs: the minutes are those up to now
    note: str  # for colleagues, or ""
    spent_at: AwareDatetime


class TellsOutcomes:
    """The part of the port that lists them. A helpdesk that cannot leaves it as it is."""

    kind: ClassVar[str]

    @classmethod
    def first_ratings(cls, since: datetime | None = None) -> Any:
        """Where a walk over them begins: all, or those given since. None: this helpdesk has none."""
        return None

    async def fetch_ratings(self, cursor: Any) -> Any:
        """One page of that walk, a Page of RatingData. Some may be missed while the list moves."""
        raise NotFound(f"{self.kind} does not list ratings")

    @classmethod
    def first_times(cls, after: datetime | None = None) -> Any:
        """Where a walk over times that were spent begins: all, or those spent after. None: this helpdesk has none."""
        return None

    async def fetch_times(self, cursor: Any) -> Any:
        """One page of that walk, a Page of TimeData. Some may be missed while the list moves."""
        raise NotFound(f"{self.kind} does not list time entries")
