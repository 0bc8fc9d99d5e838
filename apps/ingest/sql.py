"""Compiled SQL of the mirror: COPY upserts with a version guard, claims that skip locked rows (decisions 10, 14)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg import sql

from apps.core.ids import uuid7

_OWE = """
INSERT INTO ingest_outbox (kind, object_id, priority, version, due_at, attempts, last_error)
SELECT %s, unnest(%s::uuid[]), %s, 1, clock_timestamp(), 0, ''
ON CONFLICT (kind, object_id) DO UPDATE
SET version = ingest_outbox.version + 1, priority = least(ingest_outbox.priority, excluded.priority),
    due_at = least(ingest_outbox.due_at, excluded.due_at)
"""
# Picked first and once: inside WHERE … IN the planner may ask the list again for every row, past its limit.
_CLAIM = """
WITH picked AS MATERIALIZED (
    SELECT id FROM ingest_outbox
    WHERE kind = %s AND due_at <= clock_timestamp() AND (claimed_until IS NULL OR claimed_until < clock_timestamp())
    ORDER BY priority, due_at, id LIMIT %s FOR UPDATE SKIP LOCKED)
UPDATE ingest_outbox SET claimed_until = clock_timestamp() + make_interval(secs => %s)
FROM picked WHERE ingest_outbox.id = picked.id
RETURNING ingest_outbox.id, ingest_outbox.object_id, ingest_outbox.version, ingest_outbox.attempts
"""
_LEASE = """
UPDATE ingest_stream SET lease_until = clock_timestamp() + make_interval(secs => %s), fence = fence + 1
WHERE id = %s AND next_at <= clock_timestamp() AND (lease_until IS NULL OR lease_until < clock_timestamp())
RETURNING fence
"""

TICKET_COLUMNS = (
    "connection_id", "remote_id", "subject", "state", "deleted", "status_value", "status_label", "status_category",
    "priority", "source", "type", "group_id", "agent_id", "customer_id", "tags", "language", "description_html",
    "description_text", "due_by", "created_at", "updated_at", "raw_hash",
)  # fmt: skip
MESSAGE_COLUMNS = (
    "ticket_id", "remote_id", "number", "kind", "author", "author_name", "author_remote_id", "visibility", "html",
    "text", "language", "created_at", "updated_at", "raw_hash",
)  # fmt: skip
ARTICLE_COLUMNS = (
    "connection_id", "remote_id", "language", "title", "html", "text", "published", "status_value", "visibility",
    "category", "folder", "folder_id", "tags", "deleted", "created_at", "updated_at", "raw_hash", "sweep",
)  # fmt: skip

# A row is replaced by a newer one, or by one of the same second that differs: whole seconds hide order.
_NEWER = "(t.updated_at, t.raw_hash) IS DISTINCT FROM (excluded.updated_at, excluded.raw_hash) AND t.updated_at <= excluded.updated_at"
_KEPT = {"language": "coalesce(nullif(excluded.language, ''), t.language)"}  # a row without text tells none


def owe_rows(kind: str, object_ids: list[UUID], priority: int) -> None:
    if object_ids:
        with connection.cursor() as cursor:
            cursor.execute(_OWE, [kind, list(dict.fromkeys(object_ids)), priority])


def claim_rows(kind: str, limit: int, seconds: int) -> list[tuple[int, UUID, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [kind, limit, seconds])
        return cursor.fetchall()


def take_lease(stream_id: UUID, seconds: int) -> int | None:
    """The new fencing token, or None when somebody holds the lease or the feed is not due."""
    with connection.cursor() as cursor:
        cursor.execute(_LEASE, [seconds, stream_id])
        row = cursor.fetchone()
    return row[0] if row else None


def upsert_tickets(rows: Sequence[Sequence[Any]]) -> list[tuple[UUID, str, str]]:
    """Rows in TICKET_COLUMNS order. Returns (id, status_category, remote_id) of those that were new or changed."""
    return _upsert(
        "platforms_ticket", TICKET_COLUMNS, ("connection_id", "remote_id"), rows,
        guard=_NEWER, returning="t.id, t.status_category, t.remote_id",
        extra={"thread_version": "''", "message_count": "0"},
    )  # fmt: skip


def upsert_messages(rows: Sequence[Sequence[Any]]) -> list[tuple[UUID]]:
    """Rows in MESSAGE_COLUMNS order; an edit may leave updated_at alone, so any difference counts (contract 1.9)."""
    return _upsert(
        "platforms_message", MESSAGE_COLUMNS, ("ticket_id", "remote_id"), rows,
        guard="(t.raw_hash, t.number, t.language) IS DISTINCT FROM (excluded.raw_hash, excluded.number, excluded.language)",
        returning="t.id",
    )  # fmt: skip


def upsert_articles(rows: Sequence[Sequence[Any]]) -> list[tuple[UUID, bool]]:
    """Rows in ARTICLE_COLUMNS order. Returns (id, whether the content changed): every row notes the sweep."""
    return _upsert(
        "platforms_article", ARTICLE_COLUMNS, ("connection_id", "remote_id", "language"), rows,
        guard="(t.raw_hash, t.deleted, t.sweep) IS DISTINCT FROM (excluded.raw_hash, excluded.deleted, excluded.sweep)",
        returning="t.id",
    )  # fmt: skip


def _upsert(
    table: str,
    columns: tuple[str, ...],
    key: tuple[str, ...],
    rows: Sequence[Sequence[Any]],
    *,
    guard: str,
    returning: str,
    extra: dict[str, str] | None = None,
) -> list[Any]:
    """COPY into a table that dies with the transaction, then one INSERT … ON CONFLICT with a guard."""
    if not rows:
        return []
    extra = extra or {}
    places = [columns.index(name) for name in key]
    rows = list({tuple(row[place] for place in places): row for row in rows}.values())  # a page may name a row twice
    stage = sql.Identifier(f"_stage_{table}")
    names = sql.SQL(", ").join(map(sql.Identifier, ("id", *columns)))
    target = sql.SQL(", ").join(map(sql.Identifier, ("id", *columns, *extra)))
    filled = sql.SQL(", ").join([names, *(sql.SQL(value) for value in extra.values())])
    changes = sql.SQL(", ").join(
        sql.SQL("{} = {}").format(
            sql.Identifier(name),
            sql.SQL(_KEPT[name]) if name in _KEPT and table == "platforms_ticket"
            else sql.SQL("excluded.{}").format(sql.Identifier(name)),
        )
        for name in columns if name not in key
    )  # fmt: skip
    keys = sql.SQL(", ").join(map(sql.Identifier, key))
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP TABLE IF EXISTS pg_temp.{}").format(stage))
        cursor.execute(
            sql.SQL("CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA").format(
                stage, names, sql.Identifier(table)
            )
        )
        with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(stage, names)) as copy:
            for row in rows:
                copy.write_row((uuid7(), *row))
        cursor.execute(
            sql.SQL(
                "INSERT INTO {table} AS t ({target}) SELECT {filled} FROM {stage} "
                "ON CONFLICT ({keys}) DO UPDATE SET {changes} WHERE {guard} RETURNING {returning}"
            ).format(
                table=sql.Identifier(table), target=target, filled=filled, keys=keys, stage=stage, changes=changes,
                guard=sql.SQL(guard), returning=sql.SQL(returning),
            )
        )  # fmt: skip
        return cursor.fetchall()
