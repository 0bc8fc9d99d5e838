"""Compiled SQL of the API's reads and of the queue's counts, the hottest of the product (decisions 14)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import QuerySet

from apps.accounts.reach import Reach
from apps.assistant.linked import BACK, MERGED_INTO
from apps.core.errors import BadInput
from apps.platforms.models import Ticket
from apps.platforms.sql import AGENTS, Standing


def _named(columns: dict[str, str]) -> str:
    return ", ".join(f'{expression} AS "{name}"' for name, expression in columns.items())


_TIME = """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
# cast to text: a kept statement must not change its answer's types while a migration widens a column
_TICKET = {
    "id": "t.id", "number": "coalesce(nullif(t.number, ''), t.remote_id)::text", "subject": "t.subject", "status": "t.status_label::text",
    "category": "t.status_category::text", "priority": "t.priority", "language": "t.language::text",
    "customer": "p.name::text", "customer_company": "nullif(f.name::text, '')", "group": "g.name::text",
    "product": "coalesce(nullif(pr.name, ''), '#' || pr.remote_id)::text", "created_at": _TIME.format("t.created_at"),
    "updated_at": _TIME.format("t.updated_at"),
}  # fmt: skip
_LISTED = _TICKET | {"draft": "b.outcome::text"}
_MESSAGE = {
    "id": "m.id", "number": "m.number", "kind": "m.kind::text", "author": "m.author::text",
    "author_name": "m.author_name::text", "visibility": "m.visibility::text", "text": "m.text",
    "language": "m.language::text", "created_at": _TIME.format("m.created_at"),
}  # fmt: skip
_RATING = {"id": "r.id", "score": "r.score", "comment": "r.feedback", "created_at": _TIME.format("r.created_at")}
_TIME_ENTRY = {
    "id": "s.id", "agent": "nullif(coalesce(nullif(sa.name, ''), sa.email)::text, '')", "minutes": "s.minutes", "billable": "s.billable",
    "running": "s.running", "note": "s.note", "spent_at": _TIME.format("s.spent_at"),
}  # fmt: skip
_ARTICLE = {
    "id": "a.id", "number": "a.remote_id::text", "title": "a.title", "language": "a.language::text",
    "visibility": "a.visibility::text", "category": "a.category::text", "folder": "a.folder::text", "tags": "a.tags::text",
    "created_at": _TIME.format("a.created_at"), "updated_at": _TIME.format("a.updated_at"),
}  # fmt: skip
_WHOLE = _ARTICLE | {"text": "a.text"}
_LIST = """
SELECT {columns}
FROM platforms_ticket t
LEFT JOIN platforms_person p ON p.id = t.customer_id
LEFT JOIN platforms_group g ON g.id = t.group_id
LEFT JOIN platforms_product pr ON pr.id = t.product_id
LEFT JOIN platforms_firm f ON f.id = t.firm_id
LEFT JOIN assistant_brief b ON b.ticket_id = t.id
WHERE t.state IN ('live', 'archived') AND NOT t.deleted {status} {reach} {after}
ORDER BY t.updated_at DESC, t.id DESC LIMIT {limit}
"""
_REACH = "AND (t.connection_id <> ALL(%s::uuid[]) OR t.group_id = ANY(%s::uuid[]) OR t.agent_id = ANY(%s::uuid[]))"
# What decides whether its reader may see a ticket comes with it: one way to the server and back, not two.
_PLACE = f"""t.connection_id, t.group_id, t.agent_id, t.product_id,
  (SELECT json_agg(json_build_array(a.connection_id, a.id, a.scope, a.groups, a.criteria, a.closed)) FROM ({AGENTS}) a)::text"""  # noqa: S608
