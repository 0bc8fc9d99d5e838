"""Tickets that hang together, as far as their reader may know: what is out of reach is as if it were not there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.db.models import Q

from apps.accounts.reach import Reach
from apps.assistant.extractive.inputs import Passage
from apps.platforms.models import Ticket
from apps.platforms.related import TicketLink

MERGED_INTO, MERGED_FROM = str(TicketLink.Kind.MERGED_INTO), "merged_from"
# either end may have told: what this one is to the other
BACK = {"parent": "child", "child": "parent", "tracker": "related", "related": "tracker", MERGED_INTO: MERGED_FROM}
MERGES_MOST = 5  # in a row


@dataclass(frozen=True, slots=True)
class Linked:
    """`merged`: the ticket went into another one, which is `into` when the reader may see it. The rest: tickets they may see."""

    merged: bool = False
    into: Ticket | None = None
    others: dict[str, list[Ticket]] = field(default_factory=dict)  # by kind, oldest first

    @property
    def parent(self) -> Ticket | None:
        return next(iter(self.others.get("parent", [])), None)

    @property
    def children(self) -> list[Ticket]:
        return self.others.get("child", [])

    @property
    def tracker(self) -> Ticket | None:
        return next(iter(self.others.get("tracker", [])), None)

    @property
    def related(self) -> list[Ticket]:
        return self.others.get("related", [])

    @property
    def absorbed(self) -> list[Ticket]:
        return self.others.get(MERGED_FROM, [])

    @property
    def any(self) -> bool:
        return self.merged or bool(self.others)


def is_merged(ticket: Ticket) -> bool:
    """Whether it went into another one. One that waits for somebody again is a ticket like any other."""
    return ticket.is_solved and TicketLink.objects.filter(ticket=ticket, kind=MERGED_INTO).exists()


def linked_to(ticket: Ticket, reach: Reach) -> Linked:
    """What somebody of this reach may know of it. Two short statements, one more where there is something."""
    told = set(TicketLink.objects.filter(ticket=ticket).values_list("kind", "other"))
    back = TicketLink.objects.filter(other=ticket.remote_id, ticket__connection=ticket.connection_id)
    told |= {(BACK[kind], other) for kind, other in back.values_list("kind", "ticket__remote_id")}
    if not told:
        return Linked()
    rows = Ticket.objects.shown().within(reach).filter(connection=ticket.connection_id, remote_id__in={one for _, one in told})
    rows = rows.exclude(pk=ticket.pk).defer("description_html", "description_text").order_by("created_at", "id")
    others: dict[str, list[Ticket]] = defaultdict(list)
    for row in rows:
        for kind in (one for one, number in told if number == row.remote_id):
            if kind != MERGED_FROM or row.is_solved:
                others[kind].append(row)
    merged = ticket.is_solved and any(kind == MERGED_INTO for kind, _ in told)
    into = others.pop(MERGED_INTO, [])
    return Linked(merged, into[0] if merged and into else None, dict(others))


def gather_merged(near: Sequence[Passage], reach: Reach, asked: str) -> list[Passage]:
    """What was found of merged tickets, as found of those they went into: one case is offered once. Nothing of `asked`, and
    nothing of one that went into a ticket somebody still works on. Where the other is not to be seen, it stays as it is."""
    ids = {one.source.ticket_id for one in near if one.source.ticket_id}
    into = _primaries(ids, reach)
    if not into:
        return list(near)
    gathered = [(one, into.get(one.source.ticket_id or "")) for one in near]
    return [
        one if home is None else replace(one, source=one.source.model_copy(update={"ticket_id": str(home.pk)}), family=str(home.pk))
        for one, home in gathered
        if home is None or (home.is_solved and str(home.pk) != asked)
    ]


def _primaries(ids: Iterable[str | None], reach: Reach) -> dict[str, Ticket]:
    """{id of a merged ticket: the one it ended in}"""
    found: dict[str, Ticket] = {}
    at = {key: key for key in (UUID(one) for one in ids if one)}  # where each has got to
    for _ in range(MERGES_MOST):
        links = TicketLink.objects.filter(ticket__in=set(at.values()), kind=MERGED_INTO, ticket__status_category__in=["solved", "closed"])
        steps = {key: (home, other) for key, home, other in links.values_list("ticket_id", "ticket__connection_id", "other")}
        if not steps:
            break
        wanted = Q(pk__in=[])
        for home, other in set(steps.values()):
            wanted |= Q(connection_id=home, remote_id=other)
        rows = Ticket.objects.shown().within(reach).filter(wanted).defer("description_html", "description_text")
        there = {(row.connection_id, row.remote_id): row for row in rows}
        moved = {key: there[steps[place]] for key, place in at.items() if place in steps and steps[place] in there}
        found |= {str(key): row for key, row in moved.items()}
        at = {key: row.pk for key, row in moved.items()}
    return found
