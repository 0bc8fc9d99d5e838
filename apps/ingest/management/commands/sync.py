"""sync: read a company's helpdesk now."""

from __future__ import annotations

import sys
import time
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.core.management.base import CommandParser
from django.utils import timezone

from apps.core.errors import Conflict, CredentialsRejected, ExternalUnavailable, NotFound
from apps.ingest.again import AT_ONCE, sync_tickets
from apps.ingest.management.working import work_until_done
from apps.ingest.models import Outbox, Stream
from apps.ingest.outbox import due_kinds, work_off
from apps.ingest.progress import progress
from apps.ingest.streams import due_streams, hurry
from apps.ingest.sync import Outcome, read_feed
from apps.ingest.tasks import send_hints
from apps.ingest.timing import keep_times
from apps.platforms.models import Connection
from apps.tenancy.commands import CompanyCommand

TURN_SECONDS = 3.0  # at one feed, then the others


class Command(CompanyCommand):
    help = (
        "Make every feed due at once. The workers read them; with --wait this process works along until all is "
        "mirrored and indexed, and shows progress. A feed that somebody reads already is told as already_running and "
        "left to them. With --tickets nothing else is read: those numbers that no ticket is held of are asked for in every "
        "account, and what could not be read is told as failed, with why."
    )
    hints: ClassVar[dict[str, str]] = {
        "sync_paused": "resume_sync lets it go on.",
        "too_many_waiting": "They are being read; sync_status tells how many wait.",
        "credentials_rejected": "Make a new key in the helpdesk and run connect again.",
    }

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--wait", action="store_true", help="return when mirror and index are complete")
        parser.add_argument(
            "--full",
            action="store_true",
            help="also what is done once a day: look for tickets that went away, read recent threads again, read agents, "
            "groups and statuses",
        )
        parser.add_argument(
            "--tickets",
            default="",
            metavar="12,13",
            help=f"read only these, by the helpdesk's numbers, with commas, at most {AT_ONCE}: two credits each, out of what "
            "background work may use. With --wait until they are mirrored and indexed",
        )
        parser.add_argument("--timeout", type=float, default=900, help="seconds to wait at most (default 900)")

    def perform(self, **options: Any) -> dict[str, Any]:
        if options["tickets"]:
            return self._tickets(options)
        connections = list(Connection.objects.all())
        if not connections:
            raise NotFound("This company has no connection. Make one with connect.", code="connection_missing")
        if all(one.state == Connection.State.PAUSED for one in connections):
            raise Conflict("The sync of this company is paused.", code="sync_paused")
        began, taken = timezone.now(), self._taken()
        for connection in connections:
            hurry(connection, full=options["full"])
        feeds = list(Stream.objects.filter(next_at__lte=timezone.now()).values_list("id", flat=True))
        if options["wait"]:
            self._work(feeds, began, time.monotonic() + options["timeout"])
        return progress() | {"already_running": taken}

    def _tickets(self, options: dict[str, Any]) -> dict[str, Any]:
        asked = sync_tickets(options["tickets"].split(","))
        if options["wait"]:
            work_until_done(asked.left, seconds=options["timeout"])
        else:
            send_hints()
        told = {"asked": len(asked.hints), "unknown": asked.unknown, "failed": asked.failed(), "left": asked.left()}
        return progress() | {"already_running": []} | told

    def _taken(self) -> list[str]:
        rows = Stream.objects.filter(lease_until__gt=timezone.now()).select_related("connection")
        return sorted(f"{one.connection.account} {one.kind}" for one in rows)

    def _work(self, feeds: list[UUID], began: datetime, until: float) -> None:
        """Leases and claims keep this process and the workers out of each other's way."""
        while True:
            did = sum(1 for stream_id in due_streams() if _read(stream_id))
            did += sum(work_off(kind) for kind in due_kinds() if kind != Outbox.Kind.NOTICE)  # no mail server keeps us
            keep_times()
            state = progress()
            self._line(state)
            _raise_stopped(state)
            if state["done"] and not _unread(feeds, began):
                return
            if time.monotonic() > until:
                raise ExternalUnavailable("The sync did not finish in time; it goes on in the workers.")
            if not did:
                time.sleep(0.5)

    def _line(self, state: dict[str, Any]) -> None:
        if sys.stderr.isatty():
            owed = sum(state["owed"].values())
            left = ", ".join(f"{one['calls_left']:.0f} calls left" for one in state["connections"] if one["calls_left"])
            text = f"{state['tickets']} tickets, {state['messages']} messages, {state['chunks']} chunks, {owed} owed, {left}"
            self.stderr.write(f"\r{text}   ", ending="")

    def show(self, result: dict[str, Any]) -> None:
        names = ("tickets", "messages", "articles", "chunks", "owed", "already_running", "done")
        names += ("asked", "unknown", "failed", "left") if "asked" in result else ()
        super().show({name: result[name] for name in names})


def _read(stream_id: UUID) -> bool:
    turn = time.monotonic() + TURN_SECONDS
    return read_feed(stream_id=stream_id, go_on=lambda: time.monotonic() < turn) is not Outcome.BUSY


def _unread(feeds: list[UUID], began: datetime) -> bool:
    """Whether a feed that was made due has not been read to its end since, by whomever."""
    return Stream.objects.filter(id__in=feeds).exclude(completed_at__gte=began).exclude(failures__gt=0).exists()


def _raise_stopped(state: dict[str, Any]) -> None:
    for connection in state["connections"]:
        if connection["state"] == Connection.State.REJECTED:
            raise CredentialsRejected(f"{connection['account']} refused the API key. Connect again with a new one.")
    failing = [feed for feed in state["feeds"] if feed["failures"] >= 3]
    if failing:
        raise ExternalUnavailable(f"{failing[0]['account']} cannot be read: {failing[0]['last_error']}")