_BACK = " ".join(f"WHEN '{told}' THEN '{seen}'" for told, seen in BACK.items())
# Tickets that hang together with it, with the places that say who may see them: either end may have told.
_LINKED = f"""(SELECT json_agg(json_build_array(k.kind, o.id, coalesce(nullif(o.number, ''), o.remote_id), o.connection_id, o.group_id, o.agent_id)
    ORDER BY k.kind, o.created_at, o.id) FROM (
  SELECT l.kind, l.other FROM platforms_ticketlink l WHERE l.ticket_id = t.id
  UNION SELECT CASE l.kind {_BACK} END, s.remote_id FROM platforms_ticketlink l JOIN platforms_ticket s ON s.id = l.ticket_id
    WHERE l.other = t.remote_id AND s.connection_id = t.connection_id) k
  JOIN platforms_ticket o ON o.connection_id = t.connection_id AND o.remote_id = k.other AND o.id <> t.id
    AND o.state IN ('live', 'archived') AND NOT o.deleted)::text"""  # noqa: S608 - words of ours
# PostgreSQL writes the whole answer: of a long thread nothing is taken apart here to be put together again
_ONE = f"""
SELECT {_PLACE}, {_LINKED}, (SELECT row_to_json(ticket)::text FROM (
  SELECT {_named(_TICKET)}, coalesce((
    SELECT json_agg(message ORDER BY message.number) FROM (
      SELECT {_named(_MESSAGE)} FROM platforms_message m WHERE m.ticket_id = t.id) message), '[]') AS messages, coalesce((
    SELECT json_agg(rating ORDER BY rating.created_at DESC, rating.id DESC) FROM (
      SELECT {_named(_RATING)} FROM platforms_rating r WHERE r.ticket_id = t.id) rating), '[]') AS ratings, coalesce((
    SELECT json_agg(entry ORDER BY entry.spent_at DESC, entry.id DESC) FROM (
      SELECT {_named(_TIME_ENTRY)} FROM platforms_timeentry s LEFT JOIN platforms_person sa ON sa.id = s.agent_id
      WHERE s.ticket_id = t.id) entry), '[]') AS time_entries) ticket)
FROM platforms_ticket t
LEFT JOIN platforms_person p ON p.id = t.customer_id
LEFT JOIN platforms_group g ON g.id = t.group_id
LEFT JOIN platforms_product pr ON pr.id = t.product_id
LEFT JOIN platforms_firm f ON f.id = t.firm_id
WHERE t.id = %s AND t.state IN ('live', 'archived') AND NOT t.deleted
"""  # noqa: S608 - our own columns
# the stored brief passes through as PostgreSQL writes it, whole or its draft alone
_BRIEF = f"""
SELECT {_PLACE}, coalesce(b.outcome::text, ''), coalesce(b.thread_version = t.thread_version, false),
  coalesce({_TIME.format("b.made_at")}, ''), coalesce({{part}}::text, '')
FROM platforms_ticket t
LEFT JOIN assistant_brief b ON b.ticket_id = t.id AND NOT (t.status_category IN ('solved', 'closed')
  AND EXISTS (SELECT FROM platforms_ticketlink l WHERE l.ticket_id = t.id AND l.kind = '{MERGED_INTO}'))
WHERE t.id = %s AND t.state IN ('live', 'archived') AND NOT t.deleted
"""  # noqa: S608 - our own columns
_WHOLE_BRIEF, _DRAFT = _BRIEF.format(part="b.data"), _BRIEF.format(part="(b.data -> 'draft')")
# {connection: criteria met there}: Reach.reads, as PostgreSQL asks it
_READS = """AND (a.readers = '[]'::jsonb AND a.barred = '[]'::jsonb OR EXISTS (
  SELECT FROM jsonb_each(%s::jsonb) met WHERE met.key = a.connection_id::text
    AND (a.readers = '[]'::jsonb OR EXISTS (SELECT FROM jsonb_array_elements_text(a.readers) one WHERE met.value ? one))
    AND NOT EXISTS (SELECT FROM jsonb_array_elements_text(a.barred) one WHERE met.value ? one)))"""
