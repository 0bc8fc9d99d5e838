"""How late old tickets that wait for an agent are in the queue of a new company, at the lists' limits of each plan."""

from __future__ import annotations

import math
import sys
from datetime import datetime, timedelta

import pytest
from django.db import connection as db_connection
from django.utils import timezone

from apps.core.egress import EgressLimits
from apps.ingest import streams
from apps.ingest.models import Stream
from apps.ingest.streams import FIRST_DAYS
from apps.ingest.sync import sync_page
from apps.platforms import budget
from apps.platforms.adapters.freshdesk.walk import WINDOWS
from apps.platforms.budget import SHARE
from apps.platforms.models import Ticket
from tests.ingest.test_sync import allow, join
from tests.simulated import Simulator, running

TICKETS, WAITING = 20_000, 200
LISTS = {"trial": 50, "growth": 20, "pro": 100, "enterprise": 200}  # credits a minute for lists of tickets
PAGE_CREDITS = 3  # a hundred rows with description; those of the last three days, with names, are few
MINUTES = 5.0


def listed(simulator: Simulator) -> list[tuple[datetime, int]]:
    """(time of change, number) of every live ticket, oldest first."""
    rows, since = {}, "2000-01-01T00:00:00Z"
    while True:
        page = simulator.get("/tickets", updated_since=since, order_by="updated_at", order_type="asc", per_page=100).json()
        rows |= {row["id"]: datetime.fromisoformat(row["updated_at"]) for row in page}
        if len(page) < 100 or page[-1]["updated_at"] == since:
            return sorted((at, number) for number, at in rows.items())
        since = page[-1]["updated_at"]


def pages_without(rows: list[tuple[datetime, int]], waits: set[int], border: datetime) -> int:
    """Pages of the past, from new to old, until the last of them is met."""
    year = border - (WINDOWS[0] or timedelta())
    order = [number for at, number in rows if year <= at < border] + [number for at, number in rows if at < year]
    return math.ceil((max(order.index(one) for one in waits) + 1) / 100)


@pytest.mark.soak  # two minutes
def test_old_tickets_that_wait_are_in_the_queue_within_minutes(in_acme, settings, monkeypatch):
    patient = EgressLimits(read=200, total=200)  # the simulator makes all tickets to sort them by status
    monkeypatch.setattr("apps.core.egress.client.EgressLimits", lambda: patient)
    monkeypatch.setattr(budget, "PATIENCE_SECONDS", (200.0, 200.0))
    monkeypatch.setattr(streams, "FETCH_SECONDS", 200)
    monkeypatch.setattr(streams, "LEASE_SECONDS", 300)
    with db_connection.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = 0")  # the simulator takes its time
    with running("--account", "generated", "--tickets", str(TICKETS), "--plan", "unlimited") as simulator:
        allow(settings, simulator)
        rows, border = listed(simulator), timezone.now() - FIRST_DAYS
        old = [number for at, number in rows if at < border]
        waits = set(old[:: len(old) // WAITING][:WAITING])
        simulator.update(op="status", tickets=sorted(waits), value=2, bump=False)
        join(simulator)
        simulator.control.request("DELETE", "/__sim/log")
        for kind in (Stream.Kind.TICKETS, Stream.Kind.HISTORY):
            stream = Stream.objects.get(kind=kind)
            while not waits <= {int(one) for one in Ticket.objects.waiting().values_list("remote_id", flat=True)}:
                if not sync_page(stream_id=stream.pk):
                    break
        credits = simulator.told("log")["credits"]
        recent = math.ceil(sum(at >= border for at, _ in rows) / 100)
        before = PAGE_CREDITS * (recent + pages_without(rows, waits, border))
    assert waits <= {int(one) for one in Ticket.objects.waiting().values_list("remote_id", flat=True)}
    late = {plan: credits / (limit * SHARE) for plan, limit in LISTS.items()}
    were = {plan: before / (limit * SHARE) for plan, limit in LISTS.items()}
    told = ", ".join(f"{plan} {late[plan]:.1f} min (without asking for them {were[plan]:.0f})" for plan in LISTS)
    sys.stderr.write(f"the last of {WAITING} old waiting tickets among {TICKETS} after {credits} credits of lists: {told}\n")
    assert max(late["pro"], late["enterprise"]) <= MINUTES
