"""Which article speaks to a case, and how sure that is."""

from __future__ import annotations

import pytest

from apps.assistant.extractive.evidence import ALONE, LEAD, MOST_LEAD, WORDS, confidence, weigh_articles
from apps.assistant.extractive.gate import DEFAULTS, Evidence, decide, passes
from tests.assistant.cases import passage


def test_an_article_is_weighed_by_the_best_passage_of_each_of_its_languages():
    found = weigh_articles(
        [
            passage(family="a", language="en", dense=0.5), passage(family="a", language="en", dense=0.2),
            passage(family="a", language="de", dense=0.7), passage(family="b", language="en", dense=0.59),
        ],
        "en",
    )  # fmt: skip
    assert [one.family for one in found] == ["a", "b"]
    assert found[0].strength == pytest.approx(0.6)


def test_a_near_paragraph_of_one_language_does_not_beat_an_article_near_in_all():
    lucky = [passage(family="lucky", language="en", dense=0.62), passage(family="lucky", language="de", dense=0.2)]
    right = [passage(family="right", language="en", dense=0.55), passage(family="right", language="de", dense=0.55)]
    assert weigh_articles([*lucky, *right], "en")[0].family == "right"


def test_words_count_in_the_language_of_the_reader_only():
    both = [passage(family="a", language="en", dense=0.5, lexical=40), passage(family="b", language="de", dense=0.5, lexical=80)]
    found = weigh_articles(both, "en")
    assert [one.family for one in found] == ["a", "b"]
    assert found[0].strength == pytest.approx(0.5 + 40 * WORDS)


def test_confidence_grows_with_the_distance_to_the_second_article_up_to_a_limit():
    def sure(first: float, second: float) -> float:
        return confidence(weigh_articles([passage(family="a", dense=first), passage(family="b", dense=second)], "en"))

    assert sure(0.5, 0.5) == pytest.approx(0.5)
    assert sure(0.5, 0.45) == pytest.approx(0.5 + LEAD * 0.05)
    assert sure(0.5, 0.1) == pytest.approx(0.5 + LEAD * MOST_LEAD)


def test_an_article_alone_in_its_account_is_not_taken_for_a_sure_one():
    assert confidence(weigh_articles([passage(dense=0.4)], "en")) == pytest.approx(0.4 + LEAD * ALONE)
    assert confidence([]) == 0.0


SURE = DEFAULTS.reply


@pytest.mark.parametrize(
    ("strength", "in_language", "sentences", "detail_missing", "customer_wrote", "outcome", "missing"),
    [
        (SURE, True, 3, False, True, "reply", []),
        (SURE - 0.001, True, 3, False, True, "not_enough_evidence", ["weak_match"]),
        (0.0, True, 0, False, True, "not_enough_evidence", ["no_source"]),
        (SURE, False, 0, False, True, "not_enough_evidence", ["no_source_in_language"]),
        (SURE, True, 0, False, True, "not_enough_evidence", ["no_source"]),
        (SURE, True, 3, True, True, "ask_customer", ["customer_detail"]),
        (SURE, True, 3, False, False, "not_enough_evidence", ["no_customer_message"]),
        (0.1, True, 3, True, True, "not_enough_evidence", ["weak_match"]),
        (SURE, False, 3, True, True, "not_enough_evidence", ["no_source_in_language"]),
    ],
)
def test_the_gate_decides_by_its_table(strength, in_language, sentences, detail_missing, customer_wrote, outcome, missing):
    assert decide(Evidence(strength, in_language, sentences, detail_missing, customer_wrote)) == (outcome, missing)


def test_words_that_agree_lower_the_bar_a_little_and_never_further():
    assert passes(DEFAULTS.answer - 0.01, DEFAULTS.words, DEFAULTS.answer)
    assert not passes(DEFAULTS.answer - 0.01, DEFAULTS.words - 1, DEFAULTS.answer)
    assert not passes(DEFAULTS.answer - DEFAULTS.eased - 0.01, 500, DEFAULTS.answer)
