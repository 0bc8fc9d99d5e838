"""One page of the ticket list, authenticated."""

from __future__ import annotations

from typing import Any

import orjson
import psycopg
from django.db import transaction

from apps.ingest.sql import upsert_tickets
from apps.platforms.models import Connection
from apps.tenancy.context import bind_company
from benchmarks.company import company_named, ticket_rows
from benchmarks.reads import compare, floor_of, issue_token, request_of, rows, stock_of, through_the_stack
from benchmarks.stock import stock_list

COMPANY = "bench-api"
LIST = """SELECT t.id, t.remote_id AS number, t.subject, t.status_label AS status, t.status_category AS category,
t.priority, t.language, p.name AS customer, f.name AS customer_company, g.name AS "group", pr.name AS product, b.outcome AS draft,
t.created_at, t.updated_at
FROM platforms_ticket t LEFT JOIN platforms_person p ON p.id = t.customer_id LEFT JOIN platforms_firm f ON f.id = t.firm_id
LEFT JOIN platforms_product pr ON pr.id = t.product_id LEFT JOIN platforms_group g ON g.id = t.group_id LEFT JOIN assistant_brief b ON b.ticket_id = t.id
WHERE t.state IN ('live','archived') AND NOT t.deleted AND t.status_category = 'open'
ORDER BY t.updated_at DESC, t.id DESC LIMIT 26"""


def run(urls: dict[str, str], *, short: bool) -> dict[str, Any]:
    """CPU milliseconds a request, PostgreSQL included, and how long a request takes."""
    calls, rounds, tickets = (5, 1, 300) if short else (200, 5, 20_000)
    clear = _prepare(urls, tickets)
    environ = request_of(COMPANY, clear, "/api/v1/tickets/", "status=open")
    with psycopg.connect(urls["app"]) as raw:
        return compare(
            "api_list", urls, calls, rounds, ours=through_the_stack(environ),
            floor=floor_of(raw, COMPANY, clear, _read), stock=stock_of(COMPANY, environ, stock_list),
        )  # fmt: skip


def _prepare(urls: dict[str, str], tickets: int) -> str:
    """A company with tickets and an agent. Returns the agent's token."""
    with bind_company(company_named(COMPANY).binding()):
        account = Connection.objects.create(platform="freshdesk", account=COMPANY, credentials="")
        clear = issue_token(COMPANY)
        with transaction.atomic():
            upsert_tickets(ticket_rows(account.pk, tickets))
    with psycopg.connect(urls["superuser"]) as admin:
        admin.execute("ANALYZE c_bench_api.platforms_ticket")
    return clear


def _read(cursor: psycopg.Cursor) -> bytes:
    cursor.execute(LIST)
    return orjson.dumps({"results": rows(cursor)[:25], "next": "x"}, default=str)
