"""Ready answers where an agent can use them: on the page of a ticket, those that speak of it first, and in the search."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from apps.accounts.permissions import may
from apps.assistant.highlighting import query_terms, shared
from apps.platforms.canned import Filled, fill, ready_for
from apps.platforms.models import Connection, Message, Ticket
from apps.platforms.ready import ReadyAnswer

OFFERED, FOUND, LETTER = 30, 3, 700


@dataclass(frozen=True, slots=True)
class Offer:
    """`lines`: answers this person may use, best first; `filled`: the one that was chosen, for this ticket."""

    lines: list[ReadyAnswer] = field(default_factory=list)
    filled: Filled | None = None


def offer(person: Any, ticket: Ticket, connection: Connection, chosen: str) -> Offer:
    """In the caller's transaction. `chosen`: the id of one of them, or nothing."""
    if not may("replies.send", person.role) or not ReadyAnswer.objects.filter(connection=connection).exists():
        return Offer()
    rows = list(ready_for(person, connection))
    first = Message.objects.filter(ticket=ticket, number=1).values_list("text", flat=True).first() or ""
    lines = _ordered(rows, f"{ticket.subject}\n{first[:LETTER]}", ticket.language or "en")
    wanted = _id(chosen)
    picked = next((one for one in rows if one.pk == wanted), None)
    return Offer([one for one, _held in lines[:OFFERED]], fill(picked, ticket, connection) if picked else None)


def matching(person: Any, text: str, language: str) -> list[ReadyAnswer]:
    """Those of all accounts that hold more than half of the words."""
    if not may("replies.send", person.role):
        return []
    rows = [row for connection in Connection.objects.all() for row in ready_for(person, connection)]
    least = len(query_terms(text, language)) / 2
    return [one for one, held in _ordered(rows, text, language) if held > least][:FOUND]


def _ordered(rows: list[ReadyAnswer], text: str, language: str) -> list[tuple[ReadyAnswer, int]]:
    """By how many of the words they hold, then by title."""
    terms = query_terms(text, language)
    held = [(row, len(shared(f"{row.title} {row.text}", terms, language))) for row in rows]
    return sorted(held, key=lambda one: (-one[1], one[0].title))


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
