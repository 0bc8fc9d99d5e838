"""Text as people write it: normal form, hidden characters, HTML, blocks and sentences, languages."""

from __future__ import annotations

import time
import unicodedata
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.text import (
    LANGUAGES,
    blocks,
    detect_language,
    has_hidden,
    headings,
    html_to_text,
    normalise,
    sentences,
    visible,
)
from apps.core.text.tokens import Text, tokens

LETTERS = list("abÉß .!?\n\t-1。？「」が漢字한글 \u00a0e\u0301\u200b\u2003")
WRITTEN = st.text(alphabet=st.sampled_from(LETTERS), max_size=200)


def said(text: str, language: str) -> list[str]:
    normal = normalise(text)
    return [span.of(normal) for span in sentences(text, language)]


@settings(max_examples=200, deadline=None)
@given(WRITTEN, st.sampled_from(LANGUAGES))
def test_sentences_cover_the_normalised_text_in_order_and_nothing_else(text, language):
    normal = normalise(text)
    spans = sentences(text, language)
    assert all(0 <= span.start < span.end <= len(normal) for span in spans)
    assert all(left.end <= right.start for left, right in zip(spans, spans[1:], strict=False))
    assert "".join(span.of(normal) for span in spans).replace(" ", "") == normal.replace(" ", "")


@settings(max_examples=200, deadline=None)
@given(WRITTEN)
def test_blocks_joined_by_blanks_are_the_normalised_text(text):
    normal = normalise(text)
    assert " ".join(span.of(normal) for span in blocks(text)) == normal


@given(st.text(max_size=80))
def test_the_normal_form_of_a_normal_form_is_itself(text):
    assert normalise(normalise(text)) == normalise(text)


def test_decomposed_and_composed_writing_become_one():
    assert normalise(unicodedata.normalize("NFD", "Gerät  über\n alles")) == "Gerät über alles"


def test_hidden_instructions_are_noticed_and_emoji_are_not():
    assert has_hidden("pay\u200b now") and has_hidden("ok \U000e0041\U000e0042") and has_hidden("\u202egnp.exe")
    assert not has_hidden("thanks ❤\ufe0f 👩\u200d🔧 Silben\u00adtrennung")
    assert visible("pay\u200b now\U000e0041") == "pay now"


def test_html_keeps_paragraphs_and_cells_apart_and_drops_what_nobody_sees():
    html = (
        "<style>p{}</style><p>Open <b>Settings</b>.</p><p style='display:none'>Secret</p>"
        "<table><tr><td>Mon</td><td>Wed</td></tr></table><ul><li>One</li><li>Two</li></ul>last<br>line"
    )
    assert html_to_text(html) == "Open Settings.\nMon Wed\nOne\nTwo\nlast\nline"


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "I use v3.2.1, e.g. the beta. Dr. Smith paid $4.99 for No. 5. Is that ok? Thanks",
         ["I use v3.2.1, e.g. the beta.", "Dr. Smith paid $4.99 for No. 5.", "Is that ok?", "Thanks"]),
        ("de", "Wir nutzen z. B. die Version 3.2.1 seit dem 5. Oktober. Dr. Müller hat ca. 4,99 € bezahlt. Richtig?",
         ["Wir nutzen z. B. die Version 3.2.1 seit dem 5. Oktober.", "Dr. Müller hat ca. 4,99 € bezahlt.", "Richtig?"]),
        ("fr", "M. Dupont a payé 4,99 €. Est-ce normal ? Merci d'avance.",
         ["M. Dupont a payé 4,99 €.", "Est-ce normal ?", "Merci d'avance."]),
        ("es", "¿Puede el Sr. García pagar 4,99 €? ¡Gracias! Un saludo.",
         ["¿Puede el Sr. García pagar 4,99 €?", "¡Gracias!", "Un saludo."]),
        ("ko", "어제부터 오류가 납니다 ㅠㅠ 환불 가능한가요? 감사합니다",
         ["어제부터 오류가 납니다 ㅠㅠ", "환불 가능한가요?", "감사합니다"]),
        ("ja", "「失敗しました。」と表示されます！返金は可能でしょうか？",
         ["「失敗しました。」と表示されます！", "返金は可能でしょうか？"]),
        ("zh", "每次都提示“请求失败。”怎么办？可以退款吗？",
         ["每次都提示“请求失败。”怎么办？", "可以退款吗？"]),
    ],
)  # fmt: skip
def test_sentences_end_where_readers_of_the_language_end_them(language, text, expected):
    assert said(text, language) == expected


