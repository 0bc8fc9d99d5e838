"""What a customer sent, shown as sent: nothing of it runs, loads or pretends, and its structure is still there (WEB-1)."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from selectolax.lexbor import LexborHTMLParser

from apps.core.text import as_sent, helpdesk_images, look, without_file_links
from apps.core.text.addresses import opens_file, read_address
from apps.core.text.sent import LONGEST, REL, TAGS
from apps.core.text.tokens import DEPTH
from tests.core.payloads import corpus

TOKEN = "https://eucattachment.freshdesk.com/inline/attachment?token=eyJhbGciOiJIUzI1NiJ9.eyJpZCI6MX0.x"
SIGNED = "https://s3.amazonaws.com/cdn.freshdesk.com/data/helpdesk/attachments/production/4/a.png?X-Amz-Expires=300&X-Amz-Signature=ab"
ALLOWED = {
    "*": {"dir", "lang"}, "a": {"href", "target", "rel"}, "img": {"src", "alt", "width", "height"}, "ol": {"start"},
    "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}, "span": {"class"},
}  # fmt: skip

PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACw="


class Brought(dict[str, str]):
    """Holds an image for any address."""

    def get(self, key, default=None):
        return PIXEL


BROUGHT = Brought(any="")


def words(alt: str, host: str) -> str:
    return f"[image {alt}|{host}]"


def shown(html: str, *, images: bool = False) -> str:
    """`images`: as if every image had been brought."""
    return as_sent(html, images=BROUGHT if images else {}, words=words)


class Judge(HTMLParser):
    """A second parser's opinion of every tag and attribute."""

    def __init__(self, images: bool) -> None:
        super().__init__()
        self.images, self.wrong = images, list[str]()

    def handle_starttag(self, tag, attrs):
        self.judge(tag, attrs)

    def handle_startendtag(self, tag, attrs):
        self.judge(tag, attrs)

    def handle_comment(self, data):
        self.wrong.append(f"comment {data}")

    handle_decl = handle_pi = unknown_decl = handle_comment

    def judge(self, tag, attrs):
        if tag not in TAGS or (tag == "img" and not self.images):
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            if name not in ALLOWED.get(tag, set()) | ALLOWED["*"]:
                self.wrong.append(f"<{tag} {name}>")
            if name == "href" and urlsplit(value).scheme not in ("http", "https", "mailto"):
                self.wrong.append(value)
            if name == "src" and value != PIXEL:
                self.wrong.append(value)
            if name == "class" and value not in ("host", "blocked"):
                self.wrong.append(value)
        if tag == "a" and dict(attrs).get("href") and (dict(attrs).get("rel"), dict(attrs).get("target")) != (REL, "_blank"):
            self.wrong.append(f"a link that is not alone: {attrs}")


def wrong_with(html: str, *, images: bool) -> list[str]:
    judge = Judge(images)
    judge.feed(html)
    judge.close()
    tree = LexborHTMLParser(html)  # and a third one's, which builds the tree as browsers do
    for node in tree.body.traverse() if tree.body else ():
        if node.tag != "body" and node.tag not in TAGS:
            judge.wrong.append(f"{node.tag} in the tree")
        judge.wrong += [name for name in node.attributes if name.startswith(("on", "style", "hx-", "data-", "id", "name"))]
    return judge.wrong


@pytest.mark.parametrize("images", [False, True])
def test_no_payload_of_the_corpus_survives(images):
    payloads = corpus()
    assert len(payloads) >= 300
    found = {payload: wrong for payload in payloads if (wrong := wrong_with(shown(payload, images=images), images=images))}
    assert found == {}


def test_the_judges_see_what_they_look_for():
    for bad in (
        "<script>x</script>", "<p onclick=x>", "<a href='javascript:x'>", "<svg>", "<img src='https://a.example/x'>", "<!-- x -->",
        "<a href='https://a.example'>", "<span class='btn'>", "<p style='x'>", "<div id=x>",
    ):  # fmt: skip
        assert wrong_with(bad, images=True), bad
    assert wrong_with(f"<img src='{PIXEL}'>", images=False)
    assert wrong_with(f"<img src='{PIXEL}'>", images=True) == []


