"""The embedding provider that comes with the product, with its real weights."""

from __future__ import annotations

import math

import pytest

from apps.llm.base import EmbeddingProvider
from apps.llm.providers.use import UseEmbeddings


@pytest.fixture(scope="module")
def provider() -> EmbeddingProvider:
    return UseEmbeddings(threads=1)


def cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_vectors_have_the_size_and_unit_length_promised(provider):
    for vector in provider.embed(["hello", "", "한국어", "x" * 20_000, "\x00 😀"]):
        assert len(vector) == provider.size
        assert all(map(math.isfinite, vector))
        assert math.isclose(math.sqrt(cosine(vector, vector)), 1.0, abs_tol=1e-3)


def test_a_sentence_lies_nearer_to_its_translation_than_to_another_topic(provider):
    english, german, korean, other = provider.embed([
        "The left earbud does not charge.", "Der linke Ohrhörer lädt nicht.", "왼쪽 이어버드가 충전되지 않습니다.",
        "I need an invoice with my VAT number.",
    ])  # fmt: skip
    assert cosine(english, german) > cosine(english, other) + 0.2
    assert cosine(english, korean) > cosine(english, other) + 0.2


def test_batches_do_not_change_a_vector(provider):
    texts = [f"The parcel number {n} is late" for n in range(70)]
    whole = provider.embed(texts)
    assert len(whole) == 70
    assert cosine(whole[65], provider.embed([texts[65]])[0]) > 0.999


def test_no_texts_give_no_vectors(provider):
    assert provider.embed([]) == []
