"""One authenticated ticket list through the whole stack, beside psycopg and orjson, and beside stock DRF."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
import psycopg
from django.core.handlers.wsgi import WSGIHandler
from django.db import transaction

from apps.accounts.models import ApiToken, User, digest
from apps.ingest.sql import upsert_tickets
from apps.platforms.models import Connection
from apps.tenancy.context import bind_company
from benchmarks.company import company_named, ticket_rows
from benchmarks.measure import Cost, Server, alternate, best
from benchmarks.stock import stock_list

GOAL, GOAL_OF_STOCK = 5.0, 5.0
BIND = "SET LOCAL search_path TO c_bench_api, pg_temp; SET LOCAL app.company_id TO 'bench-api'"
TOKEN = """SELECT t.id, t.scopes::text, u.id, u.email, u.name, u.role, u.language FROM accounts_apitoken t
JOIN accounts_user u ON u.id = t.user_id WHERE t.digest = %s AND t.revoked_at IS NULL AND t.expires_at > %s AND u.is_active"""
LIST = """SELECT t.id, t.remote_id AS number, t.subject, t.status_label AS status, t.status_category AS category,
t.priority, t.language, p.name AS customer, g.name AS "group", b.outcome AS draft, t.created_at, t.updated_at
FROM platforms_ticket t LEFT JOIN platforms_person p ON p.id = t.customer_id
LEFT JOIN platforms_group g ON g.id = t.group_id LEFT JOIN assistant_brief b ON b.ticket_id = t.id
WHERE t.state IN ('live','archived') AND NOT t.deleted AND t.status_category = 'open'
ORDER BY t.updated_at DESC, t.id DESC LIMIT 26"""
Times = dict[str, list[float]]


def run(urls: dict[str, str], *, short: bool) -> dict[str, Any]:
    """CPU milliseconds a request, PostgreSQL included, and how long a request takes."""
    calls, rounds, tickets = (5, 1, 300) if short else (200, 5, 20_000)
    clear = _prepare(urls, tickets)
    environ = _environ(clear)
    sizes: dict[str, int] = {}
    times: Times = {"ours": [], "floor": [], "stock": []}

    def repeated(name: str, ask: Callable[[], bytes]) -> Callable[[], None]:
        def work() -> None:
            for _ in range(calls):
                began = time.perf_counter()
                body = ask()
                times[name].append((time.perf_counter() - began) * 1000)
            sizes[name] = len(body)

        return work

    server = Server(urls["superuser"])
    with psycopg.connect(urls["app"]) as raw:
        works = {"ours": _ours(environ), "floor": _floor(raw, clear), "stock": _stock(environ)}
        found = alternate(server, rounds, **{name: repeated(name, ask) for name, ask in works.items()})
    return _line(found, calls, times, sizes)


def _prepare(urls: dict[str, str], tickets: int) -> str:
    """A company with tickets and an agent. Returns the agent's token."""
    with bind_company(company_named("bench-api").binding()):
        account = Connection.objects.create(platform="freshdesk", account="bench-api", credentials="")
        user = User.objects.make(email="bench@example.org", name="Bench", role="agent")
        _token, clear = ApiToken.issue(user=user, name="bench")
        with transaction.atomic():
            upsert_tickets(ticket_rows(account.pk, tickets))
    with psycopg.connect(urls["superuser"]) as admin:
        admin.execute("ANALYZE c_bench_api.platforms_ticket")
    return clear


def _environ(clear: str) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "GET", "PATH_INFO": "/api/v1/tickets/", "QUERY_STRING": "status=open", "SERVER_NAME": "x",
        "SERVER_PORT": "80", "HTTP_HOST": "bench-api.localhost", "HTTP_AUTHORIZATION": f"Bearer {clear}",
        "wsgi.url_scheme": "http", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.errors": io.StringIO(),
    }  # fmt: skip


def _ours(environ: dict[str, Any]) -> Callable[[], bytes]:
    application = WSGIHandler()

    def ask() -> bytes:
        status: list[str] = []
        response = application(environ | {"wsgi.input": io.BytesIO()}, lambda code, headers: status.append(code))
        body = b"".join(response)
        response.close()
        assert status[0].startswith("200"), status
        return body

    return ask


def _floor(raw: psycopg.Connection, clear: str) -> Callable[[], bytes]:
    def ask() -> bytes:
        with raw.transaction(), raw.cursor() as cursor:
            cursor.execute(BIND)
            assert cursor.execute(TOKEN, [digest(clear), datetime.now(UTC)]).fetchone()
            cursor.execute(LIST)
            names = [column.name for column in cursor.description or []]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        return orjson.dumps({"results": rows[:25], "next": "x"}, default=str)

    return ask


def _stock(environ: dict[str, Any]) -> Callable[[], bytes]:
    binding = company_named("bench-api").binding()

    def ask() -> bytes:
        with bind_company(binding):
            response = stock_list(environ | {"wsgi.input": io.BytesIO()})
        assert response.status_code == 200
        return response.content

    return ask


def _line(found: dict[str, list[Cost]], calls: int, times: Times, sizes: dict[str, int]) -> dict[str, Any]:
    own, least, stock = (best(found[name]).cpu / calls * 1000 for name in ("ours", "floor", "stock"))
    return {
        "name": "api_list", "ours": round(own, 3), "unit": "CPU ms a request, PostgreSQL included",
        "reference": round(least, 3), "reference_name": "psycopg + orjson, same token lookup and bound transaction",
        "ratio": round(own / least, 2), "goal": f"<= {GOAL} x, >= {GOAL_OF_STOCK} x better than stock DRF",
        "ok": own <= GOAL * least and stock >= GOAL_OF_STOCK * own,
        "cpu_client_ms": round(best(found["ours"]).client / calls * 1000, 3),
        "cpu_server_ms": round(best(found["ours"]).server / calls * 1000, 3),
        "stock_drf_cpu_ms": round(stock, 3), "times_better_than_stock_drf": round(stock / own, 2),
        "wall_ms": {name: _spread(values) for name, values in times.items()}, "bytes": sizes,
    }  # fmt: skip


def _spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {"p50": round(ordered[len(ordered) // 2], 3), "p95": round(ordered[len(ordered) * 95 // 100], 3)}
