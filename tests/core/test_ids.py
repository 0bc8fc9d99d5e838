"""UUIDv7: version, variant, time order, and pages of them."""

from __future__ import annotations

import time
import uuid

from apps.core.ids import uuid7, uuid7s


def test_version_variant_and_time():
    before = time.time_ns() // 1_000_000
    made = uuid7()
    after = time.time_ns() // 1_000_000
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert before <= made.int >> 80 <= after


def test_a_page_of_them_differs_in_its_random_bits_only():
    page = list(uuid7s(2000))
    assert len(set(page)) == 2000
    assert {one.version for one in page} == {7}
    assert {one.variant for one in page} == {uuid.RFC_4122}
    assert len({one.int >> 80 for one in page}) == 1
    assert list(uuid7s(0)) == []


def test_every_random_bit_is_used():
    seen = 0
    for one in uuid7s(500):
        seen |= one.int
    assert seen & ((1 << 62) - 1) == (1 << 62) - 1
    assert seen >> 64 & 0xFFF == 0xFFF
