"""A feed is read more often while much happens and less often while nothing does, within bounds and the account's calls."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.ingest import streams
from apps.ingest.models import Stream
from apps.ingest.pacing import BUSIEST, LOOKS_SHARE, QUIETEST, interval, next_pace
from apps.ingest.streams import ensure_streams
from apps.platforms.models import Connection
from tests.mirror import make_connection

BOUNDS = {"fastest": 15.0, "slowest": 180.0, "calls_per_minute": 400.0}


def after(passes: list[bool], pace: int = 0) -> int:
    for news in passes:
        pace = next_pace(pace, news=news)
    return pace


def test_news_make_it_busy_at_once_and_silence_makes_it_quiet_slowly():
    waits = [interval(60, after([True] * n), **BOUNDS) for n in range(5)]
    assert waits == [60, 30, 15, 15, 15]
    waits = [interval(60, after([False] * n), **BOUNDS) for n in (0, 4, 5, 14, 15, 40, 500)]
    assert waits == [60, 60, 90, 90, 120, 180, 180]
    assert interval(60, after([False] * 100 + [True]), **BOUNDS) == 30  # the morning begins with one ticket
    assert interval(60, after([True] * 9 + [False]), **BOUNDS) == 60
    assert (after([True] * 99), after([False] * 999)) == (BUSIEST, QUIETEST)


@pytest.mark.parametrize("calls", [20.0, 50.0, 200.0, 400.0, 700.0])
def test_looks_take_a_small_part_of_what_the_account_allows(calls):
    shortest = interval(60, BUSIEST, fastest=5, slowest=180, calls_per_minute=calls)
    assert 60 / shortest <= LOOKS_SHARE * calls
    assert shortest >= 5


def test_bounds_hold_and_an_account_that_told_nothing_is_not_hurried():
    assert interval(60, BUSIEST, fastest=40, slowest=180, calls_per_minute=400) == 40
    assert interval(60, QUIETEST, fastest=15, slowest=70, calls_per_minute=400) == 70
    assert interval(60, BUSIEST, fastest=15, slowest=180, calls_per_minute=None) == 60
    assert interval(300, QUIETEST, **BOUNDS) == 300  # trash: seldom anyway


def test_a_feed_that_was_read_is_due_by_its_pace(in_acme, settings):
    settings.POLL_SECONDS, settings.POLL_FASTEST_SECONDS, settings.POLL_SLOWEST_SECONDS = 60, 15, 180
    connection = make_connection()
    Connection.objects.update(calls_per_minute=400)
    ensure_streams(connection)
    stream = Stream.objects.get(kind="tickets")

    def wait(items: int, times: int) -> float:
        for _ in range(times):
            streams.advance(stream, cursor={}, items=items, more=False)
        return round((Stream.objects.get(pk=stream.pk).next_at - timezone.now()).total_seconds())

    assert wait(0, 1) == 60
    assert wait(7, 1) == 30
    assert wait(7, 2) == 15
    assert wait(0, 1) == 60
    assert wait(0, 60) == 180
    articles = Stream.objects.get(kind="articles")
    streams.advance(articles, cursor={}, items=50, more=False)  # a walk brings all of them, news or not
    assert round((articles.next_at - timezone.now()).total_seconds()) == 300
