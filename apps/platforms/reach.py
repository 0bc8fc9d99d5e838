"""Which tickets a person may read: what their helpdesk shows them there, and no more here (docs/decisions/0054).

Whoever shows tickets, or anything made of their words, asks once per request and hands the answer on:

    reach = reach_of(request.user)
    Ticket.objects.shown().within(reach)            # rows
    search(question, Wanted(reach=reach, …))        # the vector engine, then the rows again
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from apps.accounts.models import Role
from apps.accounts.permissions import VISITOR
from apps.accounts.reach import ALL_TICKETS, Reach
from apps.platforms.models import Person
from apps.platforms.sql import AgentRow, find_agents

SEES_ALL = frozenset({Role.ADMIN, Role.PRIVACY, VISITOR})  # they answer for every row, or were let in to look at it


def reach_of(person: Any, agents: Iterable[AgentRow] | None = None) -> Reach:
    """The reach of a person, or of whoever a token acts for. One short statement, none for those who see everything.

    `agents`: where another statement has brought what AGENTS asks for.

    What is stored counts, also of an address that is no longer proven: connecting somebody only ever takes away here.
    """
    if person.role in SEES_ALL:
        return ALL_TICKETS
    return reach_of_agents(find_agents(person.pk) if agents is None else agents)


def reach_of_agents(rows: Iterable[AgentRow]) -> Reach:
    """(pure) Who is several agents of one helpdesk reads what each of them may; who is none there reads all of it."""
    homes: dict[UUID, list[AgentRow]] = {}
    for row in rows:
        homes.setdefault(row[0], []).append(row)
    limited = {home: rows for home, rows in homes.items() if all(scope != Person.Scope.ALL for _, _, scope, _ in rows)}
    agents = [row for rows in limited.values() for row in rows]
    groups = {UUID(one) for _, _, scope, groups in agents if scope == Person.Scope.GROUP for one in groups}
    return Reach(tuple(sorted(limited)), tuple(sorted(groups)), tuple(sorted(agent for _, agent, _, _ in agents)))
