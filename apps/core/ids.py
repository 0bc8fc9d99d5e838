"""UUIDv7 keys: sortable by time, one generator for every object that has a URL."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator

_FIXED = 0x7 << 76 | 0b10 << 62  # version and variant
_FREE = (0xFFF << 64) | (1 << 62) - 1


def uuid7() -> uuid.UUID:
    """A new version-7 UUID (RFC 9562 5.7): 48 bits of unix milliseconds, 74 random bits."""
    return uuid.UUID(int=_stamp() | int.from_bytes(os.urandom(10), "big") & _FREE)


def uuid7s(count: int) -> Iterator[uuid.UUID]:
    """So many new ones of one millisecond, for a page of rows."""
    stamp, random = _stamp(), os.urandom(10 * count)
    for start in range(0, 10 * count, 10):
        yield uuid.UUID(int=stamp | int.from_bytes(random[start : start + 10], "big") & _FREE)


def _stamp() -> int:
    return (time.time_ns() // 1_000_000 & (1 << 48) - 1) << 80 | _FIXED
