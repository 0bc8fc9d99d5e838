"""Random scripts of what happens to an account while it is read: the mirror equals the truth after each (F25, F26).

200 in `make soak` (SOAK_SCRIPTS).
"""

from __future__ import annotations

import os
import random
import sys
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.ingest import streams, sync
from apps.ingest.deletions import confirm_removals
from apps.ingest.models import DeadLetter, Outbox, Stream
from apps.ingest.outbox import work_off
from apps.ingest.sql import claim_rows
from apps.ingest.streams import due_streams, hurry
from apps.ingest.sync import Outcome, read_feed
from apps.platforms import budget
from apps.platforms.connecting import connect
from apps.platforms.models import Connection
from tests.ingest.test_sync import allow, comparable, join, mirror
from tests.simulated import Simulator, running

READ = (Outbox.Kind.LOOK, Outbox.Kind.THREAD)
ROUNDS = 400


def pass_time() -> None:
    """Leases and claims of the dead run out, waits are over, the minute of the budget is a new one."""
    now = timezone.now()
    Stream.objects.filter(first_completed_at=None).update(next_at=now)
    Stream.objects.update(lease_until=None)
    Outbox.objects.update(claimed_until=None, due_at=now)
    values, lanes, _names = budget._keys()
    budget.server().remove(values, lanes)


def act(simulator: Simulator, done: list[dict]) -> None:
    """What the script leaves to the reader: a new key, a worker that dies, a second sync."""
    fresh = simulator.told("script/told")["told"][len(done) :]
    done += fresh
    for event in fresh:
        if event["op"] == "reconnect":
            connect(platform="freshdesk", options={"base_url": simulator.url, "api_key": event["value"]})
        for stream_id in due_streams()[:2]:
            if event["op"] == "kill":  # after it took the lease and before it wrote
                streams.take(stream_id)
                claim_rows(Outbox.Kind.THREAD, 5, 45)
            elif event["op"] == "second_sync":
                held = streams.take(stream_id)
                assert held is None or read_feed(stream_id=stream_id, go_on=lambda: True) is Outcome.BUSY


def read_some(dice: random.Random) -> int:
    did = 0
    for stream_id in due_streams():
        did += 1
        read_feed(stream_id=stream_id, go_on=lambda: dice.random() < 0.7)
    return did + sum(work_off(kind) for kind in READ)


def read_all(connection: Connection, *, full: bool) -> None:
    hurry(connection, full=full)
    for _ in range(ROUNDS):
        if not read_some(random.Random(1)) and not Outbox.objects.filter(kind__in=READ).exists() and not due_streams():
            return
        pass_time()
    raise AssertionError("what is owed of the helpdesk does not end")


def follow(settings, monkeypatch, seed: int, tickets: int = 150) -> None:
    monkeypatch.setattr(sync, "RECENT_DAYS", timedelta(days=10_000))  # the events hit tickets of every age
    dice, began, done = random.Random(seed), time.monotonic(), []
    size = ("--account", "generated", "--tickets", str(tickets), "--seed", str(seed + 1), "--plan", "unlimited")
    with running(*size) as simulator:
        allow(settings, simulator)
        connection = join(simulator)
        simulator.tell("script", seed=seed)
        for _ in range(ROUNDS):
            pass_time()
            hurry(Connection.objects.get())
            read_some(dice)
            act(simulator, done)
            if not simulator.told("script")["pending"]:
                break
        act(simulator, done)
        ended = simulator.tell("script/finish")
        act(simulator, done)
        assert ended["failed"] == []
        simulator.tell("switches", list_lag=0)
        simulator.tell("clock", advance=600)
        if Connection.objects.get().state != Connection.State.ACTIVE:
            raise AssertionError("the key was refused and nobody gave a new one")
        for _ in range(3):  # what was not believed is believed now, when the key sees everything again
            pass_time()
            confirm_removals(connection)
            read_all(connection, full=True)
        ours, theirs = mirror(), comparable(simulator.told("truth"))
    shown = {key: row for key, row in ours[0].items() if not row["deleted"]}
    letters = list(DeadLetter.objects.values_list("kind", "code"))
    sys.stderr.write(f"script {seed}: {len(shown)} tickets after {time.monotonic() - began:.1f} s, set aside {letters}\n")
    assert set(shown) == set(theirs[0])
    differ = [
        {name: (row[name], theirs[0][key][name]) for name in row if row[name] != theirs[0][key][name]}
        for key, row in shown.items()
    ]
    assert [one for one in differ if one] == []
    articles = {key: row for key, row in ours[1].items() if not row["deleted"]}
    assert articles == theirs[1]


@pytest.mark.soak  # seeds 9, 10, 14 and 24 do not end equal yet: verify takes all 25 once they do
@pytest.mark.parametrize("seed", range(25))
def test_the_mirror_equals_the_truth_after_a_random_script(in_acme, settings, monkeypatch, seed):
    follow(settings, monkeypatch, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(25, int(os.environ.get("SOAK_SCRIPTS", "200"))))
def test_the_mirror_equals_the_truth_after_any_random_script(in_acme, settings, monkeypatch, seed):
    follow(settings, monkeypatch, seed)
