"""Why there is no brief yet: what a page says in its place once that takes longer than it should."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from apps.ingest.models import Outbox
from apps.platforms.models import Ticket

LATE = timedelta(seconds=60)  # a worker that is there has begun by then, or has much to do
LEADS_TO_BRIEF = (Outbox.Kind.THREAD, Outbox.Kind.INDEX_TICKET, Outbox.Kind.BRIEF)
INDEX, WORK = "index", "work"
INDEX_CODES = frozenset({"index_unavailable"})


def delay_of(ticket: Ticket) -> str:
    """What a missing brief waits for: `index` (the vector engine does not answer), `work` (workers are late), '' (nothing
    is late yet)."""
    owed = list(
        Outbox.objects.filter(kind__in=LEADS_TO_BRIEF, object_id=ticket.pk).values_list("last_error", "due_at", "attempts")
    )
    if any(error in INDEX_CODES for error, _due, _attempts in owed):
        return INDEX
    border = timezone.now() - LATE
    return WORK if any(due < border or attempts > 1 for _error, due, attempts in owed) else ""


def delay_code(code: str) -> str:
    """The same for a brief that could not be composed: the code of what was raised."""
    return INDEX if code in INDEX_CODES else WORK
