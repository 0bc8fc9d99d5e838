"""The benchmarks themselves: the product's public faces beside the floor that does the same with less."""

from __future__ import annotations

import io
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import psycopg
from django.core.handlers.wsgi import WSGIHandler
from django.db import transaction

from apps.accounts.models import ApiToken, User, digest
from apps.core.ids import uuid7
from apps.ingest.sql import TICKET_COLUMNS, upsert_tickets
from apps.platforms.models import Connection
from apps.tenancy.context import bind_company
from apps.tenancy.models import Company
from apps.tenancy.provisioning import create_company
from benchmarks.measure import alternate, report

NOW = datetime(2026, 11, 1, tzinfo=UTC)
LIST = """SELECT t.id, t.remote_id AS number, t.subject, t.status_label AS status, t.status_category AS category,
t.priority, t.language, p.name AS customer, g.name AS "group", b.outcome AS draft, t.created_at, t.updated_at
FROM platforms_ticket t LEFT JOIN platforms_person p ON p.id = t.customer_id
LEFT JOIN platforms_group g ON g.id = t.group_id LEFT JOIN assistant_brief b ON b.ticket_id = t.id
WHERE t.state IN ('live','archived') AND NOT t.deleted AND t.status_category = 'open'
ORDER BY t.updated_at DESC, t.id DESC LIMIT 26"""
TOKEN = """SELECT t.id, t.scopes::text, u.id, u.email, u.name, u.role, u.language FROM accounts_apitoken t
JOIN accounts_user u ON u.id = t.user_id WHERE t.digest = %s AND t.revoked_at IS NULL AND t.expires_at > %s AND u.is_active"""