def test_sent_through_twice_nothing_changes_but_our_own_words():
    """What a second reader would take for markup would not come through a second time the same."""
    for payload in corpus():
        once = shown(payload)
        assert len(LexborHTMLParser(once).body.html) == len(LexborHTMLParser(shown(once)).body.html) or "class=" in once, payload


def test_structure_comes_through():
    html = (
        '<div class="x" style="color:red"><h2 id=a>Order</h2><ol start="3"><li>one<li>two</ol>'
        '<table><tr><th colspan=2>Part<tr><td dir="rtl">x<td>y</table><p lang="de">Gr&uuml;&szlig;e<br>&lt;b&gt; &amp; so <b>fett</b></p></div>'
    )
    assert shown(html) == (
        '<div><h2>Order</h2><ol start="3"><li>one</li><li>two</li></ol><table><tbody><tr><th colspan="2">Part</th></tr>'
        '<tr><td dir="rtl">x</td><td>y</td></tr></tbody></table><p lang="de">Grüße<br>&lt;b&gt; &amp; so <b>fett</b></p></div>'
    )


@pytest.mark.parametrize(
    ("html", "place"),
    [
        ('<a href="https://evil.example/login">https://bank.example</a>', "(evil.example)"),
        ('<a href="https://bank.example@evil.example/">bank.example</a>', "(evil.example)"),
        ('<a href="https://evil.example">Click</a>', "(evil.example)"),
        ('<a href="https://bücher.example/">Bücher</a>', "(xn--bcher-kva.example)"),
        ('<a href="https://аpple.com/">apple.com</a>', "(xn--pple-43d.com)"),
        ('<a href="HTTPS://EVIL.example:8443/">Click</a>', "(evil.example:8443)"),
        ('<a href="mailto:help@acme.example?subject=x">Write</a>', "(help@acme.example)"),
        ('<table><tr><td><a href="https://evil.example">Click<td>next</table>', "(evil.example)"),
        ('<p><a href="https://evil.example">Click<p>next', "(evil.example)"),
    ],
)
def test_a_link_says_where_it_leads(html, place):
    found = LexborHTMLParser(shown(html))
    assert [node.text() for node in found.css("a + span.host")] == [place]
    assert found.css_first("a").attributes["href"].count("@") == ("mailto" in html)


@pytest.mark.parametrize(
    "html", ['<a href="https://www.bank.example/a?b=c#d">https://www.bank.example/a</a>', '<a href="mailto:a@b.example">a@b.example</a>']
)
def test_a_link_whose_words_say_it_is_left_alone(html):
    assert "host" not in shown(html)
    assert "<a href=" in shown(html)


def test_an_address_is_written_as_every_program_reads_it():
    assert read_address(" \x01htt\nps://User:pw@Shop.Example/a b?q=\"'<>é#x").url == "https://shop.example/a%20b?q=%22'%3C%3E%C3%A9#x"
    for odd in ("https://faß.example", "https://a\u200d.example", "https://ev%69l.example", "https://a..b", "https:///x", "https://", "https://" + "a" * 300):
        assert read_address(odd) is None, odd


def test_images_of_the_helpdesk_wait_for_a_click_and_strangers_images_stay_words():
    html = (
        f'<p><img src="https://t.example/a.png" alt="Photo" width="40"><img src="http://t.example/b.png"><img src="CID:x@1" alt="Logo">'
        f'<img src="{TOKEN}" width="40"><img src="{PIXEL}"><img src="cid:dot" width="1"></p>'
    )
    assert helpdesk_images(html) == ["CID:x@1", TOKEN]
    assert look(html).images == 2
    blocked = '<span class="blocked">[image {}]</span>'
    assert shown(html) == "<p>" + "".join(map(blocked.format, ("Photo|t.example", "|", "Logo|", "|", "|"))) + "</p>"
    one = as_sent(html, images={TOKEN: PIXEL}, words=words)
    photo, plain, logo, own = (blocked.format(name) for name in ("Photo|t.example", "|", "Logo|", "|"))
    assert one == f'<p>{photo}{plain}{logo}<img src="{PIXEL}" alt="" width="40">{own}</p>'


