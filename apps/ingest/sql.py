"""Compiled SQL of the mirror: COPY upserts with a version guard, claims that skip locked rows (decisions 10, 14)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db import connection

from apps.core.ids import uuid7s

_OWE = """
INSERT INTO ingest_outbox (kind, object_id, priority, version, due_at, claim, attempts, deliveries, last_error, aside)
SELECT %s, unnest(%s::uuid[]), %s, 1, clock_timestamp(), 0, 0, 0, '', %s
ON CONFLICT (kind, object_id) DO UPDATE
SET version = ingest_outbox.version + 1, priority = least(ingest_outbox.priority, excluded.priority),
    due_at = least(ingest_outbox.due_at, excluded.due_at), aside = greatest(ingest_outbox.aside, excluded.aside)
"""
# One read of a ticket in so many seconds: a row that waits keeps its turn, one that is worked on comes again after them.
_HINT = """
WITH told AS (
    INSERT INTO ingest_hint (id, connection_id, remote_id, heard_at, error)
    SELECT new.id, %s, new.remote_id, clock_timestamp(), '' FROM unnest(%s::uuid[], %s::text[]) AS new (id, remote_id)
    ON CONFLICT (connection_id, remote_id) DO UPDATE SET heard_at = excluded.heard_at
    RETURNING id, read_at)
INSERT INTO ingest_outbox (kind, object_id, priority, version, due_at, claim, attempts, deliveries, last_error, aside)
SELECT %s, id, %s, 1, greatest(clock_timestamp(), read_at + make_interval(secs => %s)), 0, 0, 0, '', 0 FROM told ORDER BY id
ON CONFLICT (kind, object_id) DO UPDATE
SET version = ingest_outbox.version + 1, priority = least(ingest_outbox.priority, excluded.priority),
    due_at = CASE WHEN ingest_outbox.claimed_until IS NULL THEN ingest_outbox.due_at
             ELSE greatest(ingest_outbox.due_at, excluded.due_at) END
"""
# Picked first and once: inside WHERE … IN the planner may ask the list again for every row, past its limit. And joined by
# ANY: by = it may as well read the whole table in the order of its key, where it last saw the table empty.
_CLAIM = """
WITH picked AS MATERIALIZED (
    SELECT id FROM ingest_outbox
    WHERE kind = %s AND due_at <= clock_timestamp() AND (claimed_until IS NULL OR claimed_until < clock_timestamp())
      AND {which}
    ORDER BY {first}priority, due_at, id LIMIT %s FOR UPDATE SKIP LOCKED)
UPDATE ingest_outbox
SET claimed_until = clock_timestamp() + make_interval(secs => %s), claim = claim + 1, deliveries = deliveries + 1
FROM picked WHERE ingest_outbox.id = ANY (ARRAY[picked.id])
RETURNING ingest_outbox.id, ingest_outbox.object_id, ingest_outbox.version, ingest_outbox.attempts,
    ingest_outbox.claim, ingest_outbox.deliveries, ingest_outbox.aside,
    extract(epoch FROM clock_timestamp() - ingest_outbox.due_at)::float8
"""
# The least suspected first: those that were only near when a worker died are done before what may have killed it.
_CLAIM_SUSPECT = _CLAIM.format(
    which="(deliveries > 0 AND aside = 0 OR aside > 0 AND due_at < clock_timestamp() - interval '1 hour')",
    first="aside, deliveries, ",
)
_CLAIM_FRESH = _CLAIM.format(which="deliveries = 0 AND aside = 0", first="")
_CLAIM_ASIDE = _CLAIM.format(which="aside > 0", first="aside, ")
_DUE = """
SELECT asked.kind FROM unnest(%s::text[]) AS asked (kind) CROSS JOIN LATERAL (
    SELECT 1 FROM ingest_outbox o WHERE o.kind = asked.kind AND o.due_at <= clock_timestamp()
        AND (o.claimed_until IS NULL OR o.claimed_until < clock_timestamp()) LIMIT 1) AS found