_ARTICLES = """
SELECT {columns}
FROM platforms_article a
WHERE a.published AND NOT a.deleted {reads} {public} {language} {since} {after}
ORDER BY a.updated_at DESC, a.id DESC LIMIT {limit}
"""
_ONE_ARTICLE = f"""
SELECT {", ".join(_WHOLE.values())}, a.connection_id
FROM platforms_article a
WHERE a.id = %s AND a.published AND NOT a.deleted AND (a.visibility = 'public' OR %s) {{reads}}
"""  # noqa: S608 - our own columns
_TRANSLATIONS = """
SELECT a.id, a.language::text FROM platforms_article a
WHERE a.connection_id = %s AND a.remote_id = %s AND a.published AND NOT a.deleted AND (a.visibility = 'public' OR %s) {reads}
ORDER BY a.language
"""
_SIDES = """
WITH base (a_group, language, state, agent, priority, tags, product) AS MATERIALIZED ({base})
SELECT 'group', a_group::text, count(*) FROM base GROUP BY a_group
UNION ALL SELECT 'language', language, count(*) FROM base GROUP BY language
UNION ALL SELECT 'state', state, count(*) FROM base GROUP BY state
UNION ALL SELECT 'agent', agent::text, count(*) FROM base GROUP BY agent
UNION ALL SELECT 'priority', priority::text, count(*) FROM base GROUP BY priority
UNION ALL SELECT 'product', product::text, count(*) FROM base GROUP BY product
UNION ALL (SELECT 'tag', tag, count(*) FROM base,
  jsonb_array_elements_text(CASE jsonb_typeof(tags) WHEN 'array' THEN tags ELSE '[]' END) tag
  GROUP BY tag ORDER BY count(*) DESC, tag LIMIT {tags})
"""
SIDES = ("group", "language", "state", "agent", "priority", "product", "tag")
MOST_TAGS = 12
Row = dict[str, Any]


