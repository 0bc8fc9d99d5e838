"""Cutting sources into chunks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.text import LANGUAGES, normalise
from apps.ingest.chunking import MAX_WEIGHT, chunk, weight

WRITTEN = st.text(alphabet=st.sampled_from(list("abcdé .!?\n1。？が漢字한글")), max_size=1500)


@settings(max_examples=80, deadline=None)
@given(WRITTEN, st.sampled_from(LANGUAGES))
def test_chunks_are_slices_in_order_that_cover_the_text_within_the_limit(text, language):
    normal = normalise(text)
    pieces = chunk(text, language, "header")
    assert [piece.position for piece in pieces] == list(range(len(pieces)))
    assert all(normal[piece.start : piece.end] == piece.text for piece in pieces)
    assert all(weight(piece.text) <= MAX_WEIGHT for piece in pieces)
    assert all(left.end <= right.start for left, right in zip(pieces, pieces[1:], strict=False))
    assert "".join(piece.text for piece in pieces).replace(" ", "") == normal.replace(" ", "")


@pytest.mark.parametrize(("language", "sentence"), [
    ("en", "Hold the button on the back of the case for fifteen seconds until the light turns amber."),
    ("ko", "케이스 뒷면의 버튼을 불빛이 호박색으로 바뀔 때까지 15초 동안 누르세요."),
    ("ja", "ケースの背面にあるボタンを、ランプがオレンジ色になるまで15秒間押してください。"),
    ("zh", "按住充电盒背面的按钮十五秒，直到指示灯变成琥珀色。"),
])  # fmt: skip
def test_chunks_end_where_sentences_end(language, sentence):
    pieces = chunk(" ".join([sentence] * 30), language)
    assert len(pieces) > 1
    assert all(piece.text.startswith(sentence) and piece.text.endswith(sentence) for piece in pieces)


def test_lines_without_full_stops_are_borders_too():
    pieces = chunk("\n".join(f"Step number {n} says to press the button" for n in range(40)), "en")
    assert len(pieces) > 1 and all(piece.text.startswith("Step number") for piece in pieces)


def test_the_hash_changes_with_header_and_words_and_with_nothing_else():
    one = chunk("Hold the  button.", "en", "Restore")[0]
    assert one.content_hash == chunk("Hold the\nbutton.", "en", "Restore ")[0].content_hash
    assert one.content_hash != chunk("Hold the button!", "en", "Restore")[0].content_hash
    assert one.content_hash != chunk("Hold the button.", "en", "Reset")[0].content_hash


def test_nothing_gives_nothing():
    assert chunk(" \n\t ", "en", "header") == []
