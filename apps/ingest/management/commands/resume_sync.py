"""resume_sync: go on reading a company's helpdesk."""

from __future__ import annotations

from typing import Any

from apps.core.audit import record
from apps.core.errors import NotFound
from apps.ingest.streams import hurry
from apps.platforms.models import Connection
from apps.tenancy.commands import CompanyCommand


class Command(CompanyCommand):
    help = (
        "Go on reading the company's helpdesk after pause_sync, from where it was left. A connection whose key was "
        "refused is not resumed: it needs a new key (connect)."
    )

    def perform(self, **options: Any) -> dict[str, Any]:
        paused = list(Connection.objects.filter(state=Connection.State.PAUSED))
        if not paused and not Connection.objects.exists():
            raise NotFound("This company has no connection. Make one with connect.", code="connection_missing")
        for connection in paused:
            Connection.objects.filter(pk=connection.pk).update(state=Connection.State.ACTIVE, last_error="")
            hurry(connection)
        if paused:
            record("sync_resumed")
        return {"resumed": len(paused), "connections": dict(Connection.objects.values_list("account", "state"))}
