"""pause_sync: make no calls to a company's helpdesk until resume_sync."""

from __future__ import annotations

from typing import Any

from apps.core.errors import NotFound
from apps.ingest.pausing import pause
from apps.platforms.models import Connection
from apps.tenancy.commands import CompanyCommand


class Command(CompanyCommand):
    help = (
        "Make no calls to the company's helpdesk until resume_sync. A page that is being read is finished; the mirror "
        "stays and can be searched, what is owed waits."
    )

    def perform(self, **options: Any) -> dict[str, Any]:
        connections = list(Connection.objects.all())
        if not connections:
            raise NotFound("This company has no connection. Make one with connect.", code="connection_missing")
        paused = sum(pause(connection) for connection in connections)
        return {"paused": paused, "connections": dict(Connection.objects.values_list("account", "state"))}
