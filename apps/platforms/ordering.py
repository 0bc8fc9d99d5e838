"""What a person asks to be done to a ticket in its helpdesk: written down once a click, whatever the browser repeats.

Nothing here calls a helpdesk: sending.py does, and takes its work from these rows alone.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.core.audit import record_on_commit
from apps.core.errors import BadInput, Conflict, Forbidden
from apps.platforms.agents import agents_like
from apps.platforms.changes import TicketChange
from apps.platforms.markup import clean
from apps.platforms.models import Connection, Person, Ticket
from apps.platforms.outgoing import Outgoing, Unsent
from apps.platforms.ready import LEFT
from apps.platforms.registry import adapter_class
from apps.tenancy.limits import declare_rate, take

TEXT_LIMIT = 60_000  # characters
SENDS = declare_rate("platforms.sends", burst=30, seconds=4)  # of a person
RECENT = timedelta(minutes=10)  # so long a sent one is told of on its ticket's page
_KEY = re.compile(r"[A-Za-z0-9_.:-]{8,60}")
Kind = Outgoing.Kind


def agent_for(person: Any, connection_id: UUID) -> Person | None:
    """The agent of that helpdesk in whose name a person may write; None: they only read (decisions 4)."""
    return next(iter(agents_like(person, connection_id=connection_id)), None)


def why_not(agent: Person | None, connection: Connection, ticket: Ticket) -> str:
    """Why nothing may be written to this ticket by whoever is that agent: a stable code, '' when it may."""
    if not adapter_class(connection.platform).capabilities.write_back:
        return "not_offered"
    if agent is None:
        return "agent_unmapped"
    if connection.state == Connection.State.REJECTED:
        return "connection_refused"
    return "" if ticket.state == Ticket.State.LIVE else "ticket_not_live"


def order(
    *, person: Any, ticket: Ticket, kind: str, key: str, text: str = "", change: TicketChange | None = None,
    from_draft: bool = False, begun: str = "",
) -> Outgoing:  # fmt: skip
    """Write down what is to be done; the same key again brings the order there is. `begun`: the text as it was in the
    composer, where that is another: it is written by then.

    Raises BadInput, Forbidden (why_not), Conflict when the key stands for something else, RateLimited. The caller has
    seen to it that the ticket is within reach.
    """
    text, told = clean(text), change.model_dump(mode="json", exclude_none=True) if change else {}
    _check(kind, key, text, told)
    own_key = f"{person.pk}:{key}"
    if (known := Outgoing.objects.filter(client_key=own_key).first()) is not None:
        return _same(known, ticket, kind, text, told)
    connection = Connection.objects.get(pk=ticket.connection_id)
    agent = agent_for(person, connection.pk)
    if reason := why_not(agent, connection, ticket):
        raise Forbidden("Nothing can be written to this ticket in your name.", code=reason)
    take(SENDS.of(str(person.pk)))
    now = timezone.now()
    with transaction.atomic():
        Ticket.objects.select_for_update().get(pk=ticket.pk)  # orders of a ticket have their numbers in order
        made, fresh = Outgoing.objects.get_or_create(
            client_key=own_key,
            defaults={
                "ticket": ticket, "user_id": person.pk, "agent": agent, "kind": kind, "text": text, "change": told,
                "from_draft": from_draft, "due_at": now, "ordered_at": now,
            },
        )  # fmt: skip
        if not fresh:
            return _same(made, ticket, kind, text, told)
        if kind != Kind.UPDATE:
            Unsent.objects.filter(user_id=person.pk, ticket=ticket, text__in={text, clean(begun) or text}).delete()
        record_on_commit("writing_ordered", subject=f"ticket:{ticket.pk}", kind=kind)
    return made


def order_again(*, person: Any, order: Outgoing) -> bool:
    """Put one that failed back; False when it is under way or done. Raises RateLimited."""
    take(SENDS.of(str(person.pk)))
    now = timezone.now()
    with transaction.atomic():
        failed = Outgoing.objects.filter(pk=order.pk, user_id=person.pk, state=Outgoing.State.FAILED)
        back = failed.update(
            state=Outgoing.State.QUEUED, code="", due_at=now, ordered_at=now, ended_at=None, attempts=0, began_at=None,
            repeat_at=None,
        )  # fmt: skip
        if back:
            record_on_commit("writing_ordered", subject=f"ticket:{order.ticket_id}", kind=order.kind)
    return bool(back)


def next_key(person: Any, ticket: Ticket) -> str:
    """Names what this person does next on this ticket: the same in all their windows until it is done."""
    return f"p:{ticket.pk}:{Outgoing.objects.filter(ticket=ticket, user_id=person.pk).count()}"


def _check(kind: str, key: str, text: str, change: dict[str, Any]) -> None:
    if not _KEY.fullmatch(key):
        raise BadInput("The key: 8 to 60 letters, digits and . : _ -", code="key_invalid")
    if kind == Kind.UPDATE and (text or not change):
        raise BadInput("Say what to change.", code="change_empty")
    if kind != Kind.UPDATE and (change or not text):
        raise BadInput("There is no text.", code="text_empty")
    if kind == Kind.REPLY and LEFT.search(text):
        raise BadInput("The text still holds a placeholder.", code="placeholder_left")
    if len(text) > TEXT_LIMIT:
        raise BadInput(f"The text: at most {TEXT_LIMIT} characters.", code="text_too_long")


def _same(known: Outgoing, ticket: Ticket, kind: str, text: str, change: dict[str, Any]) -> Outgoing:
    if (known.ticket_id, known.kind, known.text, known.change) != (ticket.pk, kind, text, change):
        raise Conflict("This key stands for something else already.", code="key_used")
    return known
