"""An entry of the audit trail, beside a plain insert of the same row in the same kind of transaction."""

from __future__ import annotations

import statistics
import time
from datetime import UTC, datetime
from itertools import count
from typing import Any

import orjson
import psycopg
from django.db import connection, transaction

from apps.core.audit import record
from apps.core.ids import uuid7
from apps.core.models import AuditEvent
from apps.tenancy.context import bind_company
from apps.tenancy.rls import wall
from benchmarks.company import company_named
from benchmarks.measure import Server, alternate, best

GOAL_MS = 0.1
WHO = "user:01890000-0000-7000-8000-000000000001"
TICKET = "ticket:01890000-0000-7000-8000-000000000002"
INSERT = """INSERT INTO plain_entry (id, seq, at, event, principal, subject, request_id, facts, key_id, prev, mac)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s, %s)"""


def run(urls: dict[str, str], *, short: bool) -> dict[str, Any]:
    """Milliseconds more than the plain insert: the middle of the differences of neighbouring pairs."""
    pairs = 20 if short else 3000
    company = company_named("bench-audit")
    _make_plain(urls)
    numbers = count(1)

    def plain() -> None:
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            facts = orjson.dumps({"mode": "extractive", "outcome": "reply"}).decode()
            row = [uuid7(), next(numbers), datetime.now(UTC), "assistant_asked", "user:" + "A" * 22, TICKET, "",
                   facts, "k1", bytes(32), bytes(32)]  # fmt: skip
            cursor.execute(INSERT, row)

    def ours() -> None:
        record("assistant_asked", principal=WHO, subject=TICKET, mode="extractive", outcome="reply")

    with bind_company(company.binding()):
        durable = _pairs(ours, plain, max(10, pairs // 10))
        with (
            transaction.atomic(),
            connection.cursor() as cursor,
        ):  # the disk's moods would hide a tenth of a millisecond
            cursor.execute("SET synchronous_commit TO off")
        own, reference = _pairs(ours, plain, pairs)
        costs = alternate(
            Server(urls["superuser"]), 1 if short else 5, ours=_many(ours, pairs // 10), plain=_many(plain, pairs // 10)
        )
        entries = AuditEvent.objects.count()
    more = statistics.median(one - other for one, other in zip(own, reference, strict=True))
    cpu = {name: best(spent).cpu / (pairs // 10) * 1000 for name, spent in costs.items()}
    return {
        "name": "audit", "ours": round(statistics.median(own), 4), "unit": "ms an entry, middle of the pairs",
        "reference": round(statistics.median(reference), 4), "reference_name": "plain insert of the row, own transaction",
        "ratio": round(statistics.median(own) / statistics.median(reference), 2),
        "goal": f"<= {GOAL_MS} ms more", "ok": more <= GOAL_MS, "more_ms": round(more, 4),
        "cpu_ms": round(cpu["ours"], 4), "reference_cpu_ms": round(cpu["plain"], 4),
        "cpu_more_ms": round(cpu["ours"] - cpu["plain"], 4),
        "durable_ms": round(statistics.median(durable[0]), 3),
        "reference_durable_ms": round(statistics.median(durable[1]), 3), "pairs": pairs, "entries": entries,
    }  # fmt: skip


def _make_plain(urls: dict[str, str]) -> None:
    """A table like the trail, behind the same wall, without a chain."""
    with psycopg.connect(urls["migrate"]) as owner:
        owner.execute("SET search_path TO c_bench_audit")
        owner.execute("CREATE TABLE plain_entry (LIKE core_auditevent INCLUDING ALL)")
        wall(owner, "c_bench_audit", "bench-audit")


def _pairs(one: Any, other: Any, pairs: int) -> tuple[list[float], list[float]]:
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(pairs + 5):
        for side, work in ((0, one), (1, other)) if number % 2 else ((1, other), (0, one)):
            began = time.perf_counter()
            work()
            if number >= 5:
                times[side].append((time.perf_counter() - began) * 1000)
    return times


def _many(work: Any, times: int) -> Any:
    def repeated() -> None:
        for _ in range(times):
            work()

    return repeated
