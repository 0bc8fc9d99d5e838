"""Words of a search marked in a passage: whole words, stems, codes, signs of CJK; and the part of it that is shown."""

from __future__ import annotations

import pytest

from apps.assistant.highlighting import WIDTH, places, query_terms, snippet, word_beginnings

LONG = "Nothing to see in these words of the letter. " * 20


def marked(text: str, query: str, language: str = "en") -> list[str]:
    return [text[start:end] for start, end in places(text, query_terms(query, language), language)]


@pytest.mark.parametrize(
    ("query", "text", "language", "expected"),
    [
        ("earbud not charging", "Both earbuds were Charging again.", "en", ["earbuds", "Charging"]),
        ("fw-881", "Fault FW-881, not FW-882.", "en", ["FW-881"]),
        ("2.4.1", "after 2.4.1.", "en", ["2.4.1"]),
        ("충전 오류", "충전이 멈춥니다. 오류입니다.", "ko", ["충전", "오류"]),
        ("充電エラー", "充電できない。エラー表示。", "ja", ["充電", "エラー"]),
        ("Hörer laden", "Der HÖRER lädt nicht, laden hilft.", "de", ["HÖRER", "laden"]),
        ("ＥＡＲＢＵＤ", "an earbud", "en", ["earbud"]),
        ("the", "the case", "en", ["the"]),  # there is nothing else to go by
        ("the case", "the case", "en", ["case"]),
        ("case", "", "en", []),
        ("!!", "case!!", "en", []),
    ],
)
def test_words_are_found_as_they_are_written(query, text, language, expected):
    assert marked(text, query, language) == expected


@pytest.mark.parametrize(
    ("query", "language", "expected"),
    [("Ohrhörer", "de", {"ohrh"}), ("earbuds charging", "en", {"earbud", "charg"}), ("FW-881", "en", {"fw-881"}),
     ("충전이", "ko", {"충전", "전이"}), ("!?", "en", set())],
)  # fmt: skip
def test_the_beginning_of_a_word_stands_in_its_other_forms(query, language, expected):
    assert word_beginnings(query, language) == expected


def test_a_short_passage_is_shown_whole():
    text = "Hold the button."
    pieces = snippet(text, places(text, query_terms("button", "en"), "en"))
    assert [(one.text, one.marked) for one in pieces] == [("Hold the ", False), ("button", True), (".", False)]


def test_a_long_one_is_cut_at_words_around_the_most_of_what_was_found():
    text = f"{LONG}The earbud lies here. {LONG}The earbud does not charge. {LONG}"
    pieces = snippet(text, places(text, query_terms("earbud charge", "en"), "en"))
    shown = "".join(one.text for one in pieces)
    assert shown.startswith("… ") and shown.endswith(" …")
    assert len(shown) <= WIDTH + 4
    assert "".join(one.text for one in pieces[1:-1]) in text
    assert [one.text for one in pieces if one.marked] == ["earbud", "charge"]
    plain = snippet(text, [])
    assert "".join(one.text for one in plain[:-1]) == text[: len(plain[0].text)]


def test_signs_are_cut_where_there_are_no_spaces():
    text = "케이스" * 200
    shown = "".join(one.text for one in snippet(text, []))
    assert len(shown) < 200
