"""Eight clients that go from company to company over a pool of four, beside the same clients in one company."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from typing import Any

import orjson
import psycopg
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, transaction

from apps.accounts.models import ApiToken, User
from apps.ingest.sql import upsert_tickets
from apps.platforms.models import Connection
from apps.tenancy.context import bind_company
from benchmarks.company import company_named, ticket_rows
from benchmarks.measure import Server, alternate, best

CLIENTS, POOL, GOAL = 8, 4, 1.15


def run(urls: dict[str, str], *, short: bool) -> dict[str, Any]:
    """CPU milliseconds a ticket list, PostgreSQL included; every body is looked at."""
    companies, calls, rounds, tickets = (3, 4, 1, 30) if short else (10, 75, 7, 500)
    environs = {
        name: _prepare(urls, name, tickets) for name in (f"bench-switch-{number}" for number in range(companies))
    }
    wrong: list[str] = []
    one = dict(list(environs.items())[:1])
    found = alternate(
        Server(urls["superuser"]), rounds,
        one=lambda: _clients(one, calls, wrong), many=lambda: _clients(environs, calls, wrong),
    )  # fmt: skip
    many, single = (best(found[name]).cpu / (CLIENTS * calls) * 1000 for name in ("many", "one"))
    return {
        "name": "tenant_switch", "ours": round(many, 3), "unit": "CPU ms a request, PostgreSQL included",
        "reference": round(single, 3), "reference_name": "the same clients, all in one company",
        "ratio": round(many / single, 3), "goal": f"<= {GOAL} x, 0 wrong bodies",
        "ok": many <= GOAL * single and not wrong,
        "cpu_client_ms": round(best(found["many"]).client / (CLIENTS * calls) * 1000, 3),
        "cpu_server_ms": round(best(found["many"]).server / (CLIENTS * calls) * 1000, 3),
        "cpu_client_ms_one": round(best(found["one"]).client / (CLIENTS * calls) * 1000, 3), "companies": companies, "clients": CLIENTS, "pool": POOL, "bodies": 2 * (rounds + 1) * CLIENTS * calls,
        "wrong_bodies": len(wrong), "wrong": wrong[:3],
    }  # fmt: skip


def _prepare(urls: dict[str, str], company_id: str, tickets: int) -> dict[str, Any]:
    """A company whose subjects name it. Returns the request for its list."""
    with bind_company(company_named(company_id).binding()):
        account = Connection.objects.create(platform="freshdesk", account=company_id, credentials="")
        user = User.objects.make(email="bench@example.org", name="Bench", role="agent")
        _token, clear = ApiToken.issue(user=user, name="bench")
        with transaction.atomic():
            upsert_tickets(ticket_rows(account.pk, tickets, subject=f"Subject of {company_id}, ticket"))
    with psycopg.connect(urls["superuser"]) as admin:
        admin.execute(f"ANALYZE c_{company_id.replace('-', '_')}.platforms_ticket")
    return {
        "REQUEST_METHOD": "GET", "PATH_INFO": "/api/v1/tickets/", "QUERY_STRING": "status=open", "SERVER_NAME": "x",
        "SERVER_PORT": "80", "HTTP_HOST": f"{company_id}.localhost", "HTTP_AUTHORIZATION": f"Bearer {clear}",
        "wsgi.url_scheme": "http", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.errors": io.StringIO(),
    }  # fmt: skip


def _clients(environs: dict[str, dict[str, Any]], calls: int, wrong: list[str]) -> None:
    """Every client asks `calls` times, another company each time, its own order; what is not that company's is kept."""
    application, names = WSGIHandler(), list(environs)
    started = threading.Barrier(CLIENTS)

    def client(number: int) -> None:
        started.wait()
        for turn in range(calls):
            name = names[(number + turn) % len(names)]
            found = _foreign(_asked(application, environs[name]), name)
            if found:
                wrong.append(found)
        connection.close()

    threads = [threading.Thread(target=client, args=[number]) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _asked(application: Callable[..., Any], environ: dict[str, Any]) -> bytes:
    status: list[str] = []
    response = application(environ | {"wsgi.input": io.BytesIO()}, lambda code, headers: status.append(code))
    body = b"".join(response)
    response.close()
    return body if status[0].startswith("200") else status[0].encode()


def _foreign(body: bytes, company_id: str) -> str:
    """What is wrong with the body, or nothing: 25 tickets, every subject names the company asked."""
    if not body.startswith(b"{"):
        return body.decode()
    subjects = [ticket["subject"] for ticket in orjson.loads(body)["results"]]
    foreign = [subject for subject in subjects if not subject.startswith(f"Subject of {company_id}, ")]
    return f"{company_id}: {len(subjects)} tickets, foreign {foreign[:2]}" if foreign or len(subjects) != 25 else ""
