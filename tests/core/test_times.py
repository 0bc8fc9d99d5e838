"""Times in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from apps.core import times

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(0), "0 min"),
        (timedelta(seconds=59), "0 min"),
        (timedelta(minutes=38), "38 min"),
        (timedelta(hours=2), "2 h"),
        (timedelta(hours=2, minutes=5), "2 h 5 min"),
        (timedelta(hours=23, minutes=59), "23 h 59 min"),
        (timedelta(hours=24), "1 day"),
        (timedelta(days=3, hours=5), "3 days"),
        (timedelta(seconds=-5), "0 min"),
    ],
)
def test_a_duration_names_its_two_largest_useful_units(span, words):
    with translation.override("en"):
        assert times.duration(span) == words


def test_an_age_is_relative_within_a_day_and_a_date_after_it():
    with translation.override("en"):
        assert times.age(NOW - timedelta(seconds=20), NOW) == "just now"
        assert times.age(NOW - timedelta(hours=3), NOW) == "3 h ago"
        assert times.age(NOW - timedelta(days=3), NOW) == "November 17"
        assert times.age(NOW - timedelta(days=400), NOW) == "Oct. 16, 2025"


def test_a_moment_has_date_and_clock_time_and_exactly_its_zone():
    with translation.override("en"):
        assert times.moment_in_words(NOW, NOW) == "November 20, 9 a.m."
        assert times.exact(NOW) == "Nov. 20, 2026, 9 a.m. UTC"
