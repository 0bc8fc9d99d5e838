"""Read a company's folder into its mirror, by the ordinary feeds: killed at any point, it goes on where it was."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from django.db import OperationalError, close_old_connections
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from apps.core.errors import ExternalUnavailable
from apps.ingest.deadletters import TICKET, revive
from apps.ingest.importing.comparing import Side, differing, helpdesk_side, mirror_side
from apps.ingest.importing.finding import PLATFORM
from apps.ingest.importing.progress_bar import ProgressBar
from apps.ingest.models import Outbox, Stream
from apps.ingest.outbox import due_kinds, work_off
from apps.ingest.streams import due_streams, ensure_streams, hurry
from apps.ingest.sweeping import owe_unread
from apps.ingest.sync import Outcome, read_feed
from apps.ingest.timing import keep_times
from apps.platforms.adapters.json_store.problems import KINDS
from apps.platforms.connecting import connect, open_adapter
from apps.platforms.models import Connection, Ticket

TURN_SECONDS = 1.0  # at a feed, before threads are read and progress is shown
READING = (Outbox.Kind.THREAD, Outbox.Kind.LOOK, Outbox.Kind.ROW)  # what the mirror is complete with
FAILURES = 3  # in a row, after which a feed is given up; a folder that is stopped at once
ROUNDS = 3  # of reading and comparing, while somebody writes to the files

log = structlog.get_logger("deskhand.ingest")


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of it. `equal`: counts and hashes are the same on both sides; `held`: removals that are too many to be
    believed without confirm_removals."""

    connection: Connection
    files: Side
    mirror: Side
    seconds: float
    held: int

    @property
    def equal(self) -> bool:
        return self.files.marks == self.mirror.marks and self.files.messages == self.mirror.messages

    def told(self) -> dict[str, Any]:
        return {
            "account": self.connection.account,
            "files": self.files.counts() | {"hash": self.files.hash()},
            "mirror": self.mirror.counts() | {"hash": self.mirror.hash()},
            "equal": self.equal,
            "differing": differing(self.files, self.mirror),
            "held": self.held,
            "seconds": round(self.seconds, 1),
        }


def import_folder(folder: str, *, seconds: float, bar: ProgressBar) -> Imported:
    """Connect the bound company with its folder and read it. Repeating it reads what is new.

    Raises StoreStopped for a folder that cannot be read, ExternalUnavailable when time is up: then nothing is lost, and the
    workers go on.
    """
    began = time.monotonic()
    until = began + seconds
    connection, _report = connect(platform=PLATFORM, options={"folder": folder})
    ensure_streams(connection)
    for kind in (TICKET, Outbox.Kind.THREAD):  # lines that could not be read: mended, they are taken, and their letters go
        revive(kind)
    for _ in range(ROUNDS):
        read(connection, until, bar)
        files = asyncio.run(helpdesk_side(open_adapter(connection)))
        mirror = mirror_side(connection)
        if files.marks == mirror.marks:
            break
    bar.end()
    held = sum(Stream.objects.filter(connection=connection).values_list("held", flat=True))
    return Imported(connection, files, mirror, time.monotonic() - began, held)


def read(connection: Connection, until: float, bar: ProgressBar) -> None:
    """Every feed once to its end, and the threads that are owed. Leases and claims keep us and the workers apart."""
    began = timezone.now()
    hurry(connection, full=True)
    mine = Stream.objects.filter(connection=connection)
    feeds = list(mine.filter(next_at__lte=timezone.now()).values_list("pk", flat=True))
    while True:
        own = set(mine.values_list("pk", flat=True))
        did = sum(_tried(_turn, one) for one in due_streams() if one in own)
        did += sum(_tried(work_off, kind) for kind in due_kinds() if kind in READING)
        keep_times()
        _show(connection, bar)
        if failing := mine.filter(Q(failures__gte=FAILURES) | Q(failures__gt=0, last_error__in=KINDS)).first():
            raise ExternalUnavailable(f"The feed {failing.kind} cannot be read.", code=failing.last_error or "feed_failing")
        unread = mine.filter(pk__in=feeds).exclude(completed_at__gte=began).exists()
        if not unread and not _owed(connection) and not owe_unread():  # those without a line of their own in the threads
            return
        if time.monotonic() > until:
            raise ExternalUnavailable("It did not finish in time; run it again, or let the workers go on.", code="time_is_up")
        if not did:
            time.sleep(0.2)


def _turn(stream_id: UUID) -> bool:
    end = time.monotonic() + TURN_SECONDS
    return read_feed(stream_id=stream_id, go_on=lambda: time.monotonic() < end) is not Outcome.BUSY


def _tried(step: Callable[[Any], int], what: Any) -> int:
    """What it did. Whom the database sends away (a lock, a restart) comes again: the work was given back and stays owed."""
    try:
        return int(step(what))
    except OperationalError as exc:
        log.warning("work_put_off", kind="import", code=type(exc).__name__, count=1)
        close_old_connections()
        return 0


def _owed(connection: Connection) -> bool:
    """Whether something of this connection waits that has not been tried in vain; that the database sent it away is no answer."""
    ours = Ticket.objects.filter(pk=OuterRef("object_id"), connection=connection)
    rows = Outbox.objects.filter(Q(attempts=0) | Q(last_error=OperationalError.__name__), kind__in=READING)
    return rows.filter(Q(kind=Outbox.Kind.ROW) | Exists(ours)).exists()


def _show(connection: Connection, bar: ProgressBar) -> None:
    if bar.shown:
        rows = Ticket.objects.filter(connection=connection, deleted=False)
        tickets, threads = rows.count(), rows.exclude(thread_version="").count()
        bar.show(tickets + threads, f"{tickets} tickets, {threads} threads")
