"""Rows of pages that were set aside: tried again by the number of the ticket or by the next walk of the articles."""

from __future__ import annotations

import io
from contextlib import suppress
from datetime import timedelta

import orjson
import pytest
from django.core.management import call_command
from django.utils import timezone
from structlog.testing import capture_logs

from apps.ingest import sync
from apps.ingest.deadletters import ARTICLE, RETRY_AFTER, TICKET, bury, dead_counts, row_key
from apps.ingest.deletions import FEW, HIDDEN, SHOWN
from apps.ingest.models import DeadLetter, Outbox, Stream
from apps.ingest.outbox import work_off
from apps.ingest.streams import hurry
from apps.ingest.sweeping import sweep_owed
from apps.ingest.sync import sync_page
from apps.platforms.adapters.freshdesk.client import FreshdeskClient
from apps.platforms.models import Article, Connection, Ticket
from tests.ingest.test_sync import allow, comparable, join, mirror, read_threads, run_feeds
from tests.simulated import running

SMALL = ("--account", "generated", "--tickets", "30", "--plan", "unlimited")


@pytest.fixture
def account(in_acme, settings):
    with running(*SMALL) as simulator:
        allow(settings, simulator)
        yield simulator, join(simulator)


def spoil(patch: pytest.MonkeyPatch, *numbers: int) -> None:
    """The helpdesk answers these tickets in a shape nobody knows."""
    original = FreshdeskClient._get

    async def spoiled(self, path, params):
        value, headers = await original(self, path, params)
        if path in ("/tickets", *(f"/tickets/{number}" for number in numbers)):
            for row in value if isinstance(value, list) else [value]:
                if row["id"] in numbers:
                    row["status"] = {"new": "shape"}
        return value, headers

    patch.setattr(FreshdeskClient, "_get", spoiled)


def set_aside(simulator) -> int:
    """The number of a ticket that the walk could not read."""
    return set_many_aside(simulator, 1)[0]


def set_many_aside(simulator, count: int) -> list[int]:
    rows = simulator.get("/tickets", updated_since="2000-01-01T00:00:00Z", per_page=100).json()
    numbers = [row["id"] for row in rows[3 : 3 + count]]
    with pytest.MonkeyPatch.context() as patch:
        spoil(patch, *numbers)
        run_feeds()
    assert dead_counts() == [{"kind": TICKET, "code": "malformed_answer", "count": count}]
    return numbers


def retry(monkeypatch, **options) -> dict:
    monkeypatch.setattr("sys.stdout", out := io.StringIO())
    call_command("retry_dead", "acme", "--json", **options)
    return orjson.loads(out.getvalue())


def work_off_rows() -> int:
    """Returns how many deliveries it took until none is owed."""
    for delivery in range(9):
        if not Outbox.objects.filter(kind=Outbox.Kind.ROW).exists():
            return delivery
        work_off(Outbox.Kind.ROW)
        Outbox.objects.filter(kind=Outbox.Kind.ROW).update(claimed_until=None, due_at=timezone.now())
    raise AssertionError("it does not end")


def test_a_ticket_that_was_set_aside_is_read_by_its_number_when_it_can_be(account, monkeypatch):
    simulator, connection = account
    number = set_aside(simulator)
    assert not Ticket.objects.filter(remote_id=str(number)).exists()
    assert retry(monkeypatch, kind="ticket") == {"owed": 1, "left": [{"kind": TICKET, "code": "malformed_answer", "count": 1}]}
    assert work_off_rows() == 1
    assert not DeadLetter.objects.exists()
    read_threads()
    ours, theirs = mirror(), comparable(simulator.told("truth"))
    assert ours[0] == theirs[0]
    assert str(number) in ours[0]


def test_one_that_still_cannot_be_read_stays_set_aside_until_the_next_day_with_one_alert(account, monkeypatch):
    simulator, _connection = account
    with capture_logs() as lines:
        number = set_aside(simulator)
        spoil(monkeypatch, number)
        assert sweep_owed() == 0
        DeadLetter.objects.update(again_at=timezone.now())
        assert sweep_owed() == 1
        assert work_off_rows() == 3
        hurry(Connection.objects.get())
        Stream.objects.filter(kind=Stream.Kind.TICKETS).update(cursor=None)
        run_feeds()
        assert sweep_owed() == 0
    letter = DeadLetter.objects.get()
    assert (letter.key.split()[1], letter.code) == (str(number), "malformed_answer")
    assert letter.again_at > timezone.now() + RETRY_AFTER - timedelta(minutes=1)
    assert [line["kind"] for line in lines if line["event"] == "work_set_aside" and line["log_level"] == "error"] == [TICKET]
    assert Ticket.objects.count() == 29


