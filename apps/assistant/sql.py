"""Compiled SQL of the ticket list, the hottest read (decisions 14)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.core.errors import BadInput

_LIST = """
SELECT t.id, t.remote_id AS number, t.subject, t.status_label AS status, t.status_category AS category, t.priority,
       t.language, p.name AS customer, g.name AS "group", b.outcome AS draft, t.created_at,
       to_char(t.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS updated_at
FROM platforms_ticket t
LEFT JOIN platforms_person p ON p.id = t.customer_id
LEFT JOIN platforms_group g ON g.id = t.group_id
LEFT JOIN assistant_brief b ON b.ticket_id = t.id
WHERE t.state IN ('live', 'archived') AND NOT t.deleted {status} {after}
ORDER BY t.updated_at DESC, t.id DESC LIMIT %s
"""


def list_tickets(*, status: str, limit: int, after: tuple[str, ...] | None) -> list[dict[str, Any]]:
    """Rows as the API shows them, newest change first, keyset by (updated_at, id)."""
    parameters: list[Any] = []
    if status:
        parameters.append(status)
    if after:
        parameters += _key(after)
    text = _LIST.format(
        status="AND t.status_category = %s" if status else "",
        after="AND (t.updated_at, t.id) < (%s, %s)" if after else "",
    )
    with connection.cursor() as cursor:
        cursor.execute(text, [*parameters, limit])
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _key(after: tuple[str, ...]) -> list[Any]:
    try:
        return [datetime.fromisoformat(after[0]), UUID(after[1])]
    except ValueError as exc:
        raise BadInput("cursor: use the value of 'next' as it was given.", code="cursor_invalid") from exc
