"""From an order to the first page of a new company: the order's row, the queue, a real provisioning worker, the edge."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.core.handlers.wsgi import WSGIHandler

from apps.tenancy.names import OPERATOR_COMPANY
from apps.tenancy.orders import ask_open
from apps.tenancy.provisioning import create_company
from apps.tenancy.tasks import hurry_orders
from benchmarks.measure import Server, children, ran_threads

ROOT = Path(__file__).resolve().parents[1]
READY = 2  # standbys the worker keeps
POLL = 0.003  # seconds between two looks: more often would take the time from what is measured
LONGEST = 60.0  # seconds for anything here; more is an error
_STANDING = r"SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'standby\_%'"
_OPEN = "SELECT EXISTS (SELECT FROM public.tenancy_company WHERE company_id = %s)"


def first_pages(server: Server, rounds: int) -> dict[str, list[float]]:
    """Milliseconds a round: until the worker has opened it, what its page then takes, both, and CPU for both.

    The CPU is everybody's: the server's, the worker's (which then notes what it did), ours with the looks we take.
    """
    create_company(company_id=OPERATOR_COMPANY, name="Operators", operator=True)  # orders are in its audit log
    found: dict[str, list[float]] = {"opened": [], "page": [], "both": [], "cpu": []}
    handler = WSGIHandler()
    with _worker() as worker, psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as asked:
        for number in range(rounds + 1):
            _wait(lambda: asked.execute(_STANDING).fetchone() == (READY,))
            time.sleep(0.2)  # it has looked once more and is idle
            before = _cpu(server, worker)
            opened, page = _round(handler, asked, f"page-{number}")
            cpu = (_cpu(server, worker) - before) * 1000
            if number:  # the first warms both up
                found["opened"].append(opened)
                found["page"].append(page)
                found["both"].append(opened + page)
                found["cpu"].append(cpu)
    return found


def _cpu(server: Server, worker: int) -> float:
    return server.cpu() + time.process_time() + sum(map(ran_threads, [worker, *children(worker)]))


def _round(handler: WSGIHandler, asked: psycopg.Connection, company_id: str) -> tuple[float, float]:
    if (status := _page(handler, company_id)) != 404:  # our process has looked for this host before, in vain
        raise RuntimeError(f"{company_id} answers {status} before it is ordered")
    began = time.perf_counter()
    ask_open(company_id=company_id, name="Page")
    hurry_orders()
    _wait(lambda: asked.execute(_OPEN, [company_id]).fetchone() == (True,))
    opened = time.perf_counter()
    if (status := _page(handler, company_id)) != 200:
        raise RuntimeError(f"the first page of {company_id} answers {status}")
    return (opened - began) * 1000, (time.perf_counter() - opened) * 1000


def _page(handler: WSGIHandler, company_id: str) -> int:
    """The status of the sign-in page, its body read."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET", "PATH_INFO": "/sign-in/", "QUERY_STRING": "", "SERVER_NAME": "x", "SERVER_PORT": "80",
        "HTTP_HOST": f"{company_id}.localhost", "wsgi.url_scheme": "http", "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.errors": io.StringIO(), "wsgi.input": io.BytesIO(), "REMOTE_ADDR": "127.0.0.1",
    }  # fmt: skip
    response = handler(environ, lambda status, headers: None)
    b"".join(response)
    response.close()
    return int(response.status_code)


@contextmanager
def _worker() -> Iterator[int]:
    """The worker's process."""
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--loglevel", "ERROR", "--without-gossip"]
    environment = os.environ | {"DATABASE_LOGIN": "provision", "STANDBY_COMPANIES": str(READY)}
    process = subprocess.Popen(
        [*command, "--without-mingle", "--concurrency", "1", "--queues", "provision"],
        cwd=ROOT, env=environment, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        hurry_orders()
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def _wait(true: Callable[[], bool]) -> None:
    until = time.monotonic() + LONGEST
    while not true():
        if time.monotonic() > until:
            raise RuntimeError(f"the provisioning worker has not done its work within {LONGEST:.0f} s")
        time.sleep(POLL)
