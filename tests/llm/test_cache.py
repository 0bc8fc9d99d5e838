"""Vectors of questions: computed once an hour and company, and the same to the last bit."""

from __future__ import annotations

from apps.llm import cache
from apps.llm.registry import embeddings
from apps.tenancy.context import Binding, bind_company

WORDS = "Where does the invoice of September lie?"
ACME, GLOBEX = (Binding(f"c_{name}", name, "local") for name in ("acme", "globex"))


def test_a_question_asked_again_is_not_computed_again(monkeypatch):
    provider, asked = embeddings(), []
    plain = provider.embed([WORDS])
    compute = provider.embed
    monkeypatch.setattr(provider, "embed", lambda texts, **how: asked.append(texts) or compute(texts, **how))
    for company in (ACME, GLOBEX):
        with bind_company(company):
            cache.VECTORS.clear()
            assert cache.embed([WORDS]) == plain
            assert cache.embed([WORDS, WORDS]) == plain * 2
            cache.VECTORS.clear()
    assert asked == [[WORDS]] * 2  # each company its own


def test_nothing_to_embed_is_nothing():
    assert cache.embed([]) == []
