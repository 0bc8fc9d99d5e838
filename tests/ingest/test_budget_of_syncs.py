"""Whole syncs on the budget of an account: never asked too often, and not at all with a refused key (F9, F23)."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from apps.core.errors import CredentialsRejected
from apps.ingest.models import Outbox, Stream
from apps.ingest.outbox import owe, work_off
from apps.ingest.streams import due_streams, hurry
from apps.ingest.sync import Outcome, read_feed
from apps.platforms import budget
from apps.platforms.adapters.freshdesk import client
from apps.platforms.models import Connection, Ticket
from tests.ingest.test_sync import allow, join, run_feeds
from tests.simulated import Simulator, running

FAST = 60  # simulated seconds in one of ours: a minute's limit passes in a second


@pytest.fixture
def quick(in_acme, settings, monkeypatch) -> Iterator[Simulator]:
    monkeypatch.setattr(budget, "WINDOW_MS", 1000)
    with running("--account", "generated", "--tickets", "60", "--plan", "unlimited") as simulator:
        allow(settings, simulator)
        simulator.tell("clock", rate=FAST)
        join(simulator)
        yield simulator


def read_all(simulator: Simulator, seconds: float, meanwhile=lambda: None) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        meanwhile()
        for stream_id in due_streams():
            read_feed(stream_id=stream_id, go_on=lambda: True)
        Outbox.objects.filter(due_at__lte=timezone.now() + timedelta(seconds=1)).update(due_at=timezone.now())
        work_off(Outbox.Kind.THREAD)
        if not Outbox.objects.filter(kind=Outbox.Kind.THREAD).exists() and not Stream.objects.filter(first_completed_at=None).exists():
            return
        time.sleep(0.02)
    raise AssertionError("the first sync did not end")


def used_by_minute(simulator: Simulator) -> Counter:
    used: Counter = Counter()
    for row in simulator.told("log")["requests"]:
        used[int(row["at"] // 60)] += row["credits"]
    return used


@pytest.mark.verify
def test_a_first_sync_alone_on_a_small_plan_never_asks_too_often(quick):
    quick.tell("limits", plan="trial")
    quick.control.request("DELETE", "/__sim/log")
    read_all(quick, 60)
    log = quick.told("log")
    used = used_by_minute(quick)
    sys.stderr.write(f"60 tickets on 50 credits a minute: {log['credits']} credits, most of a minute {max(used.values())}\n")
    assert quick.told("limits")["refused"] == 0
    assert [row for row in log["requests"] if row["status"] == 429] == []
    assert max(used.values()) <= 50 * 0.7 + 1
    assert Ticket.objects.exclude(thread_version="").count() == 60


@pytest.mark.verify
def test_beside_another_app_a_first_sync_ends_with_one_violation_a_minute_at_most(quick, monkeypatch):
    seconds = client.seconds_of
    monkeypatch.setattr(client, "seconds_of", lambda value: seconds(value) / FAST)  # Retry-After is by the other clock
    quick.tell("limits", plan="trial")
    quick.control.request("DELETE", "/__sim/log")
    eaten: set[int] = set()

    def eat() -> None:
        minute = int(datetime.fromisoformat(quick.told("clock")["now"]).timestamp() // 60)
        if minute not in eaten:
            eaten.add(minute)
            quick.tell("limits", eat=20)

    read_all(quick, 120, eat)
    refused: Counter = Counter(int(row["at"] // 60) for row in quick.told("log")["requests"] if row["status"] == 429)
    sys.stderr.write(f"beside an app that eats 20 of 50: refused {dict(refused)} in {len(eaten)} minutes\n")
    assert max(refused.values(), default=0) <= 1


def test_after_the_first_refusal_of_a_key_at_most_two_calls_follow_and_one_notice(quick, django_capture_on_commit_callbacks):
    quick.tell("limits", plan="unlimited")
    for stream_id in due_streams():
        read_feed(stream_id=stream_id, go_on=lambda: True)
    assert Outbox.objects.filter(kind=Outbox.Kind.THREAD).count() == 60
    quick.tell("key", api_key="another")
    quick.control.request("DELETE", "/__sim/log")
    connection = Connection.objects.get()
    with django_capture_on_commit_callbacks() as notices:
        for _ in range(5):
            hurry(connection)
            Outbox.objects.update(claimed_until=None, due_at=timezone.now())
            work_off(Outbox.Kind.THREAD)
            run_feeds()
    calls = [row["status"] for row in quick.told("log")["requests"]]
    sys.stderr.write(f"calls after the key was revoked: {calls}\n")
    assert calls[0] == 401 and len(calls) <= 3
    connection.refresh_from_db()
    assert (connection.state, connection.last_error) == (Connection.State.REJECTED, "credentials_rejected")
    assert len(notices) == 1
    assert Outbox.objects.filter(kind=Outbox.Kind.THREAD).count() == 60, "nothing owed is lost"


def test_workers_that_hold_old_rows_make_no_call_with_a_refused_key(quick):
    stream_id = Stream.objects.get(kind=Stream.Kind.TICKETS).pk
    quick.tell("key", api_key="another")
    assert read_feed(stream_id=stream_id, go_on=lambda: True) is Outcome.FAILED
    Connection.objects.update(state=Connection.State.ACTIVE)  # as a process sees it that has read it before
    Stream.objects.update(next_at=timezone.now(), lease_until=None)
    quick.control.request("DELETE", "/__sim/log")
    owe(Outbox.Kind.THREAD, list(Ticket.objects.values_list("pk", flat=True)))
    run_feeds()
    work_off(Outbox.Kind.THREAD)
    assert quick.told("log")["calls"] == 0


def test_a_feed_the_key_may_not_read_stops_no_other(in_acme, settings, monkeypatch):
    from apps.platforms.adapters.freshdesk import FreshdeskAdapter

    with running("--account", "generated", "--tickets", "10", "--plan", "unlimited") as simulator:
        allow(settings, simulator)
        connection = join(simulator)

        async def forbidden(self, cursor):
            raise CredentialsRejected("not for this key", code="access_denied")

        monkeypatch.setattr(FreshdeskAdapter, "fetch_articles", forbidden)
        run_feeds()
    connection.refresh_from_db()
    assert connection.state == Connection.State.ACTIVE
    articles = Stream.objects.get(kind=Stream.Kind.ARTICLES)
    assert (articles.last_error, articles.failures) == ("access_denied", 1)
    assert (articles.next_at - timezone.now()).total_seconds() > 3500
    assert Ticket.objects.count() == 10
