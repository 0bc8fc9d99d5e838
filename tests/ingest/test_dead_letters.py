"""Poison among the owed work: three deliveries, then it is set aside and everything else goes on (F5)."""

from __future__ import annotations

import io
import time
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import orjson
import pytest
from django.core.management import call_command
from django.utils import timezone
from structlog.testing import capture_logs

from apps.core.errors import ExternalError, ExternalUnavailable
from apps.ingest import outbox
from apps.ingest.deadletters import DELIVERIES, RETRY_AFTER, bury, dead_counts, revive
from apps.ingest.models import DeadLetter, Outbox
from apps.ingest.outbox import owe, settle, work_off
from apps.ingest.progress import progress
from apps.ingest.sql import owe_rows

KIND = Outbox.Kind.INDEX_ARTICLE


@pytest.fixture
def poisoned(in_acme, monkeypatch):
    """Nine pieces of work of which the first is poison: `poison(what it does)`; returns (its id, what was done)."""
    ids = [uuid4() for _ in range(9)]
    done: list = []

    def poison(harm):
        def worker(claimed):
            if any(one.object_id == ids[0] for one in claimed):
                harm()
            done.extend(one.object_id for one in claimed)
            settle(claimed)

        monkeypatch.setitem(outbox._workers, KIND, (worker, 5))
        owe(KIND, ids[:1], priority=1)
        owe(KIND, ids[1:], priority=5)
        return ids, done

    return poison


def pass_time() -> None:
    """Claims of dead workers run out and waits are over."""
    Outbox.objects.update(claimed_until=None, due_at=timezone.now())


class Killed(BaseException):
    """The worker is gone without a word: nothing after it runs."""


def killed() -> None:
    raise Killed


def bug() -> None:
    raise ZeroDivisionError("the text of an exception is nowhere written")


def unusable() -> None:
    raise ExternalError("an answer of no use", code="malformed_answer")


@pytest.mark.parametrize(("harm", "code"), [(killed, "worker_lost"), (bug, "ZeroDivisionError"), (unusable, "malformed_answer")])
def test_poison_is_delivered_three_times_and_set_aside_and_the_others_are_done(poisoned, harm, code):
    ids, done = poisoned(harm)
    met = 0
    for _ in range(40):
        try:
            if not work_off(KIND) and not Outbox.objects.exists():
                break
        except (Killed, ZeroDivisionError):
            met += 1
        pass_time()
    assert set(done) == set(ids[1:])
    assert dead_counts() == [{"kind": KIND, "code": code, "count": 1}]
    assert DeadLetter.objects.get().key == str(ids[0])
    assert DeadLetter.objects.get().count >= DELIVERIES
    assert met == (0 if harm is unusable else DELIVERIES)
    assert not Outbox.objects.exists()


def test_others_go_on_at_once_while_poison_is_still_held_by_its_dead_worker(poisoned):
    ids, done = poisoned(killed)
    with pytest.raises(Killed):
        work_off(KIND)
    began = time.monotonic()
    while work_off(KIND):
        pass
    assert time.monotonic() - began < 5
    assert set(done) == set(ids[5:])


def test_a_suspect_is_claimed_alone(poisoned):
    ids, done = poisoned(bug)
    with pytest.raises(ZeroDivisionError):
        work_off(KIND)
    pass_time()
    with pytest.raises(ZeroDivisionError):
        work_off(KIND)
    assert done == []
    assert Outbox.objects.get(object_id=ids[0]).deliveries == 2
    assert set(Outbox.objects.exclude(object_id=ids[0]).values_list("deliveries", flat=True)) == {0, 1}


def test_what_passes_by_itself_is_never_set_aside(in_acme, monkeypatch):
    def away(claimed):
        raise ExternalUnavailable("away")

    monkeypatch.setitem(outbox._workers, KIND, (away, 5))
    owe(KIND, [uuid4()])
    for _ in range(DELIVERIES * 3):
        assert work_off(KIND) == 1
        pass_time()
    row = Outbox.objects.get()
    assert (row.attempts, row.deliveries, row.last_error) == (9, 0, "external_unavailable")
    assert not DeadLetter.objects.exists()


def test_one_alert_tells_of_what_was_set_aside_and_the_status_counts_it(poisoned):
    poisoned(bug)
    with capture_logs() as lines:
        for _ in range(12):
            with suppress(ZeroDivisionError):
                work_off(KIND)
            pass_time()
    alerts = [line for line in lines if line["event"] == "work_set_aside"]
    assert [(line["kind"], line["code"], line["log_level"]) for line in alerts] == [(KIND, "ZeroDivisionError", "error")]
    assert progress()["dead"] == [{"kind": KIND, "code": "ZeroDivisionError", "count": 1}]


