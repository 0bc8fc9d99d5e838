"""Numbers that follow from numbers."""

from __future__ import annotations

_MASK = 2**64 - 1


def mix(*numbers: int) -> int:
    """A well spread 64-bit number from small ones (splitmix64)."""
    value = 0x9E3779B97F4A7C15
    for number in numbers:
        value = (value ^ number) * 0xBF58476D1CE4E5B9 & _MASK
        value = (value ^ value >> 27) * 0x94D049BB133111EB & _MASK
        value ^= value >> 31
    return value
