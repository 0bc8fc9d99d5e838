"""The second embedding provider, with its real weights."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import pytest

from apps.llm.providers.e5 import E5Embeddings


@pytest.fixture(scope="module")
def provider() -> E5Embeddings:
    return E5Embeddings(threads=1)


def cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_vectors_have_the_size_and_unit_length_promised(provider):
    assert provider.embed([]) == []
    for vector in provider.embed(["hello", "", "한국어", "word " * 4_000, "\x00 😀"]):
        assert len(vector) == provider.size
        assert all(map(math.isfinite, vector))
        assert math.isclose(math.sqrt(cosine(vector, vector)), 1.0, abs_tol=1e-3)


def test_a_question_lies_nearer_to_what_answers_it_in_another_language_than_to_another_matter(provider):
    (question,) = provider.embed(["How do I charge the left earbud?"], asked=True)
    answer, other = provider.embed([
        "왼쪽 이어버드를 케이스에 넣고 15초 동안 버튼을 누르면 충전이 시작됩니다.", "Invoices are sent by e-mail within two working days.",
    ])  # fmt: skip
    assert cosine(question, answer) > cosine(question, other) + 0.1


def test_what_all_texts_have_in_common_is_taken_off(provider):
    """As the model gives them, texts that have nothing to do with each other have a cosine of 0.7 and more."""
    one, other = ["The invoice is missing."], ["A cat sleeps on the warm stone."]
    raw = float(provider.as_given(one)[0] @ provider.as_given(other)[0])
    assert raw > 0.6
    assert abs(cosine(provider.embed(one)[0], provider.embed(other)[0])) < 0.25


def test_questions_and_passages_are_read_differently(provider):
    text = ["Where is my order?"]
    assert cosine(provider.embed(text)[0], provider.embed(text, asked=True)[0]) < 0.999


def test_threads_get_what_one_alone_gets(provider):
    texts = [f"The parcel number {number} is on its way." for number in range(12)]
    alone = [provider.embed([text])[0] for text in texts]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda text: provider.embed([text])[0], texts))
    assert together == alone
