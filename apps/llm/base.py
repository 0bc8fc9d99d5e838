"""Ports of models: plain data in, plain data out, no Django."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class EmbeddingProvider(Protocol):
    """Texts to vectors of unit length. `name` and `size` tell which index profile they belong to."""

    name: str
    size: int

    def embed(self, texts: Sequence[str], *, asked: bool = False) -> list[list[float]]:
        """One vector a text, in order; empty texts are allowed. `asked`: they are what is searched with, not what is
        searched; some models read the two differently."""
        ...
