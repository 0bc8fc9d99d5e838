"""A slow helpdesk delays its own company only: pages and threads end before their lease or claim does."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from apps.ingest import streams, threads
from apps.ingest.models import Outbox, Stream
from apps.ingest.outbox import CLAIM_SECONDS, work_off
from apps.ingest.streams import LEASE_SECONDS
from apps.ingest.sync import sync_page
from apps.platforms.models import Message
from tests.ingest.test_sync import allow, join, run_feeds
from tests.simulated import running

SLOW = {"faults": [{"kind": "slow", "rate": 1.0, "seconds": 5}]}


def test_fetching_ends_before_the_lease_and_the_claim_do():
    assert streams.FETCH_SECONDS < LEASE_SECONDS <= 55, "beat looks every 5 seconds: a crash costs a minute at most"
    assert threads.FETCH_SECONDS < CLAIM_SECONDS <= 55


def test_a_page_that_does_not_come_gives_the_feed_back_for_later(in_acme, settings, monkeypatch):
    monkeypatch.setattr(streams, "FETCH_SECONDS", 0.3)
    with running("--account", "generated", "--tickets", "5", "--plan", "unlimited") as simulator:
        allow(settings, simulator)
        join(simulator)
        simulator.tell("faults", **SLOW)
        stream = Stream.objects.get(kind=Stream.Kind.TICKETS)
        assert sync_page(stream_id=stream.pk) is False
    stream.refresh_from_db()
    assert (stream.last_error, stream.failures, stream.lease_until) == ("external_unavailable", 1, None)
    assert stream.next_at > timezone.now()


def test_threads_that_do_not_come_are_put_off_and_the_others_stay_free(in_acme, settings, monkeypatch):
    monkeypatch.setattr(threads, "FETCH_SECONDS", 0.3)
    with running("--account", "generated", "--tickets", "30", "--plan", "unlimited") as simulator:
        allow(settings, simulator)
        join(simulator)
        run_feeds()
        owed = Outbox.objects.filter(kind=Outbox.Kind.THREAD).count()
        simulator.tell("faults", **SLOW)
        assert work_off(Outbox.Kind.THREAD) == 20
    put_off = Outbox.objects.filter(kind=Outbox.Kind.THREAD, attempts=1, last_error="external_unavailable")
    assert put_off.filter(claimed_until=None, due_at__gt=timezone.now()).count() == 20
    assert Outbox.objects.filter(kind=Outbox.Kind.THREAD, attempts=0).count() == owed - 20
    assert put_off.filter(due_at__lt=timezone.now() + timedelta(seconds=60)).count() == 20
    assert Message.objects.count() == 0
