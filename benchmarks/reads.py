"""One authenticated read of the API through the whole stack, beside psycopg and orjson, and beside stock DRF."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse

from apps.accounts.models import ApiToken, User, digest
from apps.tenancy.context import bind_company
from benchmarks.company import company_named
from benchmarks.measure import Cost, Server, alternate, best

GOAL, GOAL_OF_STOCK = 5.0, 5.0
TOKEN = """SELECT t.id, t.scopes::text, u.id, u.email, u.name, u.role, u.language FROM accounts_apitoken t
JOIN accounts_user u ON u.id = t.user_id WHERE t.digest = %s AND t.revoked_at IS NULL AND t.expires_at > %s AND u.is_active"""
Ask = Callable[[], bytes]
Times = dict[str, list[float]]


def issue_token(company_id: str) -> str:
    """The token of an agent of the company, to be called where it is bound."""
    user = User.objects.make(email=f"{company_id}@example.org", name="Bench", role="agent")
    return ApiToken.issue(user=user, name="bench")[1]


def request_of(company_id: str, clear: str, path: str, query: str = "") -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query, "SERVER_NAME": "x", "SERVER_PORT": "80",
        "HTTP_HOST": f"{company_id}.localhost", "HTTP_AUTHORIZATION": f"Bearer {clear}", "wsgi.url_scheme": "http",
        "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.errors": io.StringIO(),
    }  # fmt: skip


def through_the_stack(environ: dict[str, Any]) -> Ask:
    application = WSGIHandler()

    def ask() -> bytes:
        status: list[str] = []
        response = application(environ | {"wsgi.input": io.BytesIO()}, lambda code, headers: status.append(code))
        body = b"".join(response)
        response.close()
        assert status[0].startswith("200"), status
        return body

    return ask


def floor_of(
    raw: psycopg.Connection, company_id: str, clear: str, read: Callable[[psycopg.Cursor], bytes]
) -> Ask:
    """The same token lookup and the same bound transaction, then the read by hand."""
    schema = f"c_{company_id.replace('-', '_')}"
    bind = f"SET LOCAL search_path TO {schema}, pg_temp; SET LOCAL app.company_id TO '{company_id}'"

    def ask() -> bytes:
        with raw.transaction(), raw.cursor() as cursor:
            cursor.execute(bind)
            assert cursor.execute(TOKEN, [digest(clear), datetime.now(UTC)]).fetchone()
            return read(cursor)

    return ask


def rows(cursor: psycopg.Cursor) -> list[dict[str, Any]]:
    names = [column.name for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def stock_of(company_id: str, environ: dict[str, Any], view: Callable[[dict[str, Any]], HttpResponse]) -> Ask:
    """Stock DRF without any middleware: less than a stock site does."""
    binding = company_named(company_id).binding()

    def ask() -> bytes:
        with bind_company(binding):
            response = view(environ | {"wsgi.input": io.BytesIO()})
        assert response.status_code == 200
        return response.content

    return ask


def compare(name: str, urls: dict[str, str], calls: int, rounds: int, **asks: Ask) -> dict[str, Any]:
    """CPU milliseconds a request, PostgreSQL included, and how long a request takes; asks: ours, floor, stock."""
    sizes: dict[str, int] = {}
    times: Times = {which: [] for which in asks}

    def repeated(which: str, ask: Ask) -> Callable[[], None]:
        def work() -> None:
            for _ in range(calls):
                began = time.perf_counter()
                body = ask()
                times[which].append((time.perf_counter() - began) * 1000)
            sizes[which] = len(body)

        return work

    found = alternate(Server(urls["superuser"]), rounds, **{which: repeated(which, ask) for which, ask in asks.items()})
    return _line(name, found, calls, times, sizes)


def _line(name: str, found: dict[str, list[Cost]], calls: int, times: Times, sizes: dict[str, int]) -> dict[str, Any]:
    own, least, stock = (best(found[which]).cpu / calls * 1000 for which in ("ours", "floor", "stock"))
    return {
        "name": name, "ours": round(own, 3), "unit": "CPU ms a request, PostgreSQL included",
        "reference": round(least, 3), "reference_name": "psycopg + orjson, same token lookup and bound transaction",
        "ratio": round(own / least, 2), "goal": f"<= {GOAL} x, >= {GOAL_OF_STOCK} x better than stock DRF",
        "ok": own <= GOAL * least and stock >= GOAL_OF_STOCK * own,
        "cpu_client_ms": round(best(found["ours"]).client / calls * 1000, 3),
        "cpu_server_ms": round(best(found["ours"]).server / calls * 1000, 3),
        "stock_drf_cpu_ms": round(stock, 3), "times_better_than_stock_drf": round(stock / own, 2),
        "wall_ms": {which: _spread(values) for which, values in times.items()}, "bytes": sizes,
    }  # fmt: skip


def _spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {"p50": round(ordered[len(ordered) // 2], 3), "p95": round(ordered[len(ordered) * 95 // 100], 3)}
