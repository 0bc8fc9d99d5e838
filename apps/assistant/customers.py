"""What the ticket page tells of the customer: since when, in which languages, and their other tickets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Min

from apps.accounts.reach import Reach
from apps.platforms.firms import Firm
from apps.platforms.models import Person, Ticket

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer of one helpdesk account. `languages`: of their tickets, commonest first; `total`: this ticket included.

    Whoever has the same address in another account may be somebody else: nobody has proven it, so it is not said.
    """

    person: Person
    total: int
    since: datetime
    languages: list[str]
    others: list[Ticket]
    firm: Firm | None = None  # their company, where it has a name
    colleagues: list[Ticket] = field(default_factory=list)  # what others of it wait for

    @property
    def more(self) -> int:
        """How many others are not shown."""
        return self.total - 1 - len(self.others)


def customer_of(ticket: Ticket, reach: Reach) -> Customer | None:
    """As far as somebody of this reach may know. None for a ticket without a customer. Reads two
    statements, however many tickets there are, and one more where there is a company."""
    if ticket.customer is None:
        return None
    tickets = Ticket.objects.shown().within(reach).filter(customer_id=ticket.customer_id)
    sides = list(tickets.order_by().values_list("language").annotate(Count("pk"), Min("created_at")))
    sides.sort(key=lambda side: (-side[1], side[0]))
    others = tickets.exclude(pk=ticket.pk).order_by("-created_at", "-id")
    return Customer(
        person=ticket.customer,
        total=sum(count for _, count, _ in sides),
        since=min((first for _, _, first in sides), default=ticket.created_at),
        languages=[language for language, _, _ in sides if language],
        others=list(others.defer("description_html", "description_text")[:SHOWN]),
        firm=(firm := ticket.firm if ticket.firm_id and ticket.firm and ticket.firm.name else None),
        colleagues=_of_firm(ticket, reach) if firm else [],
    )


def _of_firm(ticket: Ticket, reach: Reach) -> list[Ticket]:
    """Open tickets of the same company that are another customer's, newest change first."""
    tickets = Ticket.objects.waiting().within(reach).filter(firm=ticket.firm_id).exclude(customer=ticket.customer_id)
    return list(tickets.exclude(pk=ticket.pk).defer("description_html", "description_text").order_by("-updated_at", "-id")[:SHOWN])
