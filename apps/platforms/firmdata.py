"""Companies of customers as the port hands them over; knows no Django."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from apps.core.errors import NotFound
from apps.platforms.items import Item
from apps.platforms.outcomedata import TellsOutcomes


class FirmData(Item):
    """A company that customers belong to."""

    remote_id: str
    name: str


class ListsFirms(TellsOutcomes):
    """The part of the port that lists them, beside outcomes. A helpdesk that cannot leaves it as it is."""

    kind: ClassVar[str]

    @classmethod
    def first_firms(cls, since: datetime | None = None) -> Any:
        """Where a walk over them begins: all, or what changed since. None: this helpdesk has none."""
        return None

    async def fetch_firms(self, cursor: Any) -> Any:
        """One page of that walk. Some may be missed while the list moves: another walk names those."""
        raise NotFound(f"{self.kind} does not list companies")
