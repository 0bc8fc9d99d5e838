"""Is every connection read? Looked at every few minutes, from outside: nothing that reads has to say that it stands still."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from apps.ingest.models import Notice, Stream, Watch
from apps.ingest.notices import end_notice, open_notice
from apps.platforms.models import Connection

STUCK = timedelta(hours=1)  # without a page of tickets
TURNS = 3  # of a feed that is read seldom: not stuck before so many were missed
BLIND = timedelta(minutes=15)  # between two looks: three were missed, the site itself was away
REST = timedelta(hours=6)  # between two notices of a helpdesk that comes and goes
KEPT = timedelta(days=90)
FEEDS = (Stream.Kind.TICKETS, Stream.Kind.HISTORY)  # others may be forbidden, or move without a call


def watch() -> None:
    """Look at every connection of the bound company: open a notice, or end one."""
    for connection_id in Connection.objects.values_list("pk", flat=True):
        with transaction.atomic():
            _look(connection_id)
    Notice.objects.filter(ended_at__lt=timezone.now() - KEPT).delete()


def _look(connection_id: UUID) -> None:
    """No key update: rows that refer to the connection are written meanwhile."""
    connection = Connection.objects.select_for_update(no_key=True).filter(pk=connection_id).first()
    if connection is None:
        return
    now = timezone.now()
    if connection.state == Connection.State.REJECTED:  # said at once; here for one that was refused by an older release
        open_notice(connection_id, Notice.Reason.REFUSED, code=connection.last_error, since=now)
        return
    held = Notice.objects.filter(connection=connection_id, ended_at=None).first()
    if held is not None and held.reason == Notice.Reason.REFUSED:
        end_notice(held)
        held = None
    since, moves = _since(connection)
    if held is not None and moves:
        end_notice(held)
    elif held is None and now - since >= _patience() and not _told_lately(connection_id):
        open_notice(connection_id, Notice.Reason.STUCK, code=_why(connection_id), since=since)


def _since(connection: Connection) -> tuple[datetime, bool]:
    """Since when no page of tickets came, and whether one has come since the last look. Time in which nobody looked, or
    somebody had paused it, does not count."""
    now = timezone.now()
    rows = Stream.objects.filter(connection=connection, kind__in=FEEDS)
    pages = rows.aggregate(pages=Sum("pages"))["pages"] or 0
    before = Watch.objects.filter(connection=connection).first()
    moves = before is not None and pages != before.pages
    counts = before is not None and connection.state == Connection.State.ACTIVE and now - before.looked_at <= BLIND
    since = before.moved_at if before is not None and counts and not moves else now
    facts = {"pages": pages, "moved_at": since, "looked_at": now}
    Watch.objects.update_or_create(connection=connection, defaults=facts)
    return since, moves


def _patience() -> timedelta:
    """An hour; longer where feeds are read seldom by intention."""
    seldom = max(settings.POLL_SECONDS, settings.POLL_SLOWEST_SECONDS)
    return max(STUCK, timedelta(seconds=TURNS * seldom))


def _told_lately(connection_id: UUID) -> bool:
    stuck = Notice.objects.filter(connection=connection_id, reason=Notice.Reason.STUCK)
    return stuck.filter(opened_at__gt=timezone.now() - REST).exists()


def _why(connection_id: UUID) -> str:
    """The newest reason its feeds of tickets gave, if any did: work that nobody takes up gives none."""
    rows = Stream.objects.filter(connection=connection_id, kind__in=FEEDS).exclude(last_error="")
    return rows.order_by("-failures").values_list("last_error", flat=True).first() or ""
