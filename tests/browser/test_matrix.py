"""Every screen and state in four languages, light and dark, wide and 320 px: looked at once, judged in many ways."""

from __future__ import annotations

from itertools import product

import pytest

from tests.browser.reader import Variant, open_reader
from tests.browser.walk import walk_through

pytestmark = [pytest.mark.browser, pytest.mark.verify]
VARIANTS = [
    *(Variant(*one) for one in product(("en", "ko"), ("light", "dark"), (1280, 320))),
    *(Variant(*one) for one in product(("de", "ja"), ("light",), (1280, 320))),  # long words, no spaces
]


@pytest.fixture(scope="module", params=VARIANTS, ids=str)
def walk(request, chromium, site):
    with open_reader(chromium, site, request.param) as reader:
        return walk_through(reader)


def test_every_screen_was_seen(walk):
    assert len(set(walk.screens)) == len(walk.screens) >= 26


def test_no_screen_breaks_a_rule_of_wcag_2_2_a_or_aa(walk):
    assert walk.rules == {}


def test_nothing_is_wider_than_the_window(walk):
    assert walk.wide == {}


def test_no_label_is_cut_and_no_short_word_torn(walk):
    assert walk.cut == {}
    assert walk.torn == {}


def test_every_text_is_marked_with_its_language(walk):
    assert walk.languages == {}


def test_no_console_error_no_broken_policy_no_foreign_request(walk):
    assert walk.watched == {}
