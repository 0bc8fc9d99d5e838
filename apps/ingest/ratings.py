"""Ratings of customers, and time that agents spent: of tickets we hold (docs/decisions/0072)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from apps.ingest.models import Stream
from apps.ingest.walks import Listing, lock_tickets
from apps.platforms.models import Connection, Person
from apps.platforms.outcomedata import RatingData, TimeData
from apps.platforms.ratings import Rating, TimeEntry

SEEN = ["sweep", "missed"]


def store_ratings(connection: Connection, items: Sequence[RatingData], sweep: int) -> None:
    """In the caller's transaction. A ticket that is erased just now has none left behind."""
    tickets = lock_tickets(connection, [one.ticket_id for one in items])
    people = _people(connection, [one.person_id for one in items])
    told = {one.remote_id: one for one in items if one.ticket_id in tickets}
    rows = [
        Rating(
            connection=connection, ticket_id=tickets[one.ticket_id], person_id=people.get(one.person_id), remote_id=key,
            score=one.score, feedback=one.feedback.replace("\x00", ""), created_at=one.created_at, sweep=sweep,
        )
        for key, one in sorted(told.items())
    ]  # fmt: skip
    Rating.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["connection", "remote_id"],
        update_fields=["ticket", "person", "score", "feedback", "created_at", *SEEN],
    )  # fmt: skip


def store_times(connection: Connection, items: Sequence[TimeData], sweep: int) -> None:
    """The same for what agents noted of their time."""
    tickets = lock_tickets(connection, [one.ticket_id for one in items])
    people = _people(connection, [one.agent_id for one in items])
    told = {one.remote_id: one for one in items if one.ticket_id in tickets}
    rows = [
        TimeEntry(
            connection=connection, ticket_id=tickets[one.ticket_id], agent_id=people.get(one.agent_id), remote_id=key,
            minutes=one.minutes, billable=one.billable, running=one.running, note=one.note.replace("\x00", ""),
            spent_at=one.spent_at, sweep=sweep,
        )
        for key, one in sorted(told.items())
    ]  # fmt: skip
    TimeEntry.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["connection", "remote_id"],
        update_fields=["ticket", "agent", "minutes", "billable", "running", "note", "spent_at", *SEEN],
    )  # fmt: skip


def _people(connection: Connection, numbers: Sequence[str]) -> dict[str, object]:
    named = {one for one in numbers if one}
    return dict(Person.objects.filter(connection=connection, remote_id__in=named).values_list("remote_id", "pk"))


LISTS = {
    Stream.Kind.RATINGS: Listing(Rating, "first_ratings", "fetch_ratings", store_ratings, "created_at", timedelta(hours=1)),
    # agents note today what they did yesterday
    Stream.Kind.TIMES: Listing(TimeEntry, "first_times", "fetch_times", store_times, "spent_at", timedelta(days=1)),
}