"""
# A mountain that has just been written is not in the planner's figures: it would read or sort all of it for every claim.
_IN_ORDER = tuple(f"SET LOCAL enable_{way} = off" for way in ("sort", "bitmapscan", "seqscan"))
_HELD = """
SELECT o.id FROM ingest_outbox o JOIN unnest(%s::bigint[], %s::bigint[]) AS mine (id, claim)
    ON o.id = mine.id AND o.claim = mine.claim
FOR UPDATE OF o
"""
_MINE = "unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS mine (id, claim, version)"
# Two statements: what was asked for again between them is seen by the second.
_SETTLE = (
    f"DELETE FROM ingest_outbox o USING {_MINE}"  # noqa: S608 - words of ours
    " WHERE o.id = mine.id AND o.claim = mine.claim AND o.version = mine.version",
    f"UPDATE ingest_outbox o SET claimed_until = NULL, deliveries = 0, attempts = 0, aside = 0 FROM {_MINE}"  # noqa: S608
    " WHERE o.id = mine.id AND o.claim = mine.claim",
)
_VERSIONS = """
UPDATE platforms_ticket t SET thread_version = new.version, message_count = new.count, solved_at = new.solved_at
FROM unnest(%s::uuid[], %s::text[], %s::int[], %s::timestamptz[]) AS new (id, version, count, solved_at)
WHERE t.id = new.id
"""
_LEASE = """
UPDATE ingest_stream
SET lease_until = clock_timestamp() + make_interval(secs => %s), fence = fence + 1, deliveries = deliveries + 1
WHERE id = %s AND next_at <= clock_timestamp() AND (lease_until IS NULL OR lease_until < clock_timestamp())
RETURNING fence, deliveries
"""
_AUTHORS = """
UPDATE platforms_message AS m
SET author_name = left(coalesce(nullif(p.name, ''), p.email), 300)
FROM platforms_ticket t, platforms_person p
WHERE t.id = ANY(%s) AND m.ticket_id = t.id AND m.author_name = '' AND m.author_remote_id <> ''
  AND p.connection_id = t.connection_id AND p.remote_id = m.author_remote_id AND (p.name <> '' OR p.email <> '')
"""
_NAMES = """
UPDATE platforms_person p SET name = new.name, email = new.email, language = new.language, named = true
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[]) AS new (id, name, email, language)
WHERE p.id = new.id
"""

TICKET_COLUMNS = (
    "connection_id", "remote_id", "subject", "state", "deleted", "status_value", "status_label", "status_category",
    "priority", "source", "type", "group_id", "agent_id", "customer_id", "tags", "language", "description_html",
    "description_text", "due_by", "created_at", "updated_at", "raw_hash", "number", "firm_id",
)  # fmt: skip
MESSAGE_COLUMNS = (
    "ticket_id", "remote_id", "number", "kind", "author", "author_name", "author_remote_id", "visibility", "html",
    "text", "language", "created_at", "updated_at", "raw_hash",
)  # fmt: skip
ARTICLE_COLUMNS = (
    "connection_id", "remote_id", "language", "title", "html", "text", "published", "status_value", "visibility",
    "category", "folder", "folder_id", "portals", "products", "readers", "barred", "tags", "deleted", "created_at", "updated_at", "raw_hash",
    "sweep",
)  # fmt: skip
_TYPES = {  # of the rest: text
    "id": "uuid", "connection_id": "uuid", "ticket_id": "uuid", "group_id": "uuid", "agent_id": "uuid",
    "customer_id": "uuid", "firm_id": "uuid", "deleted": "bool", "published": "bool", "priority": "int2", "number": "int4", "sweep": "int8",
    "due_by": "timestamptz", "created_at": "timestamptz", "updated_at": "timestamptz",
}  # fmt: skip
_JSON = frozenset({"tags", "portals", "products", "readers", "barred"})  # comes as text and becomes jsonb in the INSERT


def owe_rows(kind: str, object_ids: list[UUID], priority: int, *, aside: int = 0) -> None:
    if object_ids:
        with connection.cursor() as cursor:
            cursor.execute(_OWE, [kind, list(dict.fromkeys(object_ids)), priority, aside])


def hint_rows(connection_id: UUID, remote_ids: list[str], *, kind: str, priority: int, seconds: float) -> None:
    """Tickets that may have changed: due now, or `seconds` after their last read began."""
    named = sorted(set(remote_ids))  # in order: no two callers wait for each other's rows
    if named:
        with connection.cursor() as cursor:
            cursor.execute(_HINT, [connection_id, list(uuid7s(len(named))), named, kind, priority, seconds])


def claim_rows(kind: str, limit: int, seconds: int) -> list[tuple[int, UUID, int, int, int, int, int, float]]:
    """(id, object, version, attempts, claim, deliveries, aside, seconds it waited) of the rows claimed.

    One that a worker took and never spoke of again comes alone: whatever it did to that worker, it does to no other row.
    What was set aside for that comes when nothing else is due, or when it has waited an hour. Takes as long however much
    is owed. In a transaction of its own.
    """
    with connection.cursor() as cursor:
        for setting in _IN_ORDER:
            cursor.execute(setting)
        for statement, most in ((_CLAIM_SUSPECT, 1), (_CLAIM_FRESH, limit), (_CLAIM_ASIDE, 1)):
            cursor.execute(statement, [kind, most, seconds])
            if rows := cursor.fetchall():
                return rows
    return []


def kinds_due(kinds: Sequence[str]) -> set[str]:
    """Which of these have work that may be claimed now; a look at one row each where there is much."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [list(kinds)])
        return {row[0] for row in cursor.fetchall()}


