"""Which embedding provider this installation uses: a dotted path in EMBEDDING_PROVIDER."""

from __future__ import annotations

from functools import lru_cache
from threading import Lock

from django.conf import settings
from django.utils.module_loading import import_string

from apps.llm.base import EmbeddingProvider

_making = Lock()


def embeddings() -> EmbeddingProvider:
    """The provider, made once per process however many threads ask; its weights are loaded at the first use."""
    with _making:
        return _provider()


@lru_cache(maxsize=1)
def _provider() -> EmbeddingProvider:
    provider: EmbeddingProvider = import_string(settings.EMBEDDING_PROVIDER)(threads=settings.MODELS_THREADS)
    return provider
