"""sync: read a company's helpdesk now."""

from __future__ import annotations

import sys
import time
from typing import Any

from django.core.management.base import CommandParser

from apps.core.errors import CredentialsRejected, ExternalUnavailable, NotFound
from apps.ingest.outbox import due_kinds, work_off
from apps.ingest.progress import progress
from apps.ingest.streams import due_streams, hurry
from apps.ingest.sync import sync_page
from apps.platforms.models import Connection
from apps.tenancy.commands import CompanyCommand


class Command(CompanyCommand):
    help = (
        "Make every feed due at once. The workers read them; with --wait this process works along until all is "
        "mirrored and indexed, and shows progress."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--wait", action="store_true", help="return when mirror and index are complete")
        parser.add_argument("--timeout", type=float, default=900, help="seconds to wait at most (default 900)")

    def perform(self, **options: Any) -> dict[str, Any]:
        connections = list(Connection.objects.all())
        if not connections:
            raise NotFound("This company has no connection. Make one with connect.", code="connection_missing")
        for connection in connections:
            hurry(connection)
        if options["wait"]:
            self._work(time.monotonic() + options["timeout"])
        return progress()

    def _work(self, until: float) -> None:
        """Leases and claims keep this process and the workers out of each other's way."""
        while True:
            did = sum(1 for stream_id in due_streams() if _read(stream_id))
            did += sum(work_off(kind) for kind in due_kinds())
            state = progress()
            self._line(state)
            _raise_stopped(state)
            if state["done"]:
                return
            if time.monotonic() > until:
                raise ExternalUnavailable("The sync did not finish in time; it goes on in the workers.")
            if not did:
                time.sleep(0.5)

    def _line(self, state: dict[str, Any]) -> None:
        if sys.stderr.isatty():
            owed = sum(state["owed"].values())
            text = (
                f"\r{state['tickets']} tickets, {state['messages']} messages, {state['chunks']} chunks, {owed} owed   "
            )
            self.stderr.write(text, ending="")

    def show(self, result: dict[str, Any]) -> None:
        super().show({name: result[name] for name in ("tickets", "messages", "articles", "chunks", "owed", "done")})


def _read(stream_id: Any) -> bool:
    sync_page(stream_id=stream_id)
    return True


def _raise_stopped(state: dict[str, Any]) -> None:
    for connection in state["connections"]:
        if connection["state"] == Connection.State.REJECTED:
            raise CredentialsRejected(f"{connection['account']} refused the API key. Connect again with a new one.")
    failing = [feed for feed in state["feeds"] if feed["failures"] >= 3]
    if failing:
        raise ExternalUnavailable(f"{failing[0]['account']} cannot be read: {failing[0]['last_error']}")
