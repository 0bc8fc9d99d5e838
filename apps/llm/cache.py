"""Vectors of what is asked, kept for an hour: the same question, and the same thread's brief, come again.

A vector is a function of provider and text alone, so nothing makes a kept one wrong. What is indexed does not come
here: it is embedded once and then lies in the index.
"""

from __future__ import annotations

from array import array
from base64 import b64decode, b64encode
from collections.abc import Sequence

from apps.llm.base import EmbeddingProvider
from apps.llm.registry import embeddings
from apps.tenancy.cache import declare

VECTORS = declare("llm.vectors", seconds=3600, most=1000)


def embed(texts: Sequence[str], provider: EmbeddingProvider | None = None) -> list[list[float]]:
    """One vector a text, in order, as the provider (the first one when None) gives it for what is searched with.

    Raises NoCompany; what the provider raises.
    """
    provider = provider or embeddings()

    def made(text: str) -> list[float]:
        kept = VECTORS.get_or_make(
            provider.name, provider.size, text, make=lambda: _written(provider.embed([text], asked=True)[0])
        )
        return array("f", b64decode(kept)).tolist()

    return [made(text) for text in texts]


def _written(vector: list[float]) -> str:
    """Four bytes a number, as the provider computed them: a third of what they would be as decimals."""
    return b64encode(array("f", vector).tobytes()).decode()