class BriefText(NamedTuple):
    """A stored brief, `json` as PostgreSQL writes it; all empty where none was made. `current`: from the thread as it is."""

    outcome: str
    current: bool
    made_at: str
    json: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a ticket lies, and which agents its reader is."""

    connection: UUID
    group: UUID | None
    agent: UUID | None
    product: UUID | None
    agents: Standing

    @classmethod
    def of(cls, home: UUID, group: UUID | None, agent: UUID | None, product: UUID | None, agents: str | None) -> Place:
        return cls(home, group, agent, product, Standing.of(orjson.loads(agents or "[]")))

    def within(self, reach: Reach) -> bool:
        return reach.holds(self.connection, self.group, self.agent)


class LinkedRow(NamedTuple):
    """A ticket that hangs together with another one, and where it lies."""

    kind: str
    id: str
    number: str
    connection: UUID
    group: UUID | None
    agent: UUID | None

    @classmethod
    def of(cls, kind: str, key: str, number: str, home: str, group: str | None, agent: str | None) -> LinkedRow:
        return cls(kind, key, number, UUID(home), UUID(group) if group else None, UUID(agent) if agent else None)


def list_tickets(*, status: str, reach: Reach, limit: int, after: tuple[str, ...] | None) -> list[Row]:
    """Rows within reach as the API shows them, newest change first, keyset by (updated_at, id)."""
    statement = _list(status, bool(reach.limited), limit, after is not None)
    held = [] if not reach.limited else [list(reach.limited), list(reach.groups), list(reach.agents)]
    return _rows(statement, [*held, *(_key(after) if after else [])] or None, tuple(_LISTED))


def ticket_json(ticket_id: UUID, reader: UUID) -> tuple[Place, str, list[LinkedRow]] | None:
    """A shown ticket with its thread, private notes included, and what it hangs together with; None when there is none.
    Look at its place before it is shown, and at that of each linked one."""
    with connection.prepared_cursor() as cursor:
        cursor.execute(_ONE, [reader, ticket_id])
        row = cursor.fetchone()
    return (Place.of(*row[:5]), row[6], [LinkedRow.of(*one) for one in orjson.loads(row[5] or "[]")]) if row else None


def brief_text(ticket_id: UUID, reader: UUID, *, draft: bool = False) -> tuple[Place, BriefText] | None:
    """What is stored for a shown ticket, whole or the draft alone; None when there is no such ticket. As above."""
    with connection.prepared_cursor() as cursor:
        cursor.execute(_DRAFT if draft else _WHOLE_BRIEF, [reader, ticket_id])
        row = cursor.fetchone()
    return (Place.of(*row[:5]), BriefText(*row[5:])) if row else None


def list_articles(
    *, private: bool, reach: Reach, language: str, since: datetime | None, limit: int, after: tuple[str, ...] | None
) -> list[Row]:
    """Usable articles that this reach reads, newest change first. `private`: with those customers do not see."""
    statement = _articles(private, reach.met is not None, bool(language), since is not None, limit, after is not None)
    given = [*_met(reach), *([language] if language else []), *([since] if since else []), *(_key(after) if after else [])]
    return [_with_tags(row) for row in _rows(statement, given, tuple(_ARTICLE))]


def get_article(article_id: UUID, *, private: bool, reach: Reach) -> Row | None:
    """One language of a usable article with the others it exists in; None when there is none for this reader."""
    reads = _READS if reach.met is not None else ""
    found = _rows(_ONE_ARTICLE.format(reads=reads), [article_id, private, *_met(reach)], (*_WHOLE, "connection"))
    if not found:
        return None
    row = _with_tags(found[0])
    given = [row.pop("connection"), row["number"], private, *_met(reach)]
    languages = _rows(_TRANSLATIONS.format(reads=reads), given, ("id", "language"))
    return row | {"translations": [one for one in languages if one["id"] != article_id]}


def count_sides(tickets: QuerySet[Ticket]) -> dict[str, Counter[str | None]]:
    """How many of these tickets have each group, language, assistant_state, agent, priority, product, and the commonest tags."""
    wanted = tickets.order_by().values_list(
        "group_id", "language", "assistant_state", "agent_id", "priority", "tags", "product_id"
    )
    base, given = wanted.query.sql_with_params()
    found: dict[str, Counter[str | None]] = {side: Counter() for side in SIDES}
    with connection.cursor() as cursor:
        cursor.execute(_SIDES.format(base=base, tags=MOST_TAGS), given)
        for side, value, tickets_counted in cursor.fetchall():
            found[side][value] = tickets_counted
    return found


def _rows(statement: str, given: list[Any] | None, names: tuple[str, ...]) -> list[Row]:
    with connection.prepared_cursor() as cursor:
        cursor.execute(statement, given)
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _met(reach: Reach) -> list[str]:
    return [] if reach.met is None else [orjson.dumps({str(home): ids for home, ids in reach.met}).decode()]


def _with_tags(row: Row) -> Row:
    return row | {"tags": orjson.loads(row["tags"])}


@lru_cache(maxsize=64)
def _list(status: str, limited: bool, limit: int, later: bool) -> str:
    """Status and limit stand in the text: with a limit it cannot see, PostgreSQL plans anew on every request."""
    if status and status not in Ticket.Category.values:
        raise BadInput(f"status: one of {', '.join(Ticket.Category.values)}.", code="status_invalid")
    return _LIST.format(
        columns=", ".join(_LISTED.values()),
        status=f"AND t.status_category = '{status}'" if status else "",
        reach=_REACH if limited else "",
        after="AND (t.updated_at, t.id) < (%s, %s)" if later else "",
        limit=int(limit),
    )


@lru_cache(maxsize=64)
def _articles(private: bool, closed: bool, language: bool, since: bool, limit: int, later: bool) -> str:
    return _ARTICLES.format(
        columns=", ".join(_ARTICLE.values()),
        reads=_READS if closed else "",
        public="" if private else "AND a.visibility = 'public'",
        language="AND a.language = %s" if language else "",
        since="AND a.updated_at >= %s" if since else "",
        after="AND (a.updated_at, a.id) < (%s, %s)" if later else "",
        limit=int(limit),
    )


def _key(after: tuple[str, ...]) -> list[Any]:
    try:
        return [datetime.fromisoformat(after[0]), UUID(after[1])]
    except ValueError as exc:
        raise BadInput("cursor: use the value of 'next' as it was given.", code="cursor_invalid") from exc
