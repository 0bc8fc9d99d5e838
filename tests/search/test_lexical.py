"""Words to sparse vectors."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.text import LANGUAGES
from apps.search.lexical import codes, document_vector, holds_codes, query_vector, token_id, tokens


@pytest.mark.parametrize("code", ["AA-1234-5678", "2.4.1", "FE-12", "T+2", "USB-C"])
@pytest.mark.parametrize("around", ["{} is it", "({}),", "주문번호{}입니다", "注文番号{}です", "订单号{}的", "die {}."])
def test_codes_survive_whatever_they_touch(code, around):
    words = tokens(around.format(code), "en")
    wanted = "t" if code == "T+2" else code.lower()
    assert wanted in words


@pytest.mark.parametrize(("language", "one", "other"), [
    ("en", "charging", "charged"), ("de", "Kopfhörern", "Kopfhörer"), ("fr", "écouteurs", "écouteur"),
    ("es", "pedidos", "pedido"),
])  # fmt: skip
def test_forms_of_a_word_meet_in_its_stem(language, one, other):
    assert tokens(one, language) == tokens(other, language)


@pytest.mark.parametrize(("language", "one", "other"), [
    ("ko", "이어버드가 충전되지", "충전이 이어버드"), ("ja", "充電できません", "充電ケース"),
    ("zh", "无法充电", "充电盒"),
])  # fmt: skip
def test_cjk_words_share_their_pairs_of_characters(language, one, other):
    assert set(tokens(one, language)) & set(tokens(other, language))


def test_full_width_writing_is_the_same_word():
    assert tokens("ＡＢＣ１２３", "ja") == tokens("abc123", "ja")


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300), st.sampled_from(LANGUAGES))
def test_vectors_have_ascending_31_bit_ids_and_positive_weights(text, language):
    for vector in (document_vector(text, language), query_vector(text, language)):
        assert list(vector.indices) == sorted(set(vector.indices))
        assert all(0 <= index < 2**31 for index in vector.indices)
        assert len(vector.indices) == len(vector.values) and all(value > 0 for value in vector.values)


def test_a_query_weighs_every_word_once():
    vector = query_vector("charge charge the case", "en")
    assert set(vector.values) == {1.0} and len(vector.indices) == 3


def test_repeating_a_word_helps_less_each_time_and_length_costs():
    def weight(text: str) -> float:
        vector = document_vector(text, "en")
        return dict(zip(vector.indices, vector.values, strict=True))[token_id("hum")]

    once, twice, often = weight("hum"), weight("hum hum"), weight("hum " * 40)
    assert once < twice < often < 1.4
    assert weight("hum " + "other words " * 50) < once


def test_a_chunk_has_the_same_vector_whatever_else_is_indexed():
    assert document_vector("hum on the dock", "en") == document_vector("hum on the dock", "en")


@pytest.mark.parametrize(("text", "held"), [("Fault FW-881 and 2.4.1", True), ("Fault FW-8812 and 2.4.1", False), ("FW-881 alone", False)])
def test_codes_are_held_whole_and_all_of_them(text, held):
    assert holds_codes(text, {"fw-881", "2.4.1"}) is held is ({"fw-881", "2.4.1"} <= codes(text))
