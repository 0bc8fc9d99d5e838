"""How a case ended, as the port hands it over: what its customer thought of it. Knows no Django."""

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
