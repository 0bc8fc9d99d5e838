"""The vector engine is away while a sync would index: rows go on, the index catches up, id by id (F13)."""

from __future__ import annotations

import time

import pytest
from django.utils import timezone

from apps.ingest.models import DeadLetter, Outbox, Stream
from apps.ingest.outbox import due_kinds, work_off
from apps.ingest.streams import hurry
from apps.platforms.models import Message, Ticket
from apps.search.index import CHUNKS, open_index
from apps.search.models import Chunk
from tests import engines
from tests.ingest.test_sync import allow, join, read_threads, run_feeds
from tests.simulated import running

INDEX = (Outbox.Kind.INDEX_TICKET, Outbox.Kind.INDEX_ARTICLE)
ARTICLES = 5
TRIES = 4  # more than the deliveries after which work that fails by itself is set aside


def work_on_index() -> None:
    Outbox.objects.filter(kind__in=INDEX).update(due_at=timezone.now())
    for kind in INDEX:
        while work_off(kind):
            pass


def points() -> set:
    found, start = set(), None
    while True:
        page, start = open_index(CHUNKS).page(start, 500)
        found |= page.keys()
        if start is None:
            return found


@pytest.mark.verify
def test_while_the_engine_is_away_rows_go_on_and_afterwards_every_chunk_has_its_point(in_acme, settings, capsys):
    with running("--account", "generated", "--tickets", "12", "--plan", "unlimited") as simulator:
        allow(settings, simulator)
        connection = join(simulator)
        run_feeds()
        read_threads()
        articles = Outbox.objects.filter(kind=Outbox.Kind.INDEX_ARTICLE).values_list("pk", flat=True)
        Outbox.objects.filter(pk__in=list(articles[ARTICLES:])).delete()  # a few are enough
        work_off(Outbox.Kind.INDEX_TICKET)
        some = points()
        assert some, "it was indexing when the engine went away"
        engines.vectors.stop()
        try:
            for number in range(TRIES):
                work_on_index()
                simulator.update(op="random", random=3, seed=number)
                hurry(connection)
                run_feeds()
                read_threads()
            truth = simulator.told("truth")
            rows, owed = Ticket.objects.filter(deleted=False).count(), Outbox.objects.filter(kind__in=INDEX).count()
            assert {one["remote_id"] for one in truth["tickets"]} == set(Ticket.objects.filter(deleted=False).values_list("remote_id", flat=True))
            assert not Ticket.objects.filter(thread_version="", deleted=False).exists(), "threads are read all the same"
            assert not Stream.objects.filter(failures__gt=0).exists()
            assert set(Outbox.objects.filter(kind__in=INDEX, attempts__gt=0).values_list("last_error", flat=True)) == {"index_unavailable"}
            assert not DeadLetter.objects.exists(), "however often it was tried"
        finally:
            engines.vectors.start()
    began = time.monotonic()
    while set(INDEX) & set(due_kinds()) or Outbox.objects.filter(kind__in=INDEX).exists():
        work_on_index()
    seconds, ids = time.monotonic() - began, set(Chunk.objects.values_list("pk", flat=True))
    with capsys.disabled():
        print(f"\nF13: {rows} tickets, {Message.objects.count()} messages here without it, {owed} owed; {len(ids)} chunks after {seconds:.1f} s")
    assert owed > 0
    assert points() == ids > some & ids
    assert not Outbox.objects.filter(kind__in=INDEX).exists()
