"""How cases went: what customers said of it, in words, and what time agents spent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, CharField, Count, F, OuterRef, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce, JSONObject, NullIf
from django.utils.translation import gettext as _

from apps.core.times import duration
from apps.platforms.models import Ticket
from apps.platforms.ratings import Rating, TimeEntry

SHOWN = 10  # ratings of one ticket
SPENT = 30  # entries of one ticket; the sums are of all


@dataclass(frozen=True, slots=True)
class Said:
    """One rating, for people."""

    words: str
    icon: str
    comment: str
    at: datetime
    by: str  # whoever gave it, where it was not the ticket's customer


@dataclass(frozen=True, slots=True)
class Spent:
    """One time entry, for people."""

    length: str
    agent: str
    note: str
    billable: bool
    running: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Times:
    """What a ticket took: sums of all entries, and the latest of them."""

    total: str
    billable: str  # "" where none of it is
    count: int
    entries: list[Spent]

    @property
    def more(self) -> int:
        """Entries beyond those listed."""
        return self.count - len(self.entries)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Of a ticket, newest first; and the last rating of each of the others."""

    own: list[Said] = field(default_factory=list)
    others: dict[str, Said] = field(default_factory=dict)  # by our id
    times: Times | None = None

    @property
    def last(self) -> Said | None:
        return self.own[0] if self.own else None


def outcomes_of(ticket: Ticket, others: Iterable[str] = ()) -> Outcomes:
    """One statement for all of them. Whoever asks may read the ticket and the others, and notes of agents."""
    rows = Ticket.objects.filter(pk__in={ticket.pk, *map(UUID, others)})
    told = {key: facts for key, *facts in rows.values_list("pk", _ratings(), _entries(ticket), _sums(ticket))}
    own, entries, sums = told.pop(ticket.pk, ([], [], []))
    last = {str(key): _said(ratings[0], None) for key, (ratings, *_rest) in told.items() if ratings}
    return Outcomes([_said(one, ticket.customer_id) for one in own], last, _times(entries, sums))


def score_words(score: int | None) -> str:
    """A step of the scale, as the helpdesk names it."""
    return {
        3: _("Extremely happy"), 2: _("Very happy"), 1: _("Happy"), 0: _("Neutral"), -1: _("Unhappy"),
        -2: _("Very unhappy"), -3: _("Extremely unhappy"), None: _("On a scale of the helpdesk’s own"),
    }[score]  # fmt: skip


def _ratings() -> ArraySubquery:
    rows = Rating.objects.filter(ticket=OuterRef("pk")).order_by("-created_at", "-pk")
    facts = {"score": "score", "comment": "feedback", "at": "created_at", "person": "person_id", "by": _name("person")}
    return ArraySubquery(rows.values(told=JSONObject(**facts))[:SHOWN])


def _entries(ticket: Ticket) -> ArraySubquery:
    rows = _spent(ticket).order_by("-spent_at", "-pk")
    facts = {"minutes": "minutes", "agent": _name("agent"), "note": "note", "billable": "billable", "running": "running", "at": "spent_at"}
    return ArraySubquery(rows.values(told=JSONObject(**facts))[:SPENT])


def _sums(ticket: Ticket) -> ArraySubquery:
    billable = Coalesce(Sum(Case(When(billable=True, then=F("minutes")))), 0)
    rows = _spent(ticket).order_by().values("ticket").annotate(
        told=JSONObject(minutes=Sum("minutes"), billable=billable, count=Count("pk"))
    )  # fmt: skip
    return ArraySubquery(rows.values("told"))


def _spent(ticket: Ticket) -> QuerySet[TimeEntry]:
    """Of this ticket alone, whichever row asks."""
    return TimeEntry.objects.filter(ticket=OuterRef("pk")).filter(ticket=ticket.pk)


def _name(person: str) -> Coalesce:
    """As the person is shown everywhere."""
    ways = [NullIf(f"{person}__{one}", Value("")) for one in ("name", "email", "remote_id")]
    return Coalesce(*ways, Value(""), output_field=CharField())


def _said(row: dict[str, Any], customer: UUID | None) -> Said:
    score: int | None = row["score"]
    icon = "flat" if not score else "calm" if score > 0 else "upset"
    by = row["by"] if row["person"] and customer and row["person"] != str(customer) else ""
    return Said(score_words(score), icon, row["comment"], datetime.fromisoformat(row["at"]), by)


def _times(entries: list[dict[str, Any]], sums: list[dict[str, Any]]) -> Times | None:
    if not sums:
        return None
    spent = [
        Spent(_length(one["minutes"]), one["agent"], one["note"], one["billable"], one["running"], datetime.fromisoformat(one["at"]))
        for one in entries
    ]  # fmt: skip
    [total] = sums
    return Times(_length(total["minutes"]), _length(total["billable"]) if total["billable"] else "", total["count"], spent)


def _length(minutes: int) -> str:
    return duration(timedelta(minutes=minutes))
