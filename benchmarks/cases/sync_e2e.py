"""A first sync of tickets with their threads from a helpdesk that takes 50 ms a call, beside dlt's REST source.

Ours runs as in the product: two workers, the account's gate between them (three calls under way at most), all stored in
PostgreSQL under its walls. dlt stores files of lines. Without a package index there is no dlt, and no ratio.
"""

from __future__ import annotations

import http.client
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from apps.ingest.models import Stream
from apps.ingest.streams import ensure_streams
from apps.platforms.budget import LANES, SHARE
from apps.platforms.connecting import connect
from apps.platforms.models import Message, Ticket
from apps.tenancy.context import bind_company
from apps.tenancy.models import Company
from benchmarks.company import company_named
from benchmarks.strangers import index_silence, install

ROOT = Path(__file__).resolve().parents[2]
KEY, WORKERS, LATENCY = "the-key-of-the-account", 2, 0.05  # as many workers as the product has
NOT_THEIRS = (Stream.Kind.ARTICLES, Stream.Kind.TRASHED, Stream.Kind.SPAM)
FAST, PLAN = 10, 400  # simulated seconds in one of ours, and credits a simulated minute, where the rate is judged


@dataclass(frozen=True, slots=True, order=True)
class Spent:
    """Seconds on the clock and of CPU (workers only), and the calls made; in order of the first."""

    seconds: float
    cpu: float
    calls: int

    @property
    def in_flight(self) -> float:
        """Calls under way on average."""
        return round(self.calls * LATENCY / self.seconds, 2)


class Account:
    """A simulated account as its own process."""

    def __init__(self, line: dict[str, str]) -> None:
        self.url, self._control = line["api"], urlsplit(line["control"]).netloc

    def tell(self, path: str, payload: Any = None, method: str = "POST") -> Any:
        wire = http.client.HTTPConnection(self._control, timeout=60)
        wire.request(method, f"/__sim/{path}", None if payload is None else orjson.dumps(payload))
        told = orjson.loads(wire.getresponse().read() or b"null")
        wire.close()
        return told


