"""A company with a mountain of work beside one with little: how long the little one waits, with a real worker."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.conf import settings
from django.db import transaction
from redis import Redis

from apps.ingest import tasks
from apps.ingest.models import Outbox
from apps.ingest.outbox import owe
from apps.ingest.sql import (
    ARTICLE_COLUMNS,
    MESSAGE_COLUMNS,
    TICKET_COLUMNS,
    upsert_articles,
    upsert_messages,
    upsert_tickets,
)
from apps.platforms.models import Connection, Ticket
from apps.search.index import erase_company
from apps.tenancy.context import bind_company
from tests.isolation.companies import companies

NOW = datetime(2026, 3, 1, tzinfo=UTC)
QUEUES = "interactive,sync,index"
FEW, AT_MOST = 20, 2.0
TEXT = "The parcel {0} of order {1} did not arrive. The carrier says it was handed over on Monday at {0}. Please look."
PLAIN = {
    "state": "live", "deleted": False, "status_value": "4", "status_label": "Resolved", "status_category": "solved", "priority": 1,
    "source": "email", "type": "", "group_id": None, "agent_id": None, "customer_id": None, "firm_id": None, "tags": "[]", "language": "en",
    "description_html": "", "due_by": None, "created_at": NOW, "updated_at": NOW, "raw_hash": "x", "number": 1,
    "kind": "description", "author": "customer", "author_name": "Ann", "author_remote_id": "", "visibility": "public",
    "html": "", "published": True, "category": "", "folder": "", "folder_id": "", "portals": "[]", "products": "[]", "readers": "[]", "barred": "[]",
    "sweep": 1,
}  # fmt: skip


def rows(columns: Sequence[str], count: int, **own: Any) -> list[tuple[Any, ...]]:
    made = []
    for _ in range(count):
        mark = uuid4().hex[:10]
        text = TEXT.format(mark, mark[::-1])
        row = PLAIN | {"remote_id": mark, "subject": mark, "title": mark, "text": text, "description_text": text} | own
        made.append(tuple(row[name] for name in columns))
    return made


def fill(count: int) -> list[UUID]:
    """Tickets of the bound company with a message each, nothing owed for them. Their ids."""
    helpdesk, _ = Connection.objects.get_or_create(platform="freshdesk", account=f"{uuid4().hex}.example", credentials=b"-")
    ids = []
    for start in range(0, count, 5000):
        made = rows(TICKET_COLUMNS, min(5000, count - start), connection_id=helpdesk.pk, number="")
        with transaction.atomic():
            stored = [row[0] for row in upsert_tickets(made)]
            upsert_messages([row for one in stored for row in rows(MESSAGE_COLUMNS, 1, ticket_id=one, remote_id="description")])
            Ticket.objects.filter(pk__in=stored).update(thread_version="x", message_count=1)
        ids += stored
    return ids


def fill_articles(count: int) -> list[UUID]:
    helpdesk, _ = Connection.objects.get_or_create(platform="freshdesk", account=f"{uuid4().hex}.example", credentials=b"-")
    ids = []
    for start in range(0, count, 5000):
        made = rows(ARTICLE_COLUMNS, min(5000, count - start), connection_id=helpdesk.pk, status_value="2")
        with transaction.atomic():
            ids += [row[0] for row in upsert_articles(made)]
    return ids


@contextmanager
def worker() -> Iterator[None]:
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--loglevel", "ERROR", "--without-gossip"]
    command += ["--without-mingle", "--concurrency", "2", "--queues", QUEUES]
    environment = {name: value for name, value in os.environ.items() if name != "MIGRATE_DATABASE_URL"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def owed(url: str, company: str) -> int:
    with psycopg.connect(url) as admin:
        return admin.execute(f"SELECT count(*) FROM c_{company}.ingest_outbox").fetchone()[0]


def begin(kind: Outbox.Kind, ids: Sequence[UUID], *, priority: int = 5) -> None:
    for start in range(0, len(ids), 5000):
        with transaction.atomic():
            owe(kind, ids[start : start + 5000], priority=priority)
    tasks.index_owed.apply_async([kind.value], expires=60)


def took(url: str, company: Any) -> float:
    """Seconds from when FEW tickets are owed to when all are in the index."""
    with bind_company(company.binding()):
        ids = fill(FEW)
        began = time.monotonic()
        begin(Outbox.Kind.INDEX_TICKET, ids)
        while owed(url, company.company_id):
            assert time.monotonic() - began < 120
            time.sleep(0.02)
        return time.monotonic() - began


def due(url: str, company: Any, at: str) -> None:
    """Have all that the company owes due from then on; returns when its work has stopped, or is under way."""
    with psycopg.connect(url) as admin:
        admin.execute(f"UPDATE c_{company.company_id}.ingest_outbox SET due_at = now() + %s::interval", [at])
    with bind_company(company.binding()):
        for kind in (Outbox.Kind.INDEX_ARTICLE, Outbox.Kind.INDEX_TICKET) if at == "0" else ():
            tasks._send(kind)
    time.sleep(0.4)


@dataclass(slots=True)
class Seen:
    """Of each round: seconds of the handful alone and beside the mountain, and what the mountain had done meanwhile."""

    alone: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)
    done: list[int] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        return statistics.median(b / a for a, b in zip(self.alone, self.beside, strict=True))


def run(url: str, much: int, rounds: int) -> Seen:
    queue, seen = Redis.from_url(settings.BROKER_URL), Seen()
    queue.delete(*(f"deskhand:{name}" for name in QUEUES.split(",")))
    with companies(url, "mountain", "handful") as (mountain, handful), worker():
        with bind_company(mountain.binding()):
            begin(Outbox.Kind.INDEX_ARTICLE, fill_articles(much // 2))
            begin(Outbox.Kind.INDEX_TICKET, fill(much - much // 2))
        took(url, handful)  # the worker is there and warm
        for _ in range(rounds):
            due(url, mountain, "1 hour")
            seen.alone.append(took(url, handful))
            due(url, mountain, "0")
            before = owed(url, "mountain")
            seen.beside.append(took(url, handful))
            seen.done.append(before - owed(url, "mountain"))
        assert owed(url, "mountain") > 0, "it was beside it all the time"
        due(url, mountain, "1 hour")
        for company in (mountain, handful):
            with bind_company(company.binding()):
                erase_company()
    sys.stderr.write(f"{FEW} jobs beside {much}: {seen.ratio:.2f} times their time alone; {seen}\n")
    return seen


@pytest.mark.verify
def test_while_a_handful_is_done_a_mountain_gets_no_more_than_its_share(django_db_setup, django_db_blocker, superuser_url):
    """Two processes that take turns: in twice the handful's own time the mountain gets three handfuls done. Jobs are
    counted, not seconds, which say little on a machine that others use."""
    with django_db_blocker.unblock():
        seen = run(superuser_url, 1_000, 3)
    assert statistics.median(seen.done) <= 3 * FEW


@pytest.mark.soak
def test_a_mountain_of_work_delays_a_handful_by_twice_its_own_time_at_most(django_db_setup, django_db_blocker, superuser_url):
    with django_db_blocker.unblock():
        assert run(superuser_url, 100_000, 7).ratio <= AT_MOST
