"""One reader a feed: many starts at once, late writers, crashed and poisoned pages (F4, F5, F7)."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.ingest import streams, sync
from apps.ingest.models import DeadLetter, Outbox, Stream
from apps.ingest.streams import ensure_streams
from apps.ingest.sync import Outcome, read_feed, sync_page
from apps.platforms.models import Message, Ticket
from apps.platforms.threaddata import ThreadData
from apps.tenancy.context import bind_company
from tests.ingest.test_sync import allow, join, run_feeds
from tests.isolation.companies import companies
from tests.mirror import make_connection, message_data, ticket_data
from tests.simulated import running

SMALL = ("--account", "generated", "--tickets", "30", "--plan", "unlimited")


def tickets_stream() -> Stream:
    return Stream.objects.get(kind=Stream.Kind.TICKETS)


def test_of_twenty_starts_at_once_one_reads_and_nineteen_say_already_running(
    django_db_setup, django_db_blocker, superuser_url, settings
):
    with django_db_blocker.unblock(), companies(superuser_url, "twenty") as [company], running(*SMALL) as simulator:
        allow(settings, simulator)
        with bind_company(company.binding()):
            join(simulator)
            stream_id = tickets_stream().pk
        simulator.tell("faults", faults=[{"kind": "slow", "path": "/api/v2/tickets", "rate": 1.0, "seconds": 1}])
        simulator.control.request("DELETE", "/__sim/log")
        outcomes: list[Outcome] = []
        gate = threading.Barrier(20)

        def start() -> None:
            gate.wait()
            with bind_company(company.binding()):
                outcomes.append(read_feed(stream_id=stream_id, go_on=lambda: True))
            connection.close()

        threads = [threading.Thread(target=start) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == [Outcome.BUSY] * 19 + [Outcome.DONE]
        assert Outcome.BUSY == "already_running"
        calls = [row["path"] for row in simulator.told("log")["requests"]]
        assert calls.count("/api/v2/tickets") == 1
        with bind_company(company.binding()):
            assert tickets_stream().fence == 1


def test_a_copy_that_comes_while_the_page_is_read_leaves_and_one_after_the_lease_takes_over(in_acme, settings, monkeypatch):
    """The queue may deliver a message twice when its work takes longer than the visibility timeout."""
    with running(*SMALL) as simulator:
        allow(settings, simulator)
        join(simulator)
        stream = tickets_stream()
        first = streams.take(stream.pk)
        assert read_feed(stream_id=stream.pk, go_on=lambda: True) is Outcome.BUSY
        Stream.objects.filter(pk=stream.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        assert read_feed(stream_id=stream.pk, go_on=lambda: True) is Outcome.DONE
        stream.refresh_from_db()
        before = (stream.cursor, stream.items, stream.pages)
        monkeypatch.setattr(streams, "take", lambda stream_id: first)
        assert read_feed(stream_id=stream.pk, go_on=lambda: True) is Outcome.BUSY
    stream.refresh_from_db()
    assert (stream.cursor, stream.items, stream.pages) == before
    assert Ticket.objects.count() == stream.items
    assert stream.failures == 0


def test_the_lease_is_renewed_by_each_page_and_free_within_a_minute_of_a_crash(in_acme):
    ensure_streams(make_connection())
    stream = tickets_stream()
    lease = streams.take(stream.pk)
    Stream.objects.filter(pk=stream.pk).update(lease_until=timezone.now() + timedelta(seconds=2))
    with transaction.atomic():
        streams.advance(streams.locked(lease), cursor={}, items=0, more=True)
    stream.refresh_from_db()
    left = stream.lease_until - timezone.now()
    assert timedelta(seconds=40) < left <= timedelta(seconds=60)


def page_of(*items):
    from apps.platforms.adapters.freshdesk.walk import TicketCursor
    from apps.platforms.base import Page

    return Page(items, TicketCursor(page=7), more=False)


def test_a_page_that_breaks_every_delivery_is_stored_row_by_row_and_the_bad_one_is_set_aside(in_acme, monkeypatch):
    ensure_streams(make_connection())
    stream = tickets_stream()
    begun = stream.cursor
    good, bad = ticket_data(1, "fine", "text"), ticket_data(2, "too long", "text", source="x" * 40)

    async def answer(adapter, stream):
        return page_of(bad, good)

    monkeypatch.setattr(sync, "_fetch", answer)
    monkeypatch.setattr(sync, "open_adapter", lambda connection: None)
    for delivery in range(3):
        with pytest.raises(Exception, match="too long"):
            sync_page(stream_id=stream.pk)
        stream.refresh_from_db()
        assert (stream.deliveries, stream.cursor, Ticket.objects.count()) == (delivery + 1, begun, 0)
        assert timedelta(0) < stream.next_at - timezone.now() <= timedelta(seconds=5)
        Stream.objects.filter(pk=stream.pk).update(next_at=timezone.now())
    assert sync_page(stream_id=stream.pk) is False
    stream.refresh_from_db()
    assert (stream.deliveries, stream.cursor["page"], stream.last_error) == (0, 7, "")
    assert list(Ticket.objects.values_list("remote_id", flat=True)) == ["1"]
    letter = DeadLetter.objects.get()
    assert (letter.kind, letter.key.split()[1], letter.code, letter.count) == ("ticket", "2", "StringDataRightTruncation", 4)


def test_what_a_reader_found_before_it_lost_its_claim_is_not_written(in_acme, monkeypatch):
    from apps.ingest import threads
    from apps.ingest.outbox import owe, work_off

    connection = make_connection()
    with transaction.atomic():
        sync.store_tickets(connection, [ticket_data(5, "claimed twice", "text")])
    ticket = Ticket.objects.get()
    threads_read = iter([[message_data(1, 5, "old words")], [message_data(1, 5, "new words")]])

    def ask(connection, tickets):
        thread = next(threads_read)
        if thread[0].text == "old words":  # slow: meanwhile the claim runs out and another worker does it all
            Outbox.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
            assert work_off(Outbox.Kind.THREAD) == 1
        return {one.pk: ThreadData(ticket_id="5", messages=tuple(thread)) for one in tickets}

    monkeypatch.setattr(threads, "_ask", ask)
    owe(Outbox.Kind.THREAD, [ticket.pk])
    assert work_off(Outbox.Kind.THREAD) == 1
    assert Message.objects.get(remote_id="1").text == "new words"
    assert not Outbox.objects.filter(kind=Outbox.Kind.THREAD).exists()


def test_a_page_of_the_past_does_not_bring_a_ticket_back_to_what_it_was(in_acme):
    connection = make_connection()
    newer = ticket_data(9, "newer", "text")
    older = ticket_data(9, "older", "text", updated_at=newer.updated_at - timedelta(seconds=1))
    with transaction.atomic():
        assert sync.store_tickets(connection, [newer]) == 1
        assert sync.store_tickets(connection, [older]) == 0
    assert Ticket.objects.get().subject == "newer"


def test_a_row_of_a_shape_nobody_knows_holds_up_no_other(in_acme, settings):
    with running(*SMALL) as simulator:
        allow(settings, simulator)
        join(simulator)
        answered = simulator.get("/tickets", updated_since="2000-01-01T00:00:00Z", per_page=100).json()
        odd = answered[3]["id"]
        from apps.platforms.adapters.freshdesk.client import FreshdeskClient

        original = FreshdeskClient._get

        async def spoiled(self, path, params):
            value, headers = await original(self, path, params)
            if path == "/tickets":
                for row in value:
                    if row["id"] == odd:
                        row["status"] = {"new": "shape"}
            return value, headers

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(FreshdeskClient, "_get", spoiled)
            run_feeds()
    listed = Ticket.objects.filter(state="live").values_list("remote_id", flat=True)
    assert set(listed) == {str(row["id"]) for row in answered if row["id"] != odd}
    letter = DeadLetter.objects.get()
    assert (letter.kind, letter.key.split()[1], letter.code) == ("ticket", str(odd), "malformed_answer")
