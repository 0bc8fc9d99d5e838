"""Which embedding provider this installation uses: a dotted path in EMBEDDING_PROVIDER."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.utils.module_loading import import_string

from apps.llm.base import EmbeddingProvider


@lru_cache(maxsize=1)
def embeddings() -> EmbeddingProvider:
    """The provider, made once per process; its weights are loaded at the first use."""
    provider: EmbeddingProvider = import_string(settings.EMBEDDING_PROVIDER)(threads=settings.MODELS_THREADS)
    return provider
