"""What a person typed is what a customer reads: nothing of it becomes markup, nothing is lost."""

from __future__ import annotations

import pytest

from apps.core.text import html_to_text
from apps.platforms.markup import clean, same, to_html
from simulators.mail import plain

TEXTS = (
    "Hello Priya,\n\nhold the button for 15 seconds.\nThen install 2.4.2.\n\n\nKind regards\nMara",
    "<script>alert(1)</script> & <b>bold</b> &amp; \"quoted\" 'so'",
    "See https://help.example.org/a?b=1&c=2#d and http://x.example",
    "  indented\n    more\n\ttab\n- list\n- of two",
    "안녕하세요, 이어버드를 케이스에 넣어 주세요.\n\n감사합니다",
    "emoji 👩‍🔧 and 한글, Zeichen äöü, 数字",
    "x < y && y > z",
)


@pytest.mark.parametrize("text", TEXTS)
def test_the_words_come_back_as_they_were_written(text):
    html = to_html(text)
    assert html_to_text(html).split() == text.split()
    assert same(text, plain(html), html)
    assert same(text, "", html) and same(text, plain(html), "")


def test_nothing_that_was_typed_is_markup():
    html = to_html(TEXTS[1])
    assert "<script" not in html and "<b>" not in html
    assert set(html.replace("<p>", "").replace("</p>", "").replace("<br>", "")) & set("<>") == set()


def test_paragraphs_lines_and_indents_stay():
    assert to_html("a\nb\n \n\nc\n  d") == "<p>a<br>b</p><p>c<br>&nbsp;&nbsp;d</p>"
    assert clean("\r\n a\r\nb\x00 \r\n\r\n") == "a\nb"


def test_other_words_are_not_the_same():
    assert not same("Thank you", "Thank you!", "<p>Thank you!</p>")
    assert not same("Thank you", "> Thank you  On Monday somebody wrote", "")
