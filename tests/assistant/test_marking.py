"""The quoted words are marked exactly, whatever lines and spaces the source has."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from apps.assistant.marking import Piece, marked_paragraphs, readable
from apps.core.text import normalise

TEXT = "  Hello  there,\n\n first line\nsecond   line.\r\n\r\n\r\nThird e\u0301 paragraph. "
TEXTS = st.text(alphabet="ab é\u0301\n\t \u3000한", max_size=60)


def words(paragraphs: list[list[Piece]], *, marked: bool | None = None) -> str:
    parts = ["".join(piece.text if marked in (None, piece.marked) else " " for piece in one) for one in paragraphs]
    return normalise("\n".join(parts))


def test_every_span_of_a_text_is_marked_word_for_word():
    plain = normalise(TEXT)
    for start in range(len(plain)):
        for end in range(start + 1, len(plain) + 1):
            shown = marked_paragraphs(TEXT, start, end)
            assert words(shown, marked=True) == normalise(plain[start:end])
            assert sum(piece.first for one in shown for piece in one) <= 1


def test_paragraphs_and_lines_stay_as_they_were_written():
    shown = marked_paragraphs(TEXT, 6, 22)
    assert [[piece.text for piece in one] for one in shown] == [
        ["Hello  ", "there,"],
        ["first lin", "e\nsecond   line."],
        ["Third é paragraph."],
    ]
    assert [piece.first for one in shown for piece in one if piece.marked] == [True, False]


def test_a_span_outside_the_text_marks_nothing():
    for start, end in ((0, 0), (5, 5), (9, 3), (5, 9000), (-3, 4)):
        assert not any(piece.marked for one in marked_paragraphs(TEXT, start, end) for piece in one)


@given(TEXTS, st.integers(0, 70), st.integers(0, 70))
def test_no_character_is_lost_or_added(text, start, end):
    assert words(marked_paragraphs(text, start, end)) == normalise(text)


@given(TEXTS, st.integers(0, 70), st.integers(0, 70))
def test_what_is_marked_is_the_span_of_the_normalised_text(text, start, end):
    plain = normalise(text)
    if start < end <= len(plain):
        assert words(marked_paragraphs(text, start, end), marked=True) == normalise(plain[start:end])


def test_lines_that_only_the_html_had_become_paragraphs():
    assert (
        readable("Hi, it is broken. Thanks", "<p>Hi,</p><p>it is broken.</p><p>Thanks</p>")
        == "Hi,\n\nit is broken.\n\nThanks"
    )
    assert readable("Hi,\nit is broken.", "<p>Hi,</p><p>it is broken.</p>") == "Hi,\nit is broken."
