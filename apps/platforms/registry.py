"""Which helpdesks there are: dotted paths in PLATFORM_ADAPTERS, nothing else."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.utils.module_loading import import_string

from apps.core.errors import BadInput
from apps.platforms.base import PlatformAdapter


@lru_cache(maxsize=1)
def adapters() -> dict[str, type[PlatformAdapter]]:
    """{kind: adapter class}"""
    found = [import_string(path) for path in settings.PLATFORM_ADAPTERS]
    return {adapter.kind: adapter for adapter in found}


def adapter_class(kind: str) -> type[PlatformAdapter]:
    """The adapter of a platform. Raises BadInput naming the known ones."""
    try:
        return adapters()[kind]
    except KeyError:
        known = ", ".join(sorted(adapters()))
        raise BadInput(f"Platform {kind!r} is not known. Known: {known}.", code="platform_unknown") from None
