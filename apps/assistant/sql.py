"""Compiled SQL of the ticket list, the hottest read (decisions 14)."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection

from apps.core.errors import BadInput
from apps.platforms.models import Ticket

_COLUMNS = {  # cast to text: a kept statement must not change its answer's types while a migration widens a column
    "id": "t.id", "number": "t.remote_id::text", "subject": "t.subject", "status": "t.status_label::text",
    "category": "t.status_category::text", "priority": "t.priority", "language": "t.language::text",
    "customer": "p.name::text", "group": "g.name::text", "draft": "b.outcome::text",
    "created_at": """to_char(t.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
    "updated_at": """to_char(t.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
}  # fmt: skip
_NAMES = tuple(_COLUMNS)
_LIST = """
SELECT {columns}
FROM platforms_ticket t
LEFT JOIN platforms_person p ON p.id = t.customer_id
LEFT JOIN platforms_group g ON g.id = t.group_id
LEFT JOIN assistant_brief b ON b.ticket_id = t.id
WHERE t.state IN ('live', 'archived') AND NOT t.deleted {status} {after}
ORDER BY t.updated_at DESC, t.id DESC LIMIT {limit}
"""


def list_tickets(*, status: str, limit: int, after: tuple[str, ...] | None) -> list[dict[str, Any]]:
    """Rows as the API shows them, newest change first, keyset by (updated_at, id)."""
    with connection.prepared_cursor() as cursor:
        cursor.execute(_list(status, limit, after is not None), _key(after) if after else None)
        return [dict(zip(_NAMES, row, strict=True)) for row in cursor.fetchall()]


@lru_cache(maxsize=64)
def _list(status: str, limit: int, later: bool) -> str:
    """Status and limit stand in the text: with a limit it cannot see, PostgreSQL plans anew on every request."""
    if status and status not in Ticket.Category.values:
        raise BadInput(f"status: one of {', '.join(Ticket.Category.values)}.", code="status_invalid")
    return _LIST.format(
        columns=", ".join(_COLUMNS.values()),
        status=f"AND t.status_category = '{status}'" if status else "",
        after="AND (t.updated_at, t.id) < (%s, %s)" if later else "",
        limit=int(limit),
    )


def _key(after: tuple[str, ...]) -> list[Any]:
    try:
        return [datetime.fromisoformat(after[0]), UUID(after[1])]
    except ValueError as exc:
        raise BadInput("cursor: use the value of 'next' as it was given.", code="cursor_invalid") from exc