def run(urls: dict[str, str], *, short: bool) -> dict[str, Any]:
    """Seconds to all stored, both sides in turn; calls a changed ticket; the part of the permitted rate that was used."""
    size, limited, rounds, workers = (20, 10, 1, 1) if short else (600, 1200, 3, WORKERS)
    ours: list[Spent] = []
    peer: list[Spent] = []
    with account(size) as one, strangers(short=short) as python:
        for number in range(rounds):
            with site(one, f"bench-sync-{number}") as company:
                ours.append(measured(one, lambda company=company: read(company, workers)))
                held = stored(company)
                if python is not None:
                    peer.append(measured(one, lambda: beside(one, python)))
                if number == rounds - 1:
                    per_change = changed(one, company, max(10, size // 2))
    with account(limited, "--plan", "pro", latency=LATENCY / FAST) as one, site(one, "bench-rate") as company:
        one.tell("clock", {"rate": FAST})
        one.tell("log", method="DELETE")
        read(company, workers, window_ms=60_000 // FAST)
        used, refused = rate_used(one), one.tell("limits", method="GET")["refused"]
    line = _line(held, min(ours), min(peer, default=None), per_change)
    line |= {"rate_used": round(used, 2), "rate_refused": refused}
    return line | {"ok": line["ok"] and used >= 0.9 and refused == 0}


def measured(one: Account, work: Callable[[], tuple[float, float]]) -> Spent:
    one.tell("log", method="DELETE")
    seconds, cpu = work()
    return Spent(seconds, cpu, one.tell("log", method="GET")["calls"])


@contextmanager
def account(size: int, *more: str, latency: float = LATENCY) -> Iterator[Account]:
    command = [sys.executable, "-m", "simulators.freshdesk", "--api-key", KEY, "--account", "generated"]
    command += ["--tickets", str(size), *(more or ("--plan", "unlimited"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            one = Account(orjson.loads(process.stdout.readline()))
            one.tell("faults", {"faults": [{"kind": "slow", "rate": 1, "seconds": latency}]})
            yield one
        finally:
            process.terminate()


@contextmanager
def site(one: Account, name: str) -> Iterator[Company]:
    """A company connected to the account, nothing read yet."""
    from django.conf import settings

    host = urlsplit(one.url).netloc
    settings.EGRESS_ALLOW_HOSTS = frozenset({host})
    os.environ["EGRESS_ALLOW_HOSTS"] = host
    company = company_named(name)
    with bind_company(company.binding()):
        connection, _ = connect(platform="freshdesk", options={"base_url": one.url, "api_key": KEY})
        ensure_streams(connection)
        # The knowledge base, trash and spam, and what is done once a day are no part of the peer's work.
        Stream.objects.filter(kind__in=NOT_THEIRS).delete()
    yield company


def read(company: Company, count: int, *, window_ms: int = 60_000) -> tuple[float, float]:
    """All that is due, by so many workers, which run already. Seconds on the clock and of CPU."""
    command = [sys.executable, "-m", "benchmarks.reader", company.company_id, str(window_ms)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
    workers = [subprocess.Popen(command, **pipes) for _ in range(count)]
    for worker in workers:
        worker.stdout.readline()
    began = time.perf_counter()
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    cpu = sum(orjson.loads(worker.stdout.readline())["cpu"] for worker in workers)
    seconds = time.perf_counter() - began
    for worker in workers:
        worker.communicate()
    return seconds, cpu


def stored(company: Company) -> dict[str, int]:
    with bind_company(company.binding()):
        return {"tickets": Ticket.objects.count(), "messages": Message.objects.count()}


def changed(one: Account, company: Company, count: int) -> float:
    """Calls for a ticket that changed since, its thread included; three change in a second."""
    from django.utils import timezone

    for _ in range(count // 3):
        one.tell("update", {"apply": [{"op": "status", "random": 3, "value": 3}]})
        one.tell("clock", {"advance": 1})
    one.tell("clock", {"advance": 10})
    with bind_company(company.binding()):
        before = dict(Ticket.objects.values_list("remote_id", "updated_at"))
        Stream.objects.filter(kind=Stream.Kind.TICKETS).update(next_at=timezone.now())
    one.tell("log", method="DELETE")
    read(company, 1)
    with bind_company(company.binding()):
        after = dict(Ticket.objects.values_list("remote_id", "updated_at"))
    return float(one.tell("log", method="GET")["calls"]) / sum(before[key] != at for key, at in after.items())


def rate_used(one: Account) -> float:
    """The middle of whole minutes between the first and the last, as a part of what background work may use."""
    used: Counter[int] = Counter()
    for row in one.tell("log", method="GET")["requests"]:
        used[int(row["at"] // 60)] += row["credits"]
    whole = [used[minute] for minute in range(min(used) + 1, max(used))]
    return statistics.mean(whole or used.values()) / (SHARE * PLAN)


@contextmanager
def strangers(*, short: bool) -> Iterator[Path | None]:
    """The interpreter that has dlt, or None in the short form and without a package index, said aloud."""
    if short:
        yield None
        return
    if reason := index_silence():
        sys.stderr.write(f"sync_e2e: NO dlt TO COMPARE WITH, no ratio: {reason}\n")
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        yield install(Path(folder) / "venv")


def beside(one: Account, python: Path) -> tuple[float, float]:
    """dlt's seconds and CPU for the same account."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "PATH": os.environ["PATH"], "HOME": folder, "RUNTIME__DLTHUB_TELEMETRY": "false", "EXTRACT__WORKERS": str(LANES),
            "EXTRACT__MAX_PARALLEL_ITEMS": str(LANES), "EXTRACT__NEXT_ITEM_MODE": "round_robin",
        }  # fmt: skip
        command = [str(python), str(ROOT / "benchmarks" / "with_dlt.py"), one.url, KEY]
        done = subprocess.run(command, capture_output=True, env=environment, cwd=folder, check=True)
    found = orjson.loads(done.stdout.splitlines()[-1])
    return found["seconds"], found["cpu"]


def _line(held: dict[str, int], ours: Spent, peer: Spent | None, per_change: float) -> dict[str, Any]:
    ratio = None if peer is None else round(ours.seconds / peer.seconds, 2)
    line: dict[str, Any] = {
        "name": "sync_e2e", "ours": round(ours.seconds, 2), "unit": "seconds to all stored",
        "reference": None, "reference_name": "dlt's REST source into files of lines",
        "ratio": ratio, "goal": "<= 1.0 x dlt, <= 1.02 calls a changed ticket, >= 0.9 of the permitted rate, none refused",
        "ok": (ratio is not None and ratio <= 1) and per_change <= 1.02,
        "calls_a_changed_ticket": round(per_change, 3), **held,
        "in_flight": ours.in_flight, "calls": ours.calls, "cpu_s": round(ours.cpu, 2),
    }  # fmt: skip
    if peer is not None:
        line |= {
            "reference": round(peer.seconds, 2), "reference_in_flight": peer.in_flight,
            "reference_calls": peer.calls, "reference_cpu_s": round(peer.cpu, 2),
        }  # fmt: skip
    return line
