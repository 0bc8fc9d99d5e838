"""No calls to a helpdesk for a while, because a person says so; and on again from where it was left."""

from __future__ import annotations

from django.db import transaction

from apps.core.audit import record_on_commit
from apps.ingest.streams import hurry
from apps.platforms.models import Connection


def pause(connection: Connection) -> bool:
    """Make no calls until `resume`; a page that is being read is finished. False: it was not active."""
    with transaction.atomic():
        rows = Connection.objects.filter(pk=connection.pk, state=Connection.State.ACTIVE)
        paused = bool(rows.update(state=Connection.State.PAUSED))
        if paused:
            record_on_commit("sync_paused", subject=f"connection:{connection.pk}")
    return paused


def resume(connection: Connection) -> bool:
    """Go on. False: it was not paused; one whose key was refused needs a new key."""
    with transaction.atomic():
        rows = Connection.objects.filter(pk=connection.pk, state=Connection.State.PAUSED)
        resumed = bool(rows.update(state=Connection.State.ACTIVE, last_error=""))
        if resumed:
            hurry(connection)
            record_on_commit("sync_resumed", subject=f"connection:{connection.pk}")
    return resumed
