"""resume_sync: go on reading a company's helpdesk."""

from __future__ import annotations

from typing import Any

from apps.core.errors import NotFound
from apps.ingest.pausing import resume
from apps.platforms.models import Connection
from apps.tenancy.commands import CompanyCommand


class Command(CompanyCommand):
    help = (
        "Go on reading the company's helpdesk after pause_sync, from where it was left. A connection whose key was "
        "refused is not resumed: it needs a new key (connect)."
    )

    def perform(self, **options: Any) -> dict[str, Any]:
        connections = list(Connection.objects.all())
        if not connections:
            raise NotFound("This company has no connection. Make one with connect.", code="connection_missing")
        resumed = sum(resume(connection) for connection in connections)
        return {"resumed": resumed, "connections": dict(Connection.objects.values_list("account", "state"))}
