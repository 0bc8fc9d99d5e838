"""The question box: the few sentences that answer, cited, or an honest no."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apps.assistant.extractive.ask import _lead, answer_question
from apps.assistant.extractive.choosing import MOST_WORDS, choose
from apps.assistant.extractive.gate import Lead, Support, answers, certainty
from apps.ingest.chunking import weight
from apps.search.lexical import codes
from tests.assistant.cases import FIX, passage

BUTTON = "Hold the button on the back for 15 seconds until the light turns amber."
ASKED = "for how many seconds to hold the button until the light turns amber"


def answer(question, *passages, near=0.6):
    return answer_question(question, "en", list(passages), lambda texts: [near for _ in texts])


def weak(*passages):
    return [replace(one, score=0.1, lexical=0.0) for one in passages]


def test_quotes_are_verified_sentences_three_and_sixty_words_at_most():
    long = passage(f"{FIX} {'It is safe to charge the case over night in a dry place. ' * 3}", dense=0.6, lexical=20.0)
    found = answer(ASKED, long)
    assert found.outcome == "answer" and found.citations[0].text == BUTTON
    assert 1 <= len(found.citations) <= 3
    assert sum(weight(one.text) for one in found.citations) <= MOST_WORDS
    for quote in found.citations:
        assert long.source_text[quote.start : quote.end] == quote.text


def test_no_sentence_is_quoted_twice_however_many_sources_hold_it():
    same = [passage(family=f"a{name}", dense=0.6, lexical=20.0) for name in range(3)]
    quoted = [one.text for one in answer(ASKED, *same).citations]
    assert quoted and len(quoted) == len(set(quoted))


@pytest.mark.parametrize("more", ["and wait a little longer than before ", "あ"])
def test_a_sentence_longer_than_a_reply_is_cut_and_still_a_quote(more):
    text = "Hold the button " + more * 150 + "until it turns amber."
    (best, *rest) = choose("hold the button", "en", [passage(text)], lambda texts: [0.6] * len(texts))
    assert rest == [] and 50 < weight(best.text) <= MOST_WORDS and best.text in passage(text).source_text


def test_a_question_back_a_greeting_and_thanks_answer_nothing():
    said = "Hello Mara, Which button do you hold? Thanks for the button. Hold the button."
    chosen = choose("hold the button", "en", [passage(said)], lambda texts: [0.6] * len(texts))
    assert "Which button do you hold?" not in [one.text for one in chosen]


def test_what_is_far_and_what_is_nowhere_is_an_honest_no():
    assert answer("capital of Mongolia", *weak(passage(dense=0.2)), near=0.1).missing == ["weak_match"]
    assert answer("capital of Mongolia").missing == ["no_source"]


def test_a_code_is_found_by_itself_however_far_the_meaning():
    known = passage("Fault FW-881 stops charging after update 2.4.1.", family="a9", dense=0.05)
    found = answer("What is FW-881?", passage(dense=0.5), *weak(known), near=0.0)
    assert found.citations[0].source.remote_id == "a9"
    assert answer("What is FW-882?", *weak(known), near=0.0).outcome == "not_enough_evidence"


def test_a_code_beside_another_question_is_no_evidence_by_itself():
    room = passage("Conference room A-561 has a round table.", family="a9", dense=0.2)
    asked = "What is the name of the cleaning company responsible for conference room A-561 on Sundays?"
    assert answer(asked, *weak(room), near=0.1).outcome == "not_enough_evidence"


def test_an_answer_from_private_words_is_marked():
    assert answer(ASKED, passage(visibility="private", dense=0.7, lexical=20.0)).private
    assert not answer(ASKED, passage(dense=0.7, lexical=20.0)).private


@pytest.mark.parametrize(
    ("support", "enough"),
    [
        (Support(words=0.6, meaning=0.5, rank=0.9, lexical=15.0, terms=12), True),
        (Support(words=0.1, meaning=0.35, rank=0.9, lexical=4.0, terms=12), False),  # near, hardly a word of it
        (Support(words=0.4, meaning=0.2, rank=0.4, lexical=6.0, terms=12), False),  # common words alone
        (Support(words=0.0, meaning=0.8, rank=1.0, lexical=0.0, terms=12), True),  # another language, nearly the same
        (Support(words=0.0, meaning=0.3, rank=1.0, lexical=0.0, terms=12), False),
    ],
)
def test_evidence_is_enough_by_all_its_signs_together(support, enough):
    assert answers(support) is enough


@pytest.mark.parametrize(
    ("lead", "rank", "enough"),
    [
        (Lead(ahead=0.2, apart=8.0, wordy=5.0), 0.9, True),
        (Lead(ahead=0.03, apart=2.0, wordy=3.0), 0.9, False),  # one of many that are as near
        (Lead(ahead=0.06, apart=4.0, wordy=1.0), 0.2, False),
        (Lead(ahead=0.0, apart=0.0, wordy=0.0), 1.0, False),
    ],
)
def test_by_both_meanings_the_best_article_has_to_stand_out(lead, rank, enough):
    """The signs of one meaning are not asked then, however good they look."""
    assert answers(Support(words=1.0, meaning=0.9, rank=rank, lexical=40.0, terms=9, lead=lead)) is enough


def test_an_article_stands_out_from_articles_by_its_nearest_language_and_from_a_few_not_at_all():
    rest = [passage(f"About matter {n}.", family=f"a{n}", dense=0.2, second=0.2 + n / 1000) for n in range(29)]
    best = passage(family="best", dense=0.3, second=0.5)
    alone, crowded = [best, *rest[:4]], [best, *rest]
    assert _lead(alone) is None
    found = _lead(crowded)
    assert found is not None
    assert found.ahead == pytest.approx(0.5 - 0.226, abs=0.001)
    assert found.apart > 10
    other = passage("In einer anderen Sprache.", family="best", dense=0.1, second=0.1)
    assert _lead([*crowded, other]) == found
    assert _lead([replace(one, second=None) for one in crowded]) is None


def test_a_longer_question_is_not_surer_for_its_length():
    short, long = (Support(words=0.3, meaning=0.3, rank=0.5, lexical=n**0.5 * 3, terms=n) for n in (4, 25))
    assert certainty(short) == pytest.approx(certainty(long))


@pytest.mark.parametrize(
    ("text", "named"),
    [("What is FW-881?", {"fw-881"}), ("order AA-5117-7203", {"aa-5117-7203"}), ("since 2.4.1", {"2.4.1"}), ("in 15 seconds", set())],
)
def test_codes_are_terms_with_figures(text, named):
    assert codes(text) == named
