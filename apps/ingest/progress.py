"""How far mirror and index are, in counts a person can check."""

from __future__ import annotations

from typing import Any

from django.db.models import Count

from apps.ingest.deadletters import dead_counts
from apps.ingest.models import Outbox, Stream
from apps.platforms.models import Article, Connection, Message, Ticket
from apps.search.models import Chunk


def progress() -> dict[str, Any]:
    """Counts, owed work by kind, and each feed's state of the bound company. `done`: first sync over, nothing owed."""
    owed = dict(Outbox.objects.values_list("kind").annotate(count=Count("id")))
    feeds = [
        {
            "account": stream.connection.account,
            "feed": stream.kind,
            "pages": stream.pages,
            "items": stream.items,
            "completed_at": stream.completed_at,
            "first_completed_at": stream.first_completed_at,
            "failures": stream.failures,
            "last_error": stream.last_error,
        }
        for stream in Stream.objects.select_related("connection").order_by("connection_id", "kind")
    ]
    states = list(Connection.objects.values("account", "state", "last_error"))
    return {
        "tickets": Ticket.objects.shown().count(),
        "messages": Message.objects.count(),
        "articles": Article.objects.filter(deleted=False).count(),
        "chunks": Chunk.objects.count(),
        "owed": owed,
        "failing": Outbox.objects.filter(attempts__gt=0).count(),
        "dead": dead_counts(),
        "feeds": feeds,
        "connections": states,
        "done": bool(feeds) and all(feed["first_completed_at"] for feed in feeds) and not owed,
    }
