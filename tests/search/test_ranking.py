"""Fusing the legs, freshness, and folding what repeats."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from apps.search.ranking import RECENCY_SHARE, Scored, freshness, fuse, fuse_sources, same_text_groups

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def order(*candidates, language="en"):
    return [one.item for one in fuse([Scored(*candidate) for candidate in candidates], language)]


def test_meaning_and_words_together_beat_either_alone():
    assert order(("both", 0.6, 9.0, "en"), ("meaning", 0.62, 0.0, "en"), ("words", 0.3, 10.0, "en"))[0] == "both"


def test_words_of_another_language_cannot_lift_a_weak_match():
    same = order(("near", 0.60, 0.0, "en"), ("wordy", 0.52, 20.0, "en"), ("far", 0.2, 0.0, "en"))
    other = order(("near", 0.60, 0.0, "de"), ("wordy", 0.52, 20.0, "de"), ("far", 0.2, 0.0, "de"))
    assert same[0] == "wordy" and other[0] == "near"


def test_a_candidate_the_dense_leg_missed_counts_as_its_lowest_not_as_zero():
    candidates = [Scored("a", 0.62, 0.0, "en"), Scored("b", 0.50, 0.0, "en"), Scored("words only", 0.0, 8.0, "en")]
    found = {one.item: one.fused for one in fuse(candidates, "en")}
    assert found == pytest.approx({"a": 0.7, "b": 0.0, "words only": 0.3})


def test_a_source_counts_by_its_nearest_part_and_its_wordiest_though_they_differ():
    parts = [("a1", 0.6, 2.0), ("a2", 0.3, 9.0), ("b1", 0.58, 8.0), ("c1", 0.2, 0.0)]
    found = fuse_sources([Scored(name, dense, lexical, "en") for name, dense, lexical in parts], "en", lambda name: name[0])
    assert [one.item for one in found] == ["a1", "a2", "b1", "c1"]
    assert found[0].fused == found[1].fused == 1.0
    assert order(*[(name, dense, lexical, "en") for name, dense, lexical in parts])[0] == "b1"  # part by part


def test_no_candidates_and_one_candidate_are_fine():
    assert fuse([], "en") == []
    assert fuse([Scored("only", 0.4, 2.0, "en")], "en")[0].fused == 1.0


def test_scores_stay_between_zero_and_one():
    ranked = fuse([Scored(n, n / 10, float(n % 3), "en") for n in range(9)], "en")
    assert all(0.0 <= one.fused <= 1.0 for one in ranked)


def test_freshness_is_mild_and_falls_with_age():
    ages = [freshness(NOW - timedelta(days=days), NOW) for days in (0, 90, 365, 4000)]
    assert ages == sorted(ages, reverse=True)
    assert ages[0] == 1.0 and ages[-1] > 1 - RECENCY_SHARE - 1e-9
    assert freshness(NOW + timedelta(days=3), NOW) == 1.0


def test_near_duplicates_fold_into_the_first_of_them():
    texts = [
        "Hold the button on the back for 15 seconds until the light turns amber.",
        "Send the parcel back with the free label in your account.",
        "Hold the button on the back for 15 seconds until the light turns amber, please.",
        "",
    ]
    assert same_text_groups(texts) == [0, 1, 0, 3]


def test_texts_that_differ_in_what_matters_stay_apart():
    texts = ["The refund takes 5 working days.", "The repair takes 10 working days in Ghent."]
    assert same_text_groups(texts) == [0, 1]
