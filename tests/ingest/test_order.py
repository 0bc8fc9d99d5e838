"""What is of use comes first, and what a first sync and an idle poll cost."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.ingest import pausing
from apps.ingest.models import Outbox, Stream
from apps.ingest.outbox import work_off
from apps.ingest.progress import progress
from apps.ingest.streams import FIRST_DAYS, due_streams, ensure_streams, hurry
from apps.ingest.sync import OPEN_FIRST, read_feed, sync_page
from apps.platforms.models import Connection, Person, Ticket
from tests.ingest.test_deletions import equal_to_truth, read_all
from tests.ingest.test_sync import allow, join, run_feeds
from tests.mirror import make_connection
from tests.simulated import running

FEEDS = set(Stream.Kind.values) - {"threads", "gone"}  # of a helpdesk that is asked ticket by ticket


def lists(simulator) -> list[dict]:
    return [row for row in simulator.told("log")["requests"] if row["path"] == "/api/v2/tickets"]


def test_articles_then_the_last_thirty_days_then_the_past_from_new_to_old(in_acme, settings):
    with running("--account", "generated", "--tickets", "450", "--plan", "unlimited") as simulator:
        allow(settings, simulator)
        join(simulator)
        simulator.control.request("DELETE", "/__sim/log")
        run_feeds()
        log = simulator.told("log")["requests"]
        first = next(number for number, row in enumerate(log) if row["path"] == "/api/v2/tickets")
        before = [row["path"] for row in log[:first]]
        assert before.pop() == "/api/v2/contacts", "whether this key may list customers"
        assert all("/solutions/" in path or "/settings/" in path for path in before)
        waiting = [row for row in lists(simulator) if row["query"]["order_by"] == "status"]
        walked = [row for row in lists(simulator) if "filter" not in row["query"] and row not in waiting]
        since = [datetime.fromisoformat(row["query"]["updated_since"]) for row in walked]
        assert abs(timezone.now() - FIRST_DAYS - since[0]) < timedelta(minutes=1)
        recent = [one for one in since if one >= since[0]]
        past = [one for one in since if one < since[0]]
        assert since == recent + past, "the last days are read to their end before the past begins"
        begins = [one for number, one in enumerate(past) if number == 0 or one < past[number - 1]]
        assert begins == sorted(begins, reverse=True) and len(begins) >= 2
        assert Ticket.objects.count() == 450
        read_all()
        equal_to_truth(simulator)


def long_waiting(simulator, number: int, status: int) -> set[str]:
    """So many tickets wait that were not touched for months, as if they had waited all the time."""
    border = (timezone.now() - 2 * FIRST_DAYS).strftime("%Y-%m-%dT%H:%M:%SZ")
    old = [row for row in simulator.told("truth")["tickets"] if row["state"] == "live" and row["updated_at"] < border and row["status"] in (4, 5)]
    chosen = [row["remote_id"] for row in old[:: len(old) // number][:number]]
    simulator.update(op="status", tickets=[int(one) for one in chosen], value=status, bump=False)
    return set(chosen)


def test_what_waits_for_an_agent_is_read_before_the_past_whatever_its_age(in_acme, settings):
    with running("--account", "generated", "--tickets", "600", "--plan", "unlimited") as simulator:
        allow(settings, simulator)
        join(simulator)
        waits = long_waiting(simulator, 120, 2) | long_waiting(simulator, 20, 6)
        simulator.control.request("DELETE", "/__sim/log")
        stream = Stream.objects.get(kind=Stream.Kind.HISTORY)
        for _ in range(3):
            assert sync_page(stream_id=stream.pk)
        assert waits <= set(Ticket.objects.waiting().values_list("remote_id", flat=True))
        assert [row["query"]["order_type"] for row in lists(simulator)] == ["asc", "asc", "asc", "desc", "desc"]
        assert simulator.told("log")["credits"] == 1 + 5 + 5 + 1 + 5
        owed = set(Outbox.objects.filter(kind=Outbox.Kind.THREAD, priority=OPEN_FIRST).values_list("object_id", flat=True))
        assert set(Ticket.objects.filter(remote_id__in=waits).values_list("pk", flat=True)) <= owed
        read_all()
        equal_to_truth(simulator)


def first_sync_costs(simulator, tickets: int, changed: int) -> None:
    log = simulator.told("log")["requests"]
    articles = sum(row["credits"] for row in log if "/solutions/" in row["path"])
    terms = {"1.035 N": 1.035 * tickets, "2 a changed ticket": 2 * changed, "articles": articles, "and": 20}
    used = sum(row["credits"] for row in log)
    kinds = {
        "lists": sum(row["credits"] for row in log if row["path"] == "/api/v2/tickets"),
        "threads": sum(row["credits"] for row in log if row["path"].endswith("/conversations")),
        "names": sum(row["credits"] for row in log if row["path"].startswith("/api/v2/contacts")),
    }
    rest = used - articles - sum(kinds.values())
    sys.stderr.write(f"first sync of {tickets}: {used} credits ({kinds}, articles {articles}, rest {rest}) of {sum(terms.values()):.0f}: {terms}\n")
    assert used <= sum(terms.values())


@pytest.mark.parametrize(
    ("tickets", "changes"),
    [(120, 0), pytest.param(600, 20, marks=pytest.mark.verify), pytest.param(2000, 60, marks=pytest.mark.soak)],
)
def test_a_first_sync_costs_hardly_more_than_it_must_and_an_idle_poll_one_credit(in_acme, settings, tickets, changes):
    with running("--account", "generated", "--tickets", str(tickets), "--plan", "unlimited") as simulator:
        allow(settings, simulator)
        join(simulator)
        simulator.tell("script", rules=[{"every": 1, "times": changes, "apply": [{"op": "random", "random": 1}]}] if changes else [])
        simulator.control.request("DELETE", "/__sim/log")
        while due := due_streams():
            for stream_id in due:
                read_feed(stream_id=stream_id, go_on=lambda: True)
        while work_off(Outbox.Kind.THREAD):
            pass
        first_sync_costs(simulator, tickets, changes)
        assert not Person.objects.filter(named=False).exists()
        simulator.tell("script", rules=[])
        simulator.tell("clock", advance=10)
        read_all()
        read_all()
        simulator.control.request("DELETE", "/__sim/log")
        stream = Stream.objects.get(kind=Stream.Kind.TICKETS)
        Stream.objects.filter(pk=stream.pk).update(next_at=timezone.now())
        read_feed(stream_id=stream.pk, go_on=lambda: True)
        assert simulator.told("log")["credits"] == 1


def test_a_paused_company_is_not_called_and_goes_on_where_it_was(in_acme, settings, capsys, monkeypatch):
    noted: list[str] = []
    monkeypatch.setattr(pausing, "record_on_commit", lambda event, **_: noted.append(event))
    with running("--account", "generated", "--tickets", "5", "--plan", "unlimited") as simulator:
        allow(settings, simulator)
        join(simulator)
        call_command("pause_sync", "acme")
        simulator.control.request("DELETE", "/__sim/log")
        assert due_streams() == []
        with pytest.raises(CommandError, match="sync_paused"):
            call_command("sync", "acme", wait=True)
        assert simulator.told("log")["calls"] == 0
        call_command("resume_sync", "acme")
        read_all()
        equal_to_truth(simulator)
    assert noted == ["sync_paused", "sync_resumed"]


def test_a_connection_from_before_the_past_had_a_feed_reads_it_not_again(in_acme):
    connection = make_connection()
    Stream.objects.create(connection=connection, kind=Stream.Kind.TICKETS, cursor={"since": "2026-01-01T00:00:00Z"}, next_at=timezone.now())
    ensure_streams(connection)
    assert set(Stream.objects.values_list("kind", flat=True)) == FEEDS
    past = Stream.objects.get(kind=Stream.Kind.HISTORY)
    assert past.first_completed_at is not None and past.pk not in due_streams()
    assert Stream.objects.get(kind=Stream.Kind.TICKETS).cursor == {"since": "2026-01-01T00:00:00Z"}
    hurry(connection, full=True)
    assert past.pk not in due_streams()


def test_the_status_tells_counts_lag_budget_and_failures_by_kind(in_acme, settings):
    from apps.ingest.outbox import Claimed, owe, put_off
    from apps.ingest.sql import claim_rows

    with running("--account", "generated", "--tickets", "12", "--plan", "pro") as simulator:
        allow(settings, simulator)
        join(simulator)
        run_feeds()
    owe(Outbox.Kind.BRIEF, [Connection.objects.get().pk])
    put_off([Claimed(*row) for row in claim_rows(Outbox.Kind.BRIEF, 1, 9)], code="external_unavailable")
    told = progress()
    assert told["tickets"] + Ticket.objects.exclude(state="live").count() == 12
    feeds = {feed["feed"]: feed for feed in told["feeds"]}
    assert set(feeds) == FEEDS
    assert 0 <= feeds["tickets"]["lag_s"] < 60 and feeds["ids"]["lag_s"] is None
    [connection] = told["connections"]
    assert (connection["calls_per_minute"], connection["state"]) == (400, "active")
    assert 0 < connection["calls_left"] < 400
    assert told["failures"] == [{"kind": "brief", "code": "external_unavailable", "count": 1}]
    assert told["held"] == 0 and told["owed_age_s"] >= 0
