"""The question box: cited passages, or an honest no."""

from __future__ import annotations

import pytest

from apps.assistant.extractive.ask import answer_question, window
from apps.search.lexical import codes
from tests.assistant.cases import FIX, passage


def answer(question, *passages):
    return answer_question(question, "en", list(passages), [])


def test_passages_are_verified_quotes_one_a_source_and_three_at_most():
    near = [passage(f"{FIX} Model {name}.", family=f"a{name}", dense=0.6) for name in ("one", "two", "three", "four")]
    found = answer("how to restore charging", near[0], near[0], *near[1:])
    assert found.outcome == "answer"
    assert [one.source.remote_id for one in found.citations] == ["aone", "atwo", "athree"]
    for quote, source in zip(found.citations, near, strict=False):
        assert source.source_text[quote.start : quote.end] == quote.text


def test_far_passages_and_none_at_all_are_an_honest_no():
    assert answer("capital of Mongolia", passage(dense=0.2)).missing == ["weak_match"]
    assert answer("capital of Mongolia").missing == ["no_source"]


def test_a_code_is_found_by_itself_however_far_the_meaning():
    known = passage("Fault FW-881 stops charging after update 2.4.1.", family="a9", dense=0.05)
    found = answer("What is FW-881?", passage(dense=0.5), known)
    assert found.citations[0].source.remote_id == "a9"
    assert answer("What is FW-882?", known).outcome == "not_enough_evidence"


def test_an_answer_from_private_words_is_marked():
    assert answer("charging", passage(visibility="private", dense=0.7)).private
    assert not answer("charging", passage(dense=0.7)).private


def test_the_window_is_the_run_that_shares_most_words_with_the_question():
    text = "Orders arrive in two days. Boxes are made of paper. Glue is vegan. Hold the button for 15 seconds. The light turns amber. Then it charges."
    assert window("which button and how many seconds until amber", "en", passage(text)) == (
        "Hold the button for 15 seconds. The light turns amber. Then it charges."
    )


@pytest.mark.parametrize(
    ("text", "named"),
    [("What is FW-881?", {"fw-881"}), ("order AA-5117-7203", {"aa-5117-7203"}), ("since 2.4.1", {"2.4.1"}), ("in 15 seconds", set())],
)
def test_codes_are_terms_with_figures(text, named):
    assert codes(text) == named
