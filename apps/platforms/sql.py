"""Compiled SQL of what every request of an agent asks: which agents of the helpdesks they are (decisions 14)."""

from __future__ import annotations

from uuid import UUID

import orjson
from django.db import connection

# cast to text: a kept statement must not change its answer's types while a migration widens a column
AGENTS = """
SELECT a.connection_id, a.id, a.scope::text AS scope, a.groups::text AS groups FROM platforms_person a
WHERE a.user_id = %s AND a.kind = 'agent'
"""
AgentRow = tuple[UUID, UUID, str, list[str]]


def find_agents(user_id: UUID) -> list[AgentRow]:
    """(connection, agent, scope, groups) of every agent this person is connected with."""
    with connection.prepared_cursor() as cursor:
        cursor.execute(AGENTS, [user_id])
        return [(home, agent, scope, orjson.loads(groups)) for home, agent, scope, groups in cursor.fetchall()]
