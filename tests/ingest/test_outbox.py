"""Owed work: claimed in batches of the size asked for, free again when its holder died."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import connection, transaction
from django.utils import timezone

from apps.ingest import sql, tasks
from apps.ingest.models import Outbox
from apps.ingest.outbox import CLAIM_SECONDS, owe
from apps.ingest.sql import claim_rows


def test_a_claim_takes_no_more_than_its_batch_however_the_planner_reads_it(in_acme):
    owe(Outbox.Kind.THREAD, [uuid4() for _ in range(60)])
    with connection.cursor() as cursor:
        for name in ("hashjoin", "hashagg", "sort", "mergejoin", "material"):
            cursor.execute(f"SET LOCAL enable_{name} = off")
    seen: set[int] = set()
    for _ in range(6):
        claimed = claim_rows(Outbox.Kind.THREAD, 10, CLAIM_SECONDS)
        assert len(claimed) == 10
        seen |= {row[0] for row in claimed}
    assert len(seen) == 60
    assert claim_rows(Outbox.Kind.THREAD, 10, CLAIM_SECONDS) == []


def test_a_claim_reads_no_more_when_a_hundred_times_as_much_is_owed(in_acme):
    few, _ways = read_by_claims(1_000)
    many, ways = read_by_claims(100_000 - 1_000)
    sys.stderr.write(f"blocks of a claim: {few} with 1,000 rows owed, {many} with 100,000\n")
    assert max(many) <= 2 * max(few), f"the whole table is about 2,000; by {ways}, of {indexes()}"


def read_by_claims(more: int) -> tuple[list[int], list[str]]:
    """Blocks that each of the three looks of a claim reads, when so many more are owed and have just been written; and how."""
    owe(Outbox.Kind.THREAD, [uuid4() for _ in range(more)])
    read, ways = [], []
    with connection.cursor() as cursor:
        for setting in sql._IN_ORDER:
            cursor.execute(setting)
        for statement in (sql._CLAIM_SUSPECT, sql._CLAIM_FRESH, sql._CLAIM_ASIDE):
            for _ in range(2):  # the first steps over rows that earlier tests took back, and marks them as gone
                undo = transaction.savepoint()
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", ["thread", 20, CLAIM_SECONDS])
                plan = cursor.fetchone()[0][0]["Plan"]
                transaction.savepoint_rollback(undo)
            read.append(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
            ways.append(scans(plan))
    return read, ways


def scans(plan: dict[str, Any]) -> str:
    """What is scanned by what, from the top: for whoever has to find out why it was read whole."""
    own = f"{plan['Node Type']} {plan.get('Index Name', '')}".strip()
    return " < ".join([own, *(scans(one) for one in plan.get("Plans", []))])


def indexes() -> list[tuple[Any, ...]]:
    """Name, whether it is valid, and whether old snapshots may not use it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexrelid::regclass::text, indisvalid, indcheckxmin FROM pg_index WHERE indrelid = 'ingest_outbox'::regclass"
        )
        return cursor.fetchall()


def test_what_a_dead_worker_held_is_free_within_a_minute(in_acme):
    owe(Outbox.Kind.THREAD, [uuid4()])
    held = claim_rows(Outbox.Kind.THREAD, 1, CLAIM_SECONDS)
    assert Outbox.objects.get().claimed_until <= timezone.now() + timedelta(seconds=60)
    assert claim_rows(Outbox.Kind.THREAD, 1, CLAIM_SECONDS) == []
    Outbox.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    again = claim_rows(Outbox.Kind.THREAD, 1, CLAIM_SECONDS)
    assert [row[:4] for row in again] == [row[:4] for row in held]
    assert again[0][4] > held[0][4], "a new claim: what the dead one may still write is refused"


def test_briefs_are_sent_past_the_index_and_threads_to_those_who_read(in_acme, monkeypatch):
    sent: list[tuple[str, list[str], str | None]] = []
    for task in (tasks.read_owed, tasks.index_owed):
        note = lambda arguments, task=task, **options: sent.append((task.name, arguments, options.get("queue")))  # noqa: E731
        monkeypatch.setattr(task, "apply_async", note)
    for kind in (Outbox.Kind.THREAD, Outbox.Kind.INDEX_TICKET, Outbox.Kind.BRIEF):
        tasks._send(kind)
    assert sent == [
        ("ingest.read_owed", ["thread"], None),
        ("ingest.index_owed", ["index_ticket"], None),
        ("ingest.index_owed", ["brief"], "interactive"),
    ]
