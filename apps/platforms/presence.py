"""Who else has a ticket open, or writes on it: told for a moment by their pages, kept in the product's cache alone.

Without the cache nobody is seen, and nothing else is lost.
"""

from __future__ import annotations

import time
from typing import Any

from apps.accounts.models import User
from apps.platforms.models import Ticket
from apps.tenancy.cache import MISS, declare

OPEN_SECONDS, TYPING_SECONDS = 75, 20  # since a page last told
SEEN = declare("platforms.presence", seconds=120, most=5000)


def tell(ticket: Ticket, person: Any, *, typing: bool) -> None:
    """This person has the ticket open now. Two who tell at the same moment may lose one: they tell again."""
    now = int(time.time())
    known = {key: told for key, told in _told(ticket).items() if told[0] > now - OPEN_SECONDS}
    known[str(person.pk)] = [now, now if typing else known.get(str(person.pk), [0, 0])[1]]
    SEEN.put(str(ticket.pk), value=known)


def others_on(ticket: Ticket, person: Any) -> list[tuple[str, bool]]:
    """(name, whether they type) of all others who have it open."""
    now = int(time.time())
    there = {
        key: told[1] > now - TYPING_SECONDS
        for key, told in _told(ticket).items()
        if key != str(person.pk) and told[0] > now - OPEN_SECONDS
    }
    people = User.objects.filter(pk__in=there).order_by("name").values_list("pk", "name") if there else ()
    return [(name, there[str(key)]) for key, name in people]


def _told(ticket: Ticket) -> dict[str, list[int]]:
    found = SEEN.get(str(ticket.pk))
    return {} if found is MISS else found
