"""Which embedding providers this installation uses: dotted paths in EMBEDDING_PROVIDER and SECOND_EMBEDDING_PROVIDER."""

from __future__ import annotations

from functools import lru_cache
from threading import Lock

from django.conf import settings
from django.utils.module_loading import import_string

from apps.llm.base import EmbeddingProvider

_making = Lock()


def embeddings() -> EmbeddingProvider:
    """The provider, made once per process however many threads ask; its weights are loaded at the first use."""
    return _made(settings.EMBEDDING_PROVIDER)


def second_embeddings() -> EmbeddingProvider | None:
    """The slower one that gives articles a second meaning, filled in behind; None where there is none (decision 0059)."""
    return _made(settings.SECOND_EMBEDDING_PROVIDER) if settings.SECOND_EMBEDDING_PROVIDER else None


def _made(path: str) -> EmbeddingProvider:
    with _making:
        return _provider(path)


@lru_cache(maxsize=2)
def _provider(path: str) -> EmbeddingProvider:
    provider: EmbeddingProvider = import_string(path)(threads=settings.MODELS_THREADS)
    return provider