def held_rows(claims: Sequence[tuple[int, int]]) -> set[int]:
    """Which of (id, claim) nobody has claimed since; their rows are locked in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [[one for one, _ in claims], [claim for _, claim in claims]])
        return {row[0] for row in cursor.fetchall()}


def settle_rows(rows: Sequence[tuple[int, int, int]]) -> None:
    """(id, claim, version) each: gone where nobody asked again, else free for the next."""
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        with connection.cursor() as cursor:
            for statement in _SETTLE:
                cursor.execute(statement, columns)


def move_versions(rows: Sequence[tuple[UUID, str, int, datetime | None]]) -> None:
    """(ticket, version, messages, solved at) each."""
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_VERSIONS, [list(column) for column in zip(*rows, strict=True)])


def take_lease(stream_id: UUID, seconds: int) -> tuple[int, int] | None:
    """The new fencing token and the deliveries; None when somebody holds the lease or the feed is not due."""
    with connection.cursor() as cursor:
        cursor.execute(_LEASE, [seconds, stream_id])
        row: tuple[int, int] | None = cursor.fetchone()
    return row


def name_rows(rows: Sequence[tuple[UUID, str, str, str]]) -> None:
    """(person, name, e-mail, language) each."""
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_NAMES, [list(column) for column in zip(*rows, strict=True)])


def name_authors(ticket_ids: list[UUID]) -> None:
    """Put the names that are known by now to the messages of these tickets that have none."""
    if ticket_ids:
        with connection.cursor() as cursor:
            cursor.execute(_AUTHORS, [ticket_ids])


@dataclass(frozen=True)
class _Mirrored:
    """What differs between the mirrored tables: columns, key, when a stored row gives way, what to tell."""

    table: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    guard: str
    returning: str
    kept: tuple[tuple[str, str], ...] = ()
    filled: tuple[tuple[str, str], ...] = ()
    cleared: tuple[str, ...] = ()
    words: tuple[str, ...] = ()  # columns that are text here, whatever they are elsewhere

    @property
    def stage(self) -> str:
        return f"_stage_{self.table}"

    @cached_property
    def types(self) -> list[str]:
        return ["text" if name in self.words else _TYPES.get(name, "text") for name in ("id", *self.columns)]

    @cached_property
    def prepare(self) -> tuple[str, str]:
        shape = ", ".join(_as_text(name) for name in ("id", *self.columns))
        return (
            f"DROP TABLE IF EXISTS pg_temp.{self.stage}",  # noqa: S608 - names of ours
            f"CREATE TEMP TABLE {self.stage} ON COMMIT DROP AS SELECT {shape} FROM {self.table} WITH NO DATA",  # noqa: S608
        )

    @cached_property
    def copy(self) -> str:
        return f"COPY {self.stage} ({', '.join(('id', *self.columns))}) FROM STDIN (FORMAT binary)"

    @cached_property
    def upsert(self) -> str:
        target = ", ".join(("id", *self.columns, *(name for name, _value in self.filled)))
        given = [f"{name}::jsonb" if name in _JSON else name for name in ("id", *self.columns)]
        source = ", ".join((*given, *(value for _name, value in self.filled)))
        kept = dict(self.kept)
        changed = [f"{name} = {kept.get(name, f'excluded.{name}')}" for name in self.columns if name not in self.key]
        changes = ", ".join([*changed, *(f"{name} = NULL" for name in self.cleared)])
        return (
            f"INSERT INTO {self.table} AS t ({target}) SELECT {source} FROM {self.stage} "  # noqa: S608 - names of ours
            f"ON CONFLICT ({', '.join(self.key)}) DO UPDATE SET {changes} WHERE {self.guard} RETURNING {self.returning}"
        )


_TICKETS = _Mirrored(
    "platforms_ticket", TICKET_COLUMNS, ("connection_id", "remote_id"),
    # A row is replaced by a newer one, or by one of the same second that differs: whole seconds hide order.
    # One that was thought gone is there again, whatever it says.
    guard="((t.updated_at, t.raw_hash, t.state) IS DISTINCT FROM (excluded.updated_at, excluded.raw_hash, excluded.state)"
    " AND t.updated_at <= excluded.updated_at) OR t.missing_at IS NOT NULL OR t.deleted",
    returning="t.id, t.status_category, t.remote_id",
    kept=(("language", "coalesce(nullif(excluded.language, ''), t.language)"),),  # a row without text tells none
    filled=(("thread_version", "''"), ("message_count", "0")),
    cleared=("missing_at",), words=("number",),
)  # fmt: skip
_MESSAGES = _Mirrored(
    "platforms_message", MESSAGE_COLUMNS, ("ticket_id", "remote_id"),
    guard="(t.raw_hash, t.number, t.language) IS DISTINCT FROM (excluded.raw_hash, excluded.number, excluded.language)",
    returning="t.id",
)  # fmt: skip
_ARTICLES = _Mirrored(
    "platforms_article", ARTICLE_COLUMNS, ("connection_id", "remote_id", "language"),
    guard="(t.raw_hash, t.deleted, t.sweep, t.readers, t.barred)"
    " IS DISTINCT FROM (excluded.raw_hash, excluded.deleted, excluded.sweep, excluded.readers, excluded.barred)",
    returning="t.id",
)  # fmt: skip
MIRRORED = (_TICKETS, _MESSAGES, _ARTICLES)


def upsert_tickets(rows: Sequence[Sequence[Any]]) -> list[tuple[UUID, str, str]]:
    """Rows in TICKET_COLUMNS order. Returns (id, status_category, remote_id) of those that were new or changed."""
    return _upsert(_TICKETS, rows)


def upsert_messages(rows: Sequence[Sequence[Any]]) -> list[tuple[UUID]]:
    """Rows in MESSAGE_COLUMNS order; an edit may leave updated_at alone, so any difference counts (contract 1.9)."""
    return _upsert(_MESSAGES, rows)


def upsert_articles(rows: Sequence[Sequence[Any]]) -> list[tuple[UUID]]:
    """Rows in ARTICLE_COLUMNS order; every row notes the sweep. Returns the ids of rows written."""
    return _upsert(_ARTICLES, rows)


def _upsert(what: _Mirrored, rows: Sequence[Sequence[Any]]) -> list[Any]:
    """COPY into a table that dies with the transaction, then one INSERT … ON CONFLICT with a guard."""
    if not rows:
        return []
    place = itemgetter(*(what.columns.index(name) for name in what.key))
    unique = dict(zip(map(place, rows), rows, strict=True))  # a page may name a row twice: the last one counts
    with connection.cursor() as cursor:
        for statement in what.prepare:
            cursor.execute(statement)
        with cursor.copy(what.copy) as copy:
            # Told the types, psycopg asks no value for its own: a third of the work of writing text.
            copy.set_types(what.types)
            for key, row in zip(uuid7s(len(unique)), unique.values(), strict=True):
                copy.write_row((key, *row))
        cursor.execute(what.upsert)
        return cursor.fetchall()


def _as_text(name: str) -> str:
    return f"{name}::text" if name in _JSON else name
