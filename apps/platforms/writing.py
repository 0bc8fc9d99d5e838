"""What the ticket page shows of writing back: whether this person may, what is under way, what they have begun.

Reading alone: nothing here sends anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils import timezone

from apps.accounts.permissions import may
from apps.platforms.labels import line_for
from apps.platforms.models import Connection, Group, Person, Ticket
from apps.platforms.ordering import RECENT, agent_for, next_key, why_not
from apps.platforms.outgoing import Outgoing, Unsent
from apps.platforms.presence import others_on
from apps.platforms.words import order_words, priority_names, refusal_words

AGENTS_SHOWN = 500
Choice = tuple[str, str, bool]  # value, words, whether it is the present one


@dataclass(frozen=True, slots=True)
class Line:
    """An order as its ticket's page tells of it."""

    order: Outgoing
    words: str
    tone: str
    mine: bool

    @property
    def again(self) -> bool:
        return self.mine and self.order.state == Outgoing.State.FAILED


@dataclass(frozen=True, slots=True)
class Writing:
    """`why`: the reason in words why nothing may be written; '' when it may."""

    why: str
    key: str
    recipient: str
    lines: list[Line] = field(default_factory=list)
    text: str = ""
    from_draft: bool = False
    discarded: bool = False
    others: list[tuple[str, bool]] = field(default_factory=list)
    statuses: list[Choice] = field(default_factory=list)
    priorities: list[Choice] = field(default_factory=list)
    groups: list[Choice] = field(default_factory=list)
    agents: list[Choice] = field(default_factory=list)
    tags: str = ""
    note_line: str = ""  # what a note into which a suggestion was inserted ends with

    @property
    def waits(self) -> bool:
        return any(one.order.is_open for one in self.lines)


def writing_of(person: Any, ticket: Ticket, connection: Connection) -> Writing | None:
    """In the caller's transaction; None for whoever's role never writes (a visit of support)."""
    if not may("replies.send", person.role):
        return None
    code = why_not(agent_for(person, connection.pk), connection, ticket)
    begun = Unsent.objects.filter(user_id=person.pk, ticket=ticket).first()
    shown = Writing(
        why=refusal_words(code) if code else "", key=next_key(person, ticket), recipient=recipient_of(ticket),
        lines=lines_of(person, ticket), text=begun.text if begun else "", from_draft=bool(begun and begun.from_draft),
        discarded=bool(begun and begun.before and not begun.text), others=others_on(ticket, person),
        note_line=line_for(connection, ticket, Outgoing.Kind.NOTE, from_draft=True),
        **({} if code else _choices(ticket, connection)),
    )  # fmt: skip
    return shown


def recipient_of(ticket: Ticket) -> str:
    """Who gets a public reply, as its confirmation names them; '' when they have no address."""
    customer = ticket.customer
    if customer is None or not customer.email:
        return ""
    return f"{customer.name} <{customer.email}>" if customer.name else customer.email


def lines_of(person: Any, ticket: Ticket) -> list[Line]:
    """What is under way or went wrong, and what was sent a moment ago."""
    lately = Q(state=Outgoing.State.SENT, ended_at__gt=timezone.now() - RECENT)
    failed = Q(state=Outgoing.State.FAILED, user_id=person.pk)
    rows = Outgoing.objects.filter(Q(state__in=Outgoing.OPEN) | lately | failed, ticket=ticket).order_by("-pk")[:5]
    return [Line(row, *order_words(row.kind, row.state, row.code), row.user_id == person.pk) for row in reversed(rows)]


def _choices(ticket: Ticket, connection: Connection) -> dict[str, Any]:
    groups = Group.objects.filter(connection=connection).order_by("name").values_list("remote_id", "name")
    agents = Person.objects.filter(connection=connection, kind=Person.Kind.AGENT).order_by("name")[:AGENTS_SHOWN]
    group = ticket.group.remote_id if ticket.group else ""
    agent = ticket.agent.remote_id if ticket.agent else ""
    named = [(one.remote_id, str(one), one.remote_id == agent) for one in agents]
    if ticket.agent and not any(now for _key, _name, now in named):  # a form without the present agent would take them off
        named.insert(0, (agent, str(ticket.agent), True))
    return {
        "statuses": [(str(one["value"]), one["label"], str(one["value"]) == ticket.status_value) for one in connection.statuses],
        "priorities": [(str(value), words, value == ticket.priority) for value, words in priority_names().items()],
        "groups": [(key, name, key == group) for key, name in groups],
        "agents": named,
        "tags": ", ".join(ticket.tags),
    }
