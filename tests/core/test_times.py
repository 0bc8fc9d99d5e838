"""Times in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation
from django.utils.formats import number_format

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
        (timedelta(hours=23, minutes=59), "23 h"),
        (timedelta(hours=24), "1 day"),
        (timedelta(days=3, hours=5), "3 days"),
        (timedelta(seconds=-5), "0 min"),
    ],
)
def test_a_duration_is_as_exact_as_it_matters(span, words):
    with translation.override("en"):
        assert times.duration(span) == words


def test_an_age_is_relative_within_a_day_and_a_date_after_it():
    with translation.override("en"):
        assert times.age(NOW - timedelta(seconds=20), NOW) == "just now"
        assert times.age(NOW - timedelta(hours=3), NOW) == "3 h ago"
        assert times.age(NOW - timedelta(days=3), NOW) == "17 Nov"
        assert times.age(NOW - timedelta(days=400), NOW) == "16 Oct 2025"


def test_a_moment_has_date_and_clock_time_and_exactly_its_zone():
    with translation.override("en"):
        assert times.moment_in_words(NOW, NOW) == "20 Nov, 09:00"
        assert times.exact(NOW) == "20 Nov 2026, 09:00 UTC"


@pytest.mark.parametrize(
    ("language", "in_year", "whole"),
    [
        ("en", "1 Jan, 09:12", "1 Jan 2026, 09:12 UTC"),
        ("ko", "1월 1일 오전 9:12", "2026년 1월 1일 오전 9:12 UTC"),
        ("ja", "1月1日 9:12", "2026年1月1日 9:12 UTC"),
        ("zh-hans", "1月1日 09:12", "2026年1月1日 09:12 UTC"),
        ("de", "1. Januar, 09:12", "1. Januar 2026, 09:12 UTC"),
        ("fr", "1er janvier, 09:12", "1er janvier 2026 à 09:12 UTC"),
        ("es", "1 de enero, 09:12", "1 de enero de 2026 a las 09:12 UTC"),
    ],
)
def test_every_language_writes_a_moment_its_own_way(language, in_year, whole):
    moment = datetime(2026, 1, 1, 9, 12, tzinfo=UTC)
    with translation.override(language):
        assert times.moment_in_words(moment, NOW) == in_year
        assert times.exact(moment) == whole


def test_only_the_first_of_a_french_month_is_an_ordinal():
    with translation.override("fr"):
        assert times.day(NOW - timedelta(days=1), NOW) == "19 novembre"
        assert times.day(NOW - timedelta(days=9), NOW) == "11 novembre"


@pytest.mark.parametrize(
    ("language", "number"),
    [
        ("en", "1,234,567.50"),
        ("ko", "1,234,567.50"),
        ("ja", "1,234,567.50"),
        ("zh-hans", "1,234,567.50"),
        ("de", "1.234.567,50"),
        ("fr", "1\u202f234\u202f567,50"),
        ("es", "1\u00a0234\u00a0567,50"),
    ],
)
def test_every_language_writes_a_number_its_own_way(language, number):
    with translation.override(language):
        assert number_format(1234567.5, 2) == number
