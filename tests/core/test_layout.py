"""Reading lines back from the HTML."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.text import layout, normalise


def test_lines_come_back_where_the_html_has_them():
    html = "<div>Guten Tag,<br>unsere Box ist tot.</div><div><br></div><ul><li>rot</li><li>blau</li></ul>"
    text = "Guten Tag, unsere Box ist tot.     rot  blau"
    assert layout(text, html) == "Guten Tag,\nunsere Box ist tot.\nrot\nblau"


@pytest.mark.parametrize("html", ["", "<p>Something else</p>", "<p>Hello</p>", "not html at all"])
def test_html_of_other_words_changes_nothing(html):
    assert layout("Hello  there.\nBo", html) == "Hello  there.\nBo"


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(alphabet=st.sampled_from(list("aé 漢한.<&")), max_size=12), max_size=6))
def test_the_normal_form_never_changes(lines):
    text = "  ".join(lines)
    html = "".join(f"<p>{line.replace('&', '&amp;').replace('<', '&lt;')}</p>" for line in lines)
    assert normalise(layout(text, html)) == normalise(text)
