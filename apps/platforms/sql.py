"""Compiled SQL of what every request of an agent asks: which agents of the helpdesks they are (decisions 14)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.db import connection

# cast to text: a kept statement must not change its answer's types while a migration widens a column
AGENTS = """
SELECT a.connection_id, a.id, a.scope::text AS scope, a.groups::text AS groups, a.criteria::text AS criteria, k.closed
FROM (SELECT EXISTS (
    SELECT FROM platforms_article WHERE NOT (readers = '[]'::jsonb) OR NOT (barred = '[]'::jsonb)) AS closed) k
LEFT JOIN platforms_person a ON a.user_id = %s AND a.kind = 'agent'
"""


class AgentRow(NamedTuple):
    """An agent of a helpdesk. `criteria`: of articles, that they meet; None: not known."""

    home: UUID
    agent: UUID
    scope: str
    groups: list[str]
    criteria: list[str] | None


class Standing(NamedTuple):
    """Every agent a person is, and whether there are articles that not everybody may read."""

    agents: list[AgentRow]
    closed: bool

    @classmethod
    def of(cls, rows: Iterable[Any]) -> Standing:
        """From rows as AGENTS tells them, the last of them of nobody where the person is no agent."""
        rows = list(rows)
        agents = [
            AgentRow(UUID(str(home)), UUID(str(agent)), scope, orjson.loads(groups), orjson.loads(criteria or "null"))
            for home, agent, scope, groups, criteria, _closed in rows if agent is not None
        ]  # fmt: skip
        return cls(agents, any(row[5] for row in rows))


def find_agents(user_id: UUID) -> Standing:
    with connection.prepared_cursor() as cursor:
        cursor.execute(AGENTS, [user_id])
        return Standing.of(cursor.fetchall())
