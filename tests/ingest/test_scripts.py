"""Random scripts of what happens to an account while it is read: the mirror equals the truth after each (F25, F26).

25 in `make verify`, 200 in `make soak` (SOAK_SCRIPTS).
"""

from __future__ import annotations

import os
import random
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.core.errors import ExternalError, ExternalUnavailable, RateLimited
from apps.ingest import streams, sync
from apps.ingest.deadletters import revive
from apps.ingest.deletions import confirm_removals
from apps.ingest.models import DeadLetter, Outbox, Stream
from apps.ingest.outbox import work_off
from apps.ingest.sql import claim_rows
from apps.ingest.streams import due_streams, hurry
from apps.ingest.sync import Outcome, read_feed
from apps.platforms import budget
from apps.platforms.connecting import connect
from apps.platforms.models import Connection
from apps.platforms.related import TicketLink
from apps.tenancy.cacheserver import Away
from tests.ingest.beside import beside, check_files, check_firms, check_written
from tests.ingest.linked import linked
from tests.ingest.outcomes import check_outcomes, take_turns, tell_some
from tests.ingest.test_sync import allow, comparable, join, mirror
from tests.simulated import Simulator, running

READ = (Outbox.Kind.LOOK, Outbox.Kind.THREAD, Outbox.Kind.HINT, Outbox.Kind.FILE)
ROUNDS, TRIES = 400, 8
SHORT = range(25)


def pass_time() -> None:
    """A minute or two: claims and leases of the dead have run out, waits are over, the budget's minute is a new one.

    What the feeds have read and what is set aside stays as it is: nothing comes about that time alone does not bring.
    """
    now = timezone.now()
    Stream.objects.filter(first_completed_at=None).update(next_at=now)
    Stream.objects.update(lease_until=None)
    Outbox.objects.update(claimed_until=None, due_at=now)
    values, lanes, _names = budget._keys()
    for _ in range(TRIES):
        with suppress(Away):  # a machine that is busy with other things
            budget.server().remove(values, lanes)
            return


def act(simulator: Simulator, done: list[dict]) -> None:
    """What the script leaves to the reader: a new key, a worker that dies, a second sync."""
    fresh = simulator.told("script/told")["told"][len(done) :]
    done += fresh
    for event in fresh:
        if event["op"] == "reconnect":
            give_key(simulator, event["value"])
        for stream_id in due_streams()[:2]:
            if event["op"] == "kill":  # after it took the lease and before it wrote
                streams.take(stream_id)
                claim_rows(Outbox.Kind.THREAD, 5, 45)
            elif event["op"] == "second_sync":
                held = streams.take(stream_id)
                assert held is None or read_feed(stream_id=stream_id, go_on=lambda: True) is Outcome.BUSY


def give_key(simulator: Simulator, key: str) -> None:
    """As an admin does, who tries once more when the helpdesk has a bad moment."""
    for _ in range(TRIES):
        with suppress(ExternalUnavailable, RateLimited, ExternalError):
            connect(platform="freshdesk", options={"base_url": simulator.url, "api_key": key})
            return
    raise AssertionError("the new key was never taken")


def read_some(dice: random.Random) -> int:
    did = 0
    for stream_id in due_streams():
        did += 1
        read_feed(stream_id=stream_id, go_on=lambda: dice.random() < 0.7)
    return did + sum(work_off(kind) for kind in READ)


def read_all(dice: random.Random) -> None:
    for _ in range(ROUNDS):
        if not read_some(dice) and not Outbox.objects.filter(kind__in=READ).exists() and not due_streams():
            return
        pass_time()
    raise AssertionError("what is owed of the helpdesk does not end")


def follow(settings, monkeypatch, person, seed: int, tickets: int = 150) -> None:
    monkeypatch.setattr(sync, "RECENT_DAYS", timedelta(days=10_000))  # the events hit tickets of every age
    dice, done, said = random.Random(seed), [], random.Random(f"said:{seed}")
    size = ("--account", "generated", "--tickets", str(tickets), "--seed", str(seed + 1), "--plan", "unlimited")
    with running(*size) as simulator:
        allow(settings, simulator)
        connection = join(simulator)
        simulator.tell("script", seed=seed)
        with beside(simulator, connection, person, seed) as ran:
            for _ in range(ROUNDS):
                pass_time()
                hurry(connection)
                if dice.random() < 0.1:  # the walk over all numbers may meet any of it
                    Stream.objects.filter(kind=Stream.Kind.IDS).update(next_at=timezone.now())
                read_some(dice)
                act(simulator, done)
                ran.act()
                tell_some(simulator, said)
                if not simulator.told("script")["pending"]:
                    break
            ended = simulator.tell("script/finish")
            act(simulator, done)
            assert ended["failed"] == []
            simulator.tell("clock", advance=600)
            assert Connection.objects.get().state == Connection.State.ACTIVE
            pass_time()
            ran.end()
        read_all(dice)
        revive()  # a day later: what was set aside is tried again, and the slow feeds are read, once
        confirm_removals(connection)  # what was not believed is gone indeed: the key sees everything now
        hurry(connection, full=True)
        read_all(dice)
        take_turns(all_anew=True)  # a month later: what is said of tickets that came back until then is theirs again
        read_all(dice)
        take_turns()  # what two walks do not meet is gone
        read_all(dice)
        truth = compare(simulator)
        check_written(ran, truth)
        check_files(truth)
        check_firms(truth)


def compare(simulator: Simulator) -> dict[str, Any]:
    """The truth, which the mirror equals."""
    truth: dict[str, Any] = simulator.told("truth")
    ours, theirs = mirror(), comparable(truth)
    shown = {key: row for key, row in ours[0].items() if not row["deleted"]}
    assert set(shown) - set(theirs[0]) == set(), "gone, and still shown"
    never = {str(number) for number in truth["unlisted"]}  # nobody could have read them, and no list names them
    assert set(theirs[0]) - set(shown) - never == set(), "there, and not shown"
    differ = {
        key: {name: (row[name], theirs[0][key][name]) for name in row if row[name] != theirs[0][key][name]}
        for key, row in shown.items()
    }
    assert {key: row for key, row in differ.items() if row} == {}
    assert linked(TicketLink.objects.values_list("ticket__remote_id", "kind", "other"), shown) == linked(truth["links"], shown)
    check_outcomes(truth, shown)
    articles = {key: row for key, row in ours[1].items() if not row["deleted"]}
    assert articles == theirs[1]
    assert list(DeadLetter.objects.values_list("kind", "code")) == []
    return truth


@pytest.mark.verify
@pytest.mark.parametrize("seed", SHORT)
def test_the_mirror_equals_the_truth_after_a_random_script(in_acme, settings, monkeypatch, make_user, seed):
    follow(settings, monkeypatch, make_user(in_acme), seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [n for n in range(int(os.environ.get("SOAK_SCRIPTS", "200"))) if n not in SHORT])
def test_the_mirror_equals_the_truth_after_any_random_script(in_acme, settings, monkeypatch, make_user, seed):
    follow(settings, monkeypatch, make_user(in_acme), seed)
