"""Ready answers of a helpdesk: whom they are for, and their placeholders filled from a ticket (docs/decisions/0069)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.db import models

from apps.core.text import html_to_text
from apps.platforms.agents import agents_of
from apps.platforms.links import customer_page
from apps.platforms.models import Connection, Group, Person, Ticket
from apps.platforms.ready import LEFT, ReadyAnswer

_NAMED = re.compile(r"\{\{\s*([a-z_]+(?:\.[a-z_]+)+)\s*\}\}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Filled:
    """An answer for one ticket. `left`: placeholders that nothing here tells, as they stand in the text."""

    text: str
    left: list[str]


def ready_for(person: Any, connection: Connection) -> models.QuerySet[ReadyAnswer]:
    """Those of this account that this person may use: everybody's, and those of the groups of the agents they are."""
    rows = ReadyAnswer.objects.filter(connection=connection)
    held = Person.objects.filter(pk__in=agents_of(person), connection=connection).values_list("groups", flat=True)
    groups = {one for found in held for one in found}
    mine = models.Q()
    for group in groups:
        mine |= models.Q(groups__contains=[group])
    everybody = models.Q(audience=ReadyAnswer.Audience.ALL)
    return rows.filter(everybody | (models.Q(audience=ReadyAnswer.Audience.GROUPS) & mine) if groups else everybody)


def fill(answer: ReadyAnswer, ticket: Ticket, connection: Connection) -> Filled:
    """Its words with the ticket's own in the placeholders we know; what we do not know stays as it is and is named."""
    known = _known(ticket, connection)
    text = _NAMED.sub(lambda found: known.get(found[1].lower()) or found[0], answer.text)
    return Filled(text, list(dict.fromkeys(LEFT.findall(text))))


def _known(ticket: Ticket, connection: Connection) -> dict[str, str]:
    customer, agent = ticket.customer, ticket.agent
    name = customer.name if customer else ""
    first, _space, last = name.partition(" ")
    return {
        "ticket.id": ticket.name, "ticket.subject": ticket.subject, "ticket.status": ticket.status_label,
        "ticket.url": customer_page(connection, ticket.remote_id), "ticket.requester.name": name,
        "ticket.requester.firstname": first, "ticket.requester.lastname": last,
        "ticket.requester.email": customer.email if customer else "", "ticket.agent.name": agent.name if agent else "",
        "ticket.agent.email": agent.email if agent else "", "ticket.group.name": ticket.group.name if ticket.group else "",
        "ticket.product.name": ticket.product.name if ticket.product else "", "ticket.ticket_type": ticket.type,
    }  # fmt: skip


def words_of(html: str) -> str:
    """As it is inserted: plain text, one line a line."""
    return html_to_text(html).strip()


def groups_of(connection: Connection, remote_ids: tuple[str, ...]) -> list[str]:
    rows = Group.objects.filter(connection=connection, remote_id__in=remote_ids)
    return sorted(map(str, rows.values_list("pk", flat=True)))
