"""How cases ended: what customers said of it, in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.platforms.models import Ticket
from apps.platforms.ratings import Rating

SHOWN = 10  # of one ticket


@dataclass(frozen=True, slots=True)
class Said:
    """One rating, for people."""

    words: str
    icon: str
    comment: str
    at: datetime
    by: str  # whoever gave it, where it was not the ticket's customer


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Of a ticket, newest first; and the last one of each of the others."""

    own: list[Said] = field(default_factory=list)
    others: dict[str, Said] = field(default_factory=dict)  # by our id

    @property
    def last(self) -> Said | None:
        return self.own[0] if self.own else None


def outcomes_of(ticket: Ticket, others: Iterable[str] = ()) -> Outcomes:
    """One statement for all of them. Whoever asks may read the ticket and the others."""
    rows = Rating.objects.filter(ticket__in={ticket.pk, *map(UUID, others)}).select_related("person").order_by("-created_at", "-pk")
    own: list[Said] = []
    last: dict[str, Said] = {}
    for row in rows:
        if row.ticket_id == ticket.pk:
            own.append(_said(row, ticket.customer_id))
        else:
            last.setdefault(str(row.ticket_id), _said(row, None))
    return Outcomes(own[:SHOWN], last)


def score_words(score: int | None) -> str:
    """A step of the scale, as the helpdesk names it."""
    return {
        3: _("Extremely happy"), 2: _("Very happy"), 1: _("Happy"), 0: _("Neutral"), -1: _("Unhappy"),
        -2: _("Very unhappy"), -3: _("Extremely unhappy"), None: _("On a scale of the helpdesk’s own"),
    }[score]  # fmt: skip


def _said(row: Any, customer: UUID | None) -> Said:
    score: int | None = row.score
    icon = "flat" if not score else "calm" if score > 0 else "upset"
    by = str(row.person) if row.person and customer and row.person_id != customer else ""
    return Said(score_words(score), icon, row.feedback, row.created_at, by)