def tenant_create(urls: dict[str, str]) -> bool:
    """Milliseconds a table to open a company by template replay, beside bare CREATE TABLEs."""
    times, count = [], 0
    for number in range(20):
        began = time.perf_counter()
        create_company(company_id=f"bench-{number}", name="Bench")
        times.append((time.perf_counter() - began) * 1000)
    with psycopg.connect(urls["superuser"]) as admin:
        row = admin.execute("SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                            " WHERE n.nspname = 'c_bench_0' AND c.relkind = 'r'").fetchone()  # fmt: skip
        count = row[0] if row else 0
        began = time.perf_counter()
        admin.execute("CREATE SCHEMA floor")
        for number in range(count):
            admin.execute(f"CREATE TABLE floor.t{number} (id bigint PRIMARY KEY, name text, at timestamptz)")
        floor = (time.perf_counter() - began) * 1000 / count
        admin.rollback()
    ours = sorted(times)[len(times) // 2] / count
    return report(name="tenant_create", ours=round(ours, 3), unit="ms a table", reference=round(floor, 3),
                  reference_name="bare CREATE TABLE", ratio=round(ours / floor, 2), goal="<= 2 ms a table",
                  tables=count, ok=ours <= 2)  # fmt: skip


def _company(company_id: str) -> Company:
    return Company.objects.filter(company_id=company_id).first() or create_company(company_id=company_id, name="Bench")


def _rows(connection_id: UUID, count: int, start: int = 0) -> list[tuple[Any, ...]]:
    text = "Since the update the left earbud no longer charges in the case, what can I do? " * 4
    return [
        (
            connection_id, str(number), f"Subject of ticket {number}", "live", False, "2", "Open", "open", 2, "email",
            "", None, None, None, "[]", "en", f"<p>{text}</p>", text, None, NOW, NOW + timedelta(seconds=number), "0" * 64,
        )
        for number in range(start, start + count)
    ]  # fmt: skip


def upsert(urls: dict[str, str]) -> bool:
    """Rows a second into the mirror, beside raw COPY of the same rows into the same kind of table."""
    company, size, turn = _company("bench-upsert"), 10_000, [0]
    with bind_company(company.binding()):
        connection = Connection.objects.create(platform="freshdesk", account="bench", credentials="-")
    columns = ", ".join(("id", *TICKET_COLUMNS, "thread_version", "message_count", "company_id"))
    raw = psycopg.connect(urls["superuser"])
    raw.execute("CREATE TABLE public.floor_ticket (LIKE c_bench_upsert.platforms_ticket INCLUDING ALL)")
    raw.commit()

    def ours() -> None:
        turn[0] += 1
        with bind_company(company.binding()), transaction.atomic():
            upsert_tickets(_rows(connection.pk, size, turn[0] * size))

    def floor() -> None:
        with raw.cursor() as cursor, cursor.copy(f"COPY public.floor_ticket ({columns}) FROM STDIN") as copy:
            for row in _rows(connection.pk, size, turn[0] * size):
                copy.write_row((uuid7(), *row, "", 0, "bench-upsert"))
        raw.commit()

    found = alternate(ours, floor, 5)
    raw.execute("DROP TABLE public.floor_ticket")
    raw.commit()
    raw.close()
    rate, copy_rate = size / found["ours"]["wall_s"], size / found["reference"]["wall_s"]
    return report(name="upsert", ours=round(rate), unit="rows a second", reference=round(copy_rate),
                  reference_name="raw COPY", ratio=round(rate / copy_rate, 2), goal=">= 0.6 of COPY",
                  cpu_us_a_row=round(found["ours"]["cpu_s"] / size * 1e6, 1), ok=rate >= 0.6 * copy_rate)  # fmt: skip


def api_list(urls: dict[str, str]) -> bool:
    """CPU of one authenticated ticket list through the whole stack, beside psycopg and orjson doing the same."""
    company = _company("bench-api")
    with bind_company(company.binding()):
        connection = Connection.objects.create(platform="freshdesk", account="bench-api", credentials="-")
        user = User.objects.make(email="bench@example.org", name="Bench", role="agent")
        _token, clear = ApiToken.issue(user=user, name="bench")
        with transaction.atomic():
            upsert_tickets(_rows(connection.pk, 20_000))
    with psycopg.connect(urls["superuser"]) as admin:
        admin.execute("ANALYZE c_bench_api.platforms_ticket")
    application, calls = WSGIHandler(), 200
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": "/api/v1/tickets/", "QUERY_STRING": "status=open", "SERVER_NAME": "x",
        "SERVER_PORT": "80", "HTTP_HOST": "bench-api.localhost", "HTTP_AUTHORIZATION": f"Bearer {clear}",
        "wsgi.url_scheme": "http", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.errors": io.StringIO(),
    }  # fmt: skip
    sizes: dict[str, int] = {}

    def ours() -> None:
        for _ in range(calls):
            status: list[str] = []
            response = application(environ | {"wsgi.input": io.BytesIO()}, lambda code, headers, seen=status: seen.append(code))
            sizes["ours"] = len(b"".join(response))
            response.close()
            assert status[0].startswith("200"), status

    raw = psycopg.connect(urls["app"])

    def floor() -> None:
        for _ in range(calls):
            with raw.transaction(), raw.cursor() as cursor:
                cursor.execute(
                    "SELECT set_config('search_path','c_bench_api,pg_temp',true), set_config('app.company_id','bench-api',true)"
                )
                assert cursor.execute(TOKEN, [digest(clear), datetime.now(UTC)]).fetchone()
                cursor.execute(LIST)
                names = [column.name for column in cursor.description or []]
                rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
            sizes["floor"] = len(orjson.dumps({"results": rows[:25], "next": "x"}, default=str))

    ours()
    found = alternate(ours, floor, 4)
    raw.close()
    own, least = found["ours"]["cpu_s"] / calls * 1e3, found["reference"]["cpu_s"] / calls * 1e3
    return report(name="api_list", ours=round(own, 3), unit="CPU ms a request, PostgreSQL included",
                  reference=round(least, 3), reference_name="psycopg + orjson, same token lookup and bound transaction",
                  ratio=round(own / least, 2), goal="<= 5x", wall_ms=round(found["ours"]["wall_s"] / calls * 1e3, 3),
                  bytes=sizes, ok=own <= 5 * least)  # fmt: skip