def test_lines_of_a_list_are_sentences_and_their_numbers_stay_with_them():
    assert said("Do this:\n1. Open the app\n2. Tap Restore. Wait\n- done", "en") == [
        "Do this:", "1. Open the app", "2. Tap Restore.", "Wait", "- done",
    ]  # fmt: skip


def test_a_line_wrapped_by_a_mail_program_is_one_sentence():
    text = "The left earbud has not been charging since the update of last\nweek and the light stays off.\nWhat now?"
    assert len(said(text, "en")) == 2


def test_runs_of_blanks_left_by_a_platform_are_borders():
    assert said("Follow these steps:      Select account details   Click the icon", "en") == [
        "Follow these steps:", "Select account details", "Click the icon",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The left earbud will not charge since the update", "en"),
        ("Mein Kopfhörer lädt nicht mehr", "de"),
        ("Mon casque ne se recharge plus depuis hier", "fr"),
        ("Mis auriculares no cargan desde ayer", "es"),
        ("왼쪽 이어버드가 충전되지 않아요", "ko"),
        ("左のイヤホンが充電できません", "ja"),
        ("左耳机充不上电了", "zh"),
        ("Wren Pro 2.4.1 펌웨어 이후 충전이 안 됩니다", "ko"),
        ("Kestrelの電源が入りません", "ja"),
    ],
)
def test_each_language_is_recognised(text, language):
    assert detect_language(text) == language


@pytest.mark.parametrize(("text", "hint", "language"), [
    ("ok", "fr", "fr"), ("AA-1234-5678", "de", "de"), ("", None, "en"), ("返金希望", "ja", "ja"),
    ("返金希望", None, "zh"), ("123", "pt-BR", "en"), ("OK!", "zh-CN", "zh"),
])  # fmt: skip
def test_the_hint_decides_what_letters_cannot(text, hint, language):
    assert detect_language(text, hint=hint) == language


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a<p>b<P CLASS=x>c</p>d<br/>e<BR>f", "a\nb\nc\nd\ne\nf"),
        ("<table><tr><td>a</td><TD>b<th>c</table>d", "a b c\nd"),
        ("a<b>b</b><param>c<picture>d</picture><link>e<trackx>f", "abcdef"),  # names that begin like a block's
        ('a<span style="dis&#112;lay:none">b</span>c', "ac"),
        ('a<span style="DISPLAY : None">b</span><i style="font-size:0.9em">c</i><i style="opacity:0">d</i>', "ac"),
        ('<header>a</header>b<figcaption>c</figcaption>d<hr>e<h2 title="<p>">f</h2>g', "a\nb\nc\nd\ne\nf\ng"),
        ("a<SCRIPT>b</SCRIPT><p hidden>c</p>d<noscript>e</noscript>", "a\nd"),
    ],
)
def test_a_line_per_block_whatever_the_markup(html, text):
    assert html_to_text(html) == text


def test_what_is_hidden_ends_where_its_tag_ends():
    cells = '<table><tr><td>a<td style="display:none">b</table><p>c<p hidden>d<ul><li>e<li style="opacity:0">f<li>g</ul>h'
    assert html_to_text(cells) == "a\nc\ne\ng\nh"
    assert html_to_text("<div><span hidden>a<span>b</span>c</span>d</div><div hidden>e<p>f</p></div>g<br hidden>h") == "d\ng\nh"
    assert html_to_text("a<template>b<template>c</template>d</template>e<i aria-hidden=true>f</i>g") == "aeg"


@pytest.mark.parametrize("around", ["div", "b", "blockquote"])
def test_what_is_hidden_deeper_than_anybody_nests_stays_hidden(around):
    deep = f"<{around}>" * 5_000 + "seen<span hidden>unseen</span>" + f"</{around}>" * 5_000
    assert "unseen" not in html_to_text("<p>before</p><div>" + deep + "</div><p>after</p>")
    assert html_to_text("<p>before</p><div>" + deep + "</div><p>after</p>").endswith("after")


