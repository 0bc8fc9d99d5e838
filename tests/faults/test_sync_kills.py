"""kill -9 of a reader at fifty random moments: the next one goes on from the cursor, nothing is lost or twice (F1, F2)."""

from __future__ import annotations

import os
import random
import signal
import time
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from apps.ingest import streams
from apps.ingest.deadletters import LOST
from apps.ingest.models import DeadLetter, Outbox, Stream
from apps.ingest.outbox import work_off
from apps.ingest.sweeping import sweep_owed
from apps.ingest.sync import read_feed
from apps.platforms import budget
from apps.platforms.models import Message, Ticket
from apps.tenancy.context import bind_company
from tests.ingest.test_sync import allow, comparable, join, mirror
from tests.isolation.companies import companies
from tests.simulated import running

KILLS, TICKETS, SEED = 50, 700, int(os.environ.get("KILLS_SEED", "4"))


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


def pass_time(*, feeds: bool) -> None:
    """Leases, claims and lanes of the dead run out; what was set aside for a lost worker is owed again (deadletters.SOON)."""
    now = timezone.now()
    Stream.objects.update(lease_until=None)
    if feeds:
        Stream.objects.update(next_at=now - timedelta(seconds=1))
    Outbox.objects.update(claimed_until=None, due_at=now)
    DeadLetter.objects.filter(code=LOST).update(again_at=now)
    sweep_owed()
    values, lanes, _names = budget._keys()
    budget.server().remove(values, lanes)


@pytest.mark.verify
def test_a_reader_killed_at_fifty_random_moments_leaves_a_mirror_equal_to_the_truth(
    django_db_setup, django_db_blocker, superuser_url, settings, monkeypatch, capsys
):
    began = time.monotonic()
    monkeypatch.setattr(streams, "LEASE_SECONDS", 1)
    dice, reads, killed, aside = random.Random(SEED), 0, 0, 0
    size = ("--account", "generated", "--tickets", str(TICKETS), "--plan", "unlimited")
    with django_db_blocker.unblock(), companies(superuser_url, "killed") as [company], running(*size) as simulator:
        allow(settings, simulator)
        with bind_company(company.binding()):
            join(simulator)
        simulator.control.request("DELETE", "/__sim/log")
        while killed < KILLS:
            finished = read_until_killed(company, dice.uniform(0.05, 0.8))
            reads, killed = reads + 1, killed + (not finished)
            with bind_company(company.binding()):
                aside += DeadLetter.objects.count()
                pass_time(feeds=finished)
        for _ in range(3):
            read_until_killed(company, 300)
            with bind_company(company.binding()):
                pass_time(feeds=True)
        log = simulator.told("log")["requests"]
        with bind_company(company.binding()):
            ours, theirs = mirror(), comparable(simulator.told("truth"))
            assert (set(ours[0]), ours[0]) == (set(theirs[0]), theirs[0])
            assert ours[1] == theirs[1]
            assert not Outbox.objects.filter(kind=Outbox.Kind.THREAD).exists()
            assert not DeadLetter.objects.exists()
            assert Message.objects.values("ticket", "remote_id").distinct().count() == Message.objects.count()
            pages = sum(Stream.objects.exclude(kind=Stream.Kind.ARTICLES).values_list("pages", flat=True))
            tickets = Ticket.objects.count()
        let_go()
    lists = sum(row["path"] == "/api/v2/tickets" for row in log)
    with capsys.disabled():
        print(
            f"\n{killed} kills in {reads} readers of {tickets} tickets: {pages} pages stored, {lists} lists asked, "
            f"{aside} set aside and tried again, {time.monotonic() - began:.0f} s"
        )
    assert lists <= pages + killed + reads * 4, "a kill costs one page at most"
