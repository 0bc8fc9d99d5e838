"""Every screen and state in four languages, light and dark, wide and 320 px: looked at once, judged in many ways.

`make verify` walks through seven of the combinations: English, Korean and German in both themes and widths, Japanese at
its narrowest; `make soak` through the others.
"""

from __future__ import annotations

from itertools import product

import pytest

from tests.browser.reader import Variant, open_reader
from tests.browser.walk import walk_through

pytestmark = pytest.mark.browser
FEW = [
    ("en", "light", 1280), ("en", "dark", 320), ("ko", "dark", 1280), ("ko", "light", 320),
    ("de", "light", 320), ("de", "dark", 1280),  # long words
    ("ja", "light", 320),  # no spaces
]  # fmt: skip
VARIANTS = [
    pytest.param(Variant(*one), marks=pytest.mark.verify if one in FEW else pytest.mark.soak, id=str(Variant(*one)))
    for one in product(("en", "ko", "de", "ja"), ("light", "dark"), (1280, 320))
]


@pytest.fixture(scope="module", params=VARIANTS)
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
