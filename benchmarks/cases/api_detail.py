"""One ticket with its conversation, authenticated."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import orjson
import psycopg
from django.db import transaction

from apps.ingest.sql import upsert_tickets
from apps.platforms.models import Connection, Message, Ticket
from apps.tenancy.context import bind_company
from benchmarks.company import NOW, TEXT, company_named, ticket_rows
from benchmarks.reads import compare, floor_of, issue_token, request_of, rows, stock_of, through_the_stack
from benchmarks.stock import stock_detail

COMPANY = "bench-detail"
MESSAGES = 8  # of every ticket: the goal's 160,000 over 20,000
TICKET = """SELECT t.id, t.remote_id AS number, t.subject, t.status_label AS status, t.status_category AS category,
t.priority, t.language, p.name AS customer, f.name AS customer_company, g.name AS "group", pr.name AS product, t.created_at,
t.updated_at, (SELECT json_agg(r) FROM (SELECT id, score, feedback AS comment, created_at FROM platforms_rating
  WHERE ticket_id = t.id) r) AS ratings, (SELECT json_agg(s) FROM (SELECT e.id, a.name AS agent, e.minutes, e.billable,
  e.running, e.note, e.spent_at FROM platforms_timeentry e LEFT JOIN platforms_person a ON a.id = e.agent_id
  WHERE e.ticket_id = t.id) s) AS time_entries, (SELECT json_agg(l) FROM (SELECT kind, id, other AS number
  FROM platforms_ticketlink WHERE ticket_id = t.id) l) AS links
FROM platforms_ticket t LEFT JOIN platforms_person p ON p.id = t.customer_id LEFT JOIN platforms_group g ON g.id = t.group_id
LEFT JOIN platforms_product pr ON pr.id = t.product_id LEFT JOIN platforms_firm f ON f.id = t.firm_id
WHERE t.id = %s AND t.state IN ('live','archived') AND NOT t.deleted"""
THREAD = """SELECT id, number, kind, author, author_name, visibility, text, language, created_at FROM platforms_message
WHERE ticket_id = %s ORDER BY number"""


def run(urls: dict[str, str], *, short: bool) -> dict[str, Any]:
    """CPU milliseconds a request, PostgreSQL included, and how long a request takes."""
    calls, rounds, tickets = (5, 1, 50) if short else (200, 5, 2_000)
    clear, ticket = _prepare(urls, tickets)
    environ = request_of(COMPANY, clear, f"/api/v1/tickets/{ticket}/")
    with psycopg.connect(urls["app"]) as raw:
        line = compare(
            "api_detail", urls, calls, rounds, ours=through_the_stack(environ),
            floor=floor_of(raw, COMPANY, clear, partial(_read, ticket)),
            stock=stock_of(COMPANY, environ, partial(stock_detail, pk=ticket)),
        )  # fmt: skip
    return line | {"messages": MESSAGES}


def _prepare(urls: dict[str, str], tickets: int) -> tuple[str, UUID]:
    """A company with conversations and an agent. Returns the agent's token and the ticket to be read."""
    with bind_company(company_named(COMPANY).binding()):
        account = Connection.objects.create(platform="freshdesk", account=COMPANY, credentials="")
        clear = issue_token(COMPANY)
        with transaction.atomic():
            upsert_tickets(ticket_rows(account.pk, tickets))
        with transaction.atomic():
            keys = list(Ticket.objects.values_list("pk", flat=True))
            Message.objects.bulk_create([_message(key, number) for key in keys for number in range(MESSAGES)], batch_size=2000)
    with psycopg.connect(urls["superuser"]) as admin:
        admin.execute("ANALYZE c_bench_detail.platforms_ticket, c_bench_detail.platforms_message")
    return clear, keys[len(keys) // 2]


def _message(ticket: UUID, number: int) -> Message:
    when = NOW + timedelta(minutes=number)
    return Message(
        ticket_id=ticket, remote_id=str(number), number=number + 1, kind="reply", author="agent", author_name="Mara Lind",
        visibility="public", html=f"<p>{TEXT}</p>", text=TEXT, language="en", created_at=when, updated_at=when, raw_hash="0" * 64,
    )  # fmt: skip


def _read(ticket: UUID, cursor: psycopg.Cursor) -> bytes:
    cursor.execute(TICKET, [ticket])
    (found,) = rows(cursor)
    cursor.execute(THREAD, [ticket])
    return orjson.dumps(found | {"messages": rows(cursor)}, default=str)