def test_a_command_tries_again_and_so_does_the_next_day(poisoned, monkeypatch):
    ids, done = poisoned(bug)
    for _ in range(12):
        with suppress(ZeroDivisionError):
            work_off(KIND)
        pass_time()
    assert revive(due=True) == 0
    monkeypatch.setattr("sys.stdout", out := io.StringIO())
    call_command("retry_dead", "acme", "--json", kind="thread")
    assert orjson.loads(out.getvalue())["owed"] == 0
    assert timedelta(0) <= timezone.now() + RETRY_AFTER - DeadLetter.objects.get().again_at < timedelta(minutes=1)
    DeadLetter.objects.update(again_at=timezone.now())
    assert revive(due=True) == 1
    assert not DeadLetter.objects.exists()
    monkeypatch.setitem(outbox._workers, KIND, (settle, 5))
    assert work_off(KIND) == 1
    assert not Outbox.objects.exists()


def work_until_nothing_is_due() -> None:
    for _ in range(60):
        try:
            if not work_off(KIND) and not Outbox.objects.exists():
                return
        except (Killed, ZeroDivisionError):
            pass
        pass_time()


def test_what_lost_its_workers_is_tried_again_after_minutes_and_ever_more_rarely_with_one_alert(poisoned):
    ids, done = poisoned(killed)
    waits, killers = [], []
    with capture_logs() as lines:
        work_until_nothing_is_due()
        for _ in range(6):
            letter = DeadLetter.objects.get()
            waits.append(round((letter.again_at - letter.at).total_seconds() / 60))
            killers.append(letter.count)
            DeadLetter.objects.update(again_at=timezone.now())
            assert revive(due=True) == 1
            work_until_nothing_is_due()
    assert waits == [5, 30, 180, 1080, 1440, 1440]
    assert killers == [DELIVERIES + 1, 2, 2, 2, 2, 2], "one worker a round: the last one is not sent after it"
    alerts = [line for line in lines if line["event"] == "work_set_aside" and line["log_level"] == "error"]
    assert len(alerts) == 1
    assert set(done) == set(ids[1:])


def test_what_was_set_aside_is_claimed_alone_when_nothing_else_is_due_or_after_an_hour(poisoned, monkeypatch):
    ids, done = poisoned(killed)
    work_until_nothing_is_due()
    batches: list[list] = []

    def healthy(claimed):
        batches.append([one.object_id for one in claimed])
        settle(claimed)

    monkeypatch.setitem(outbox._workers, KIND, (healthy, 5))
    fresh = [uuid4() for _ in range(6)]
    assert revive(KIND) == 1
    owe(KIND, fresh)
    while work_off(KIND):
        pass
    assert [len(batch) for batch in batches] == [5, 1, 1]
    assert batches[-1] == ids[:1]
    assert not DeadLetter.objects.exists()

    batches.clear()
    owe_rows(KIND, ids[:1], 9, aside=2)
    owe(KIND, fresh)
    Outbox.objects.filter(aside=2).update(due_at=timezone.now() - timedelta(minutes=61))
    work_off(KIND)
    assert batches == [ids[:1]], "work without end holds it up for an hour, not for ever"


def test_those_that_were_near_when_a_worker_died_are_done_before_what_killed_it_is_tried_again(poisoned):
    ids, done = poisoned(killed)
    with pytest.raises(Killed):
        work_off(KIND)
    pass_time()
    with pytest.raises(Killed):
        work_off(KIND)
    pass_time()
    for _ in range(4):
        assert work_off(KIND) == 1
    assert set(done) == set(ids[1:5])


def test_a_helpdesk_that_is_away_does_not_make_a_suspect_one_of_many_again(in_acme, monkeypatch):
    def away(claimed):
        raise ExternalUnavailable("away")

    monkeypatch.setitem(outbox._workers, KIND, (away, 5))
    owe_rows(KIND, [uuid4()], 7, aside=1)
    for _ in range(4):
        assert work_off(KIND) == 1
        pass_time()
    row = Outbox.objects.get()
    assert (row.aside, row.attempts) == (1, 4)
    owe(KIND, [uuid4() for _ in range(3)])
    assert work_off(KIND) == 3


def test_a_thread_that_nobody_owes_any_more_is_owed_again_unless_it_was_set_aside(in_acme):
    from django.db import transaction

    from apps.ingest.sweeping import sweep_owed
    from apps.ingest.sync import store_tickets
    from apps.platforms.models import Ticket
    from tests.mirror import make_connection, ticket_data

    with transaction.atomic():
        store_tickets(make_connection(), [ticket_data(1, "one", "text"), ticket_data(2, "two", "text")])
    first, second = Ticket.objects.order_by("remote_id")
    assert sweep_owed() == 0
    Outbox.objects.all().delete()
    bury(Outbox.Kind.THREAD, str(second.pk), code="x", count=3)
    assert sweep_owed() == 1
    assert Outbox.objects.get().object_id == first.pk
