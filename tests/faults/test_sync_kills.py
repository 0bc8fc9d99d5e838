"""kill -9 of a reader at fifty random moments: the next one goes on from the cursor, nothing is lost or twice (F1, F2)."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from apps.ingest import streams
from apps.ingest.models import Outbox, Stream
from apps.ingest.outbox import work_off
from apps.ingest.sync import read_feed
from apps.platforms.models import Message, Ticket
from apps.tenancy.context import bind_company
from tests.ingest.test_sync import allow, comparable, join, mirror
from tests.isolation.companies import companies
from tests.simulated import running

KILLS, TICKETS = 50, 1500


def let_go() -> None:
    """No connection of ours may live in two processes."""
    connections.close_all()
    connections["default"].close_pool()


def read_until_killed(company, seconds: float) -> bool:
    """A child reads feeds and threads; killed after so many seconds. True when it had nothing left to do."""
    let_go()
    child = os.fork()
    if child == 0:
        try:
            with bind_company(company.binding()):
                for stream_id in streams.due_streams():
                    read_feed(stream_id=stream_id, go_on=lambda: True)
                while work_off(Outbox.Kind.THREAD):
                    pass
            os._exit(0)
        finally:
            os._exit(1)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


@pytest.mark.soak  # kills in quick succession set threads aside as poison until the next day: not equal at once
def test_a_reader_killed_at_fifty_random_moments_leaves_a_mirror_equal_to_the_truth(
    django_db_setup, django_db_blocker, superuser_url, settings, monkeypatch
):
    monkeypatch.setattr(streams, "LEASE_SECONDS", 1)
    dice, reads, killed = random.Random(4), 0, 0
    size = ("--account", "generated", "--tickets", str(TICKETS), "--plan", "unlimited")
    with django_db_blocker.unblock(), companies(superuser_url, "killed") as [company], running(*size) as simulator:
        allow(settings, simulator)
        with bind_company(company.binding()):
            join(simulator)
        simulator.control.request("DELETE", "/__sim/log")
        while killed < KILLS:
            finished = read_until_killed(company, dice.uniform(0.05, 0.8))
            reads, killed = reads + 1, killed + (not finished)
            with bind_company(company.binding()):  # the time a lease and a claim would take to run out
                Stream.objects.update(lease_until=None)
                Outbox.objects.update(claimed_until=None, due_at=timezone.now())
                if finished:
                    Stream.objects.update(next_at=timezone.now() - timedelta(seconds=1))
        for _ in range(3):
            read_until_killed(company, 300)
            with bind_company(company.binding()):
                Stream.objects.update(lease_until=None, next_at=timezone.now() - timedelta(seconds=1))
                Outbox.objects.update(claimed_until=None, due_at=timezone.now())
        log = simulator.told("log")["requests"]
        with bind_company(company.binding()):
            ours, theirs = mirror(), comparable(simulator.told("truth"))
            assert (set(ours[0]), ours[0]) == (set(theirs[0]), theirs[0])
            assert ours[1] == theirs[1]
            assert not Outbox.objects.filter(kind=Outbox.Kind.THREAD).exists()
            assert Message.objects.values("ticket", "remote_id").distinct().count() == Message.objects.count()
            pages = sum(Stream.objects.exclude(kind=Stream.Kind.ARTICLES).values_list("pages", flat=True))
            tickets = Ticket.objects.count()
        let_go()
    lists = sum(row["path"] == "/api/v2/tickets" for row in log)
    sys.stderr.write(f"{killed} kills in {reads} readers of {tickets} tickets: {pages} pages stored, {lists} lists asked\n")
    assert lists <= pages + killed + reads * 4, "a kill costs one page at most"