def test_one_that_breaks_the_store_is_set_aside_again_and_one_that_is_gone_is_forgotten(account, monkeypatch):
    simulator, connection = account
    number = set_aside(simulator)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("apps.ingest.rows.store_tickets", lambda connection, items: 1 / 0)
        retry(monkeypatch)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                work_off(Outbox.Kind.ROW)
            Outbox.objects.update(due_at=timezone.now())
    assert dead_counts() == [{"kind": TICKET, "code": "ZeroDivisionError", "count": 1}]
    assert not Outbox.objects.filter(kind=Outbox.Kind.ROW).exists()
    simulator.update(op="destroy", tickets=[number])
    bury(TICKET, row_key(Connection._meta.pk.default(), "7"), code="x", count=1)  # of a connection that is no more
    retry(monkeypatch)
    work_off_rows()
    assert not DeadLetter.objects.exists()
    assert not Ticket.objects.filter(remote_id=str(number)).exists()


@pytest.mark.parametrize("count", [1, FEW + 1])
def test_the_walk_over_all_numbers_does_nothing_for_what_was_set_aside(account, count):
    """It meets numbers that no feed has brought: a few it looks at, for many it begins the feeds again; these it knows."""
    simulator, connection = account
    numbers = set_many_aside(simulator, count)
    feeds = Stream.objects.filter(kind__in=[*SHOWN, *(kind for kinds in HIDDEN.values() for kind in kinds)])
    assert feeds.exclude(first_completed_at=None).count() == len(SHOWN) + len(HIDDEN), "before that the walk leaves strangers alone"
    before = list(feeds.order_by("kind").values_list("kind", "cursor", "fence", "first_completed_at"))
    hurry(connection, full=True)
    ids = Stream.objects.get(kind=Stream.Kind.IDS)
    Stream.objects.exclude(pk=ids.pk).update(next_at=timezone.now() + timedelta(hours=1))
    run_feeds()
    assert Stream.objects.get(pk=ids.pk).pages > ids.pages
    assert list(feeds.order_by("kind").values_list("kind", "cursor", "fence", "first_completed_at")) == before
    assert not Ticket.objects.filter(remote_id__in=map(str, numbers)).exists(), "a mark would be looked at"
    assert not Outbox.objects.filter(kind=Outbox.Kind.LOOK).exists()


def test_an_article_that_was_set_aside_is_tried_by_the_next_walk_and_its_letter_goes_when_it_is_stored(account, monkeypatch):
    _simulator, connection = account
    feed = Stream.objects.get(kind=Stream.Kind.ARTICLES)
    Stream.objects.exclude(pk=feed.pk).update(next_at=timezone.now() + timedelta(hours=1))
    store, bad = sync.store_articles, []

    def picky(connection, items, *, sweep):
        bad.extend(item.remote_id for item in items[:1] if not bad)
        if any(item.remote_id in bad for item in items):
            raise ZeroDivisionError
        return store(connection, items, sweep=sweep)

    def walk() -> None:
        begun = Stream.objects.get(pk=feed.pk).completed_at
        for _ in range(40):
            with suppress(ZeroDivisionError):
                sync_page(stream_id=feed.pk)
            if Stream.objects.get(pk=feed.pk).completed_at != begun:
                return
            Stream.objects.filter(pk=feed.pk).update(next_at=timezone.now())
        raise AssertionError("the walk does not end")

    with capture_logs() as lines, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sync, "store_articles", picky)
        for _ in range(2):
            walk()
            assert dead_counts() == [{"kind": ARTICLE, "code": "ZeroDivisionError", "count": 1}]
            assert Stream.objects.get(pk=feed.pk).next_at > timezone.now()
            assert retry(monkeypatch, kind="article")["owed"] == 1
            assert Stream.objects.get(pk=feed.pk).next_at <= timezone.now()
    walk()
    assert not DeadLetter.objects.exists()
    assert Article.objects.filter(remote_id=bad[0]).exists()
    assert [line["kind"] for line in lines if line["event"] == "work_set_aside" and line["log_level"] == "error"] == [ARTICLE]
