"""Ready answers of an account, as the port tells them; knows no Django."""

from __future__ import annotations

from typing import Any, Literal

from apps.core.errors import NotFound
from apps.platforms.activitydata import TellsActivities
from apps.platforms.items import Item


class CannedData(Item):
    """One of them. Those of one person alone, and those of whom nobody says whose they are, are none of ours."""

    remote_id: str
    title: str
    html: str
    folder: str
    audience: Literal["all", "groups"]
    group_ids: tuple[str, ...] = ()
    raw_hash: str


class CannedAnswers(TellsActivities):
    """The part of the port that reads ready answers, beside files and activities. A helpdesk without them leaves it as it is."""

    @classmethod
    def first_canned(cls) -> Any:
        """Where a walk over them begins. None: there are none."""
        return None

    async def fetch_canned(self, cursor: Any) -> Any:
        """One step of the walk, a Page of CannedData. Raises NotFound where this account or key has none to read."""
        raise NotFound(f"{self.kind} has no ready answers", code="not_offered")
