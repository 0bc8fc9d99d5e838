"""Which tickets and articles a person may read: what their helpdesk shows them there, and no more here (docs/decisions/0054).

Whoever shows tickets, or anything made of their words, asks once per request and hands the answer on:

    reach = reach_of(request.user)
    Ticket.objects.shown().within(reach)            # rows
    search(question, Wanted(reach=reach, …))        # the vector engine, then the rows again
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from apps.accounts.models import Role
from apps.accounts.permissions import VISITOR
from apps.accounts.reach import ALL_TICKETS, Reach
from apps.platforms.models import Person
from apps.platforms.sql import AgentRow, Standing, find_agents

SEES_ALL = frozenset({Role.ADMIN, Role.PRIVACY, VISITOR})  # they answer for every row, or were let in to look at it


def reach_of(person: Any, standing: Standing | None = None) -> Reach:
    """The reach of a person, or of whoever a token acts for. One short statement, none for those who see everything.

    `standing`: where another statement has brought what AGENTS asks for.

    What is stored counts, also of an address that is no longer proven: connecting somebody only ever takes away here.
    """
    if person.role in SEES_ALL:
        return ALL_TICKETS
    return reach_of_agents(find_agents(person.pk) if standing is None else standing)


def reach_of_agents(standing: Standing) -> Reach:
    """(pure) Who is several agents of one helpdesk reads what each of them may; who is none there reads all tickets of it,
    and no article whose readers are told."""
    homes: dict[UUID, list[AgentRow]] = {}
    for row in standing.agents:
        homes.setdefault(row.home, []).append(row)
    limited = {home: rows for home, rows in homes.items() if all(one.scope != Person.Scope.ALL for one in rows)}
    agents = [row for rows in limited.values() for row in rows]
    groups = {UUID(one) for row in agents if row.scope == Person.Scope.GROUP for one in row.groups}
    met = tuple(sorted(_met(homes))) if standing.closed else None
    return Reach(tuple(sorted(limited)), tuple(sorted(groups)), tuple(sorted(row.agent for row in agents)), met)


def _met(homes: Mapping[UUID, Sequence[AgentRow]]) -> Iterable[tuple[UUID, tuple[str, ...]]]:
    """Criteria that somebody meets as any of their agents: what bars one of them bars them all."""
    for home, rows in homes.items():
        known = [row.criteria for row in rows if row.criteria is not None]
        if len(known) == len(rows):
            yield home, tuple(sorted({one for criteria in known for one in criteria}))