@pytest.mark.parametrize("held", ["https://t.example/a.png", "data:text/html;base64,PHA+", "data:image/svg+xml;base64,PHN2Zz4=", "data:image/png;base64,a b"])
def test_what_is_no_image_of_four_kinds_is_not_let_through_whoever_holds_it(held):
    assert "src" not in as_sent('<p><img src="cid:x"></p>', images={"cid:x": held}, words=words)


@pytest.mark.parametrize("dot", ['width="1"', "height=0", 'style="display:none"', "hidden"])
def test_a_dot_that_counts_readers_is_never_loaded(dot):
    html = f'<p>x<img src="https://t.example/open.gif" {dot}></p>'
    assert shown(html) == shown(html, images=True) == "<p>x</p>"
    assert look(html).images == 0


def test_what_hides_itself_stays_hidden():
    assert shown('a<div style="display: none">b<div>c</div>d</div>e<p hidden>f</p>g') == "aeg"


@pytest.mark.parametrize(
    "url",
    [TOKEN, SIGNED, "https://acme.freshdesk.com/helpdesk/attachments/4711", TOKEN.replace("/inline/", "/%69nline/"), "https://x.example/?t=eyJhb.eyJpZ.s",
     TOKEN.replace("/inline/", "/%2569nline/"), TOKEN.replace("?token=", "?TOKEN=").replace("/attachment", "/ATTACHMENT")],
)  # fmt: skip
def test_addresses_that_open_files_are_stripped_always(url):
    assert opens_file(url)
    html = f'<p>See {url} <a href="{url}">here</a><img src="{url}" alt="shot"> <img src="https://a.example/x.png" alt="{url}"></p>'
    for images in (False, True):
        clean = shown(html, images=images)
        assert "token" not in clean.lower() and "eyj" not in clean.lower() and "amz" not in clean.lower() and "4711" not in clean
        assert "here" in clean and ("[image shot|]" in clean) is not images
    assert without_file_links(f"See {url}, please") in ("See … please", "See …, please")


def test_an_ordinary_address_is_no_file():
    for url in ("https://shop.example/orders?id=7&token=abc", "https://shop.example/inline", "https://acme.freshdesk.com/a/tickets/7"):
        assert not opens_file(url), url


@pytest.mark.parametrize(
    ("html", "formatted"),
    [("<p>Plain <b>words</b><br></p><blockquote>old</blockquote>", False), ("<ul><li>x</ul>", True), ("<A HREF=x>x</A>", True),
     ("<table>", True), ("<abbr>x</abbr>", False), ("a < b and c > d", False), ("<img src=x>", True), ("", False)],
)  # fmt: skip
def test_only_what_has_a_structure_is_offered(html, formatted):
    assert look(html).formatted is formatted


def test_what_is_too_long_is_not_shown():
    long = "<ul><li>x</li></ul>" * (LONGEST // 19 + 1)
    assert not look(long).formatted
    assert shown(long) == ""


SHAPES = ("<div>", "<p>", "<ul><li>", "<b>", "<table><tr><td>", "<div><table></div></table>", "<a ", "<a b='", "<!--", "<a href=https://x.y>a", "</div>", "&", "<?", "</")


@pytest.mark.parametrize("shape", SHAPES)
def test_depth_is_bounded_whatever_was_sent(shape):
    """Parsers spend time on depth squared: 64 kB of <div> must not reach one as they are."""
    clean = shown(shape * (64_000 // len(shape)))
    assert max_depth(clean) <= 2 * DEPTH  # a table's <tbody> is written by nh3


def max_depth(html: str) -> int:
    depth = deepest = 0
    for closing in re.findall(r"<(/?)(?!br|hr|img)[a-z]", html):
        depth += -1 if closing else 1
        deepest = max(deepest, depth)
    return deepest
