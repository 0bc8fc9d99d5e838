"""How far mirror and index are, in counts a person can check: feeds, lag, budget left, failures by kind."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Min, Sum
from django.utils import timezone

from apps.ingest.counting import count_things, totals
from apps.ingest.deadletters import dead_counts
from apps.ingest.models import Hook, Outbox, Stream
from apps.ingest.timing import stages
from apps.platforms.budget import budget_of
from apps.platforms.models import Connection


def progress(*, kept: bool = False) -> dict[str, Any]:
    """State of the bound company. Ages are seconds. `done`: the first sync is over and nothing is owed that
    anybody waits for: the second meaning of articles and mails come behind. `kept`: the totals too may be those of `counted_at`,
    as what is told of each connection always is."""
    things = count_things()
    owed = dict(Outbox.objects.values_list("kind").annotate(count=Count("id")))
    feeds = [_feed(stream) for stream in Stream.objects.select_related("connection").order_by("connection_id", "kind")]
    failures = Outbox.objects.filter(attempts__gt=0).exclude(last_error="")
    by_kind = failures.values("kind", "last_error").annotate(count=Count("id")).order_by("kind", "last_error")
    oldest = Outbox.objects.aggregate(at=Min("due_at"))["at"]
    return {
        **(things["totals"] if kept else totals()),
        "counted_at": things["at"],
        "owed": owed,
        "owed_age_s": _age(oldest),
        "failing": Outbox.objects.filter(attempts__gt=0).count(),
        "failures": [{"kind": row["kind"], "code": row["last_error"], "count": row["count"]} for row in by_kind],
        "dead": dead_counts(),
        "held": Stream.objects.aggregate(held=Sum("held"))["held"] or 0,
        "feeds": feeds,
        "stages": stages(),
        "connections": _connections(things["connections"]),
        "done": bool(feeds)
        and all(feed["first_completed_at"] for feed in feeds)
        and not owed.keys() - Outbox.BEHIND,
    }


def _feed(stream: Stream) -> dict[str, Any]:
    reading = stream.lease_until is not None and stream.lease_until > timezone.now()
    return {
        "account": stream.connection.account,
        "feed": stream.kind,
        "pages": stream.pages,
        "items": stream.items,
        "reading": reading,
        "completed_at": stream.completed_at,
        "first_completed_at": stream.first_completed_at,
        "lag_s": _age(stream.completed_at),
        "next_at": stream.next_at,
        "failures": stream.failures,
        "last_error": stream.last_error,
        "held": stream.held,
    }


def _connections(things: dict[str, Any]) -> list[dict[str, Any]]:
    hooks = {hook.connection_id: hook for hook in Hook.objects.all()}
    nothing = {"resources": [], "bars": [], "by": "week"}
    return [
        _connection(one, hooks.get(one.pk)) | things.get(str(one.pk), nothing) for one in Connection.objects.order_by("account")
    ]


def _connection(connection: Connection, hook: Hook | None) -> dict[str, Any]:
    """`resources`, `bars` and `by` of counting.py are added to it."""
    told = budget_of(connection.pk)
    return {
        "id": connection.pk,
        "account": connection.account,
        "state": connection.state,
        "last_error": connection.last_error,
        "calls_per_minute": told.total if told.total is not None else connection.calls_per_minute,
        "calls_left": told.left,
        "calls_left_age_s": told.age_s,
        "rests_s": told.rests_s,
        "checked_at": connection.checked_at,
        "check": connection.check_report,
        "slow": told.slow,
        "bad_calls": told.bad,
        "webhook": {"made_at": hook.made_at, "heard_at": hook.heard_at} if hook else None,
    }


def _age(moment: Any) -> float | None:
    return None if moment is None else max(0.0, round((timezone.now() - moment).total_seconds(), 1))