def test_a_long_mail_keeps_its_lines():
    row = '<tr><td>{0}</td><td>of {0}</td></tr>'
    html = "<p>All parts:</p><table>" + "".join(map(row.format, range(3_000))) + "</table><textarea>x</textarea><p hidden>y</p>"
    assert html_to_text(html).splitlines() == ["All parts:", *(f"{number} of {number}" for number in range(3_000))]


PARTS = st.sampled_from([
    "a", "b \n", "&amp;", "&lt", "&am", "p;", "<", ">", "x<y", "\u00a0", "'", '"', "<p>", "<P class=x>", "</p >", "<b", "<a ", "<br/>",
    ' title="<p>"', " b='x>y'", " c=d'e", ' ="f', " =", "/", ">", "<!-- > -->", "<!-->", "<!--", "-->", "<!x>", "<?y>", "</ z>", "</>",
    "</", "<style>", "</style>", "<STYLE a='>'>", "</Style ", "<script/>", "</script>", "<title", "<noscript>", "<td\u00a0x='>'>",
])  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(PARTS, max_size=12).map("".join))
def test_tags_begin_and_end_where_the_tokens_of_as_sent_do(html):
    """Two readings of one grammar: a pattern for speed, steps for what is written anew."""
    words = "".join(token.text for token in tokens(html) if isinstance(token, Text))
    assert "".join(html_to_text(html).split()) == "".join(words.split())


@pytest.mark.parametrize(
    "shape",
    ["<div>", "<p>", "<ul><li>", "<b>", "<table><tr><td>", "<a ", "<a b='", '<a b="', "<!--", "<!-- -", "<", "</", "<?", "&", "<a b=c ",
     "<style>", "<style><", "</style", "<div hidden>", "<p style=display:none>", "<b hidden></i>", "<td hidden></div>", "<a  \t", "<h1>",
     "style=", "style='", 'style="', "style ", "hidden", "display:"],
)  # fmt: skip
def test_time_grows_with_the_length_alone(shape):
    """A parser that builds a tree needs a minute for some of these, a pattern that goes back would for others."""
    began = time.process_time()
    html = "&" + shape * (150_000 // len(shape))
    html_to_text(html)
    headings(html)
    assert time.process_time() - began < 3


@pytest.mark.parametrize("length", [1, 100, 299, 300, 301, 5000])
@pytest.mark.parametrize("style", ['"color:{0};display:none"', "'color:{0};OPACITY:0'", "color:{0};font-size:0", '"{0}&#100;isplay:none"'])
def test_a_style_hides_however_long_it_is_and_whatever_stands_before_it(style, length):
    hiding = style.format("x" * length)
    for words in ('style="', "style='", "style="):
        assert html_to_text(f"say {words} <p sTyle = {hiding}>unseen</p>seen").split() == ["say", words, "seen"]


REFERENCES = st.sampled_from([
    "&nbsp;", "&lt;", "&gt;", "&quot;", "&#39;", "&amp;", "&", "&lt", "&am", "p;", "lt;", "amp;", "&eacute;", "&copy", "&notit;", "&#12;", "&#x0a;",
    " ", "  ", "\t", "\n", "\u00a0", "\u3000", "\x1c", "\u2028", "\u200b", "\x00", "a", "b c",
])  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(REFERENCES, max_size=12).map("".join))
def test_references_and_white_space_are_read_the_quick_way_as_the_long_way(text):
    lines = (" ".join(line.split()) for line in unescape(text).splitlines())
    assert html_to_text(text) == "\n".join(filter(None, lines))


def test_headings_are_found_by_their_words():
    html = "<h1>Reset &amp; <b>charge</b></h1><p>Reset</p><H2 id=x>Two<br>lines<h3 title='<h4>'>Three</h3><h5><i hidden>x</i></h5>"
    assert headings(html) == {"Reset & charge", "Two lines", "Three", ""}
    assert headings("<p>no</p><hr>") == frozenset()


def test_tags_nested_without_end_are_read_in_passing():
    """A parser given these needs half a minute."""
    assert html_to_text("<div>" * 60_000 + "deep" + "</div>" * 60_000 + "<p>after") == "deep\nafter"
    assert html_to_text("<ul><li>" * 30_000 + "deep") == "deep"
