"""HTML of mails and articles as plain text, in one pass over its tags: without a tree there is nothing to nest too deep."""

from __future__ import annotations

import re
from html import unescape

from apps.core.text.normal import normalise
from apps.core.text.tokens import RAW, SPACE, VOID, Nesting, read_tag

# attributes as most programs write them, tried first because that takes half the time
_PLAIN = rf"(?:[{SPACE}]++[^{SPACE}\"'>=/]++=\"[^\"]*+\")*+[{SPACE}]*+/?>"
# attributes as browsers read them, and read_tag: a quote counts only behind "="
_EQUALS = rf"[{SPACE}]*+=[{SPACE}]*+"
_VALUE = rf"(?:\"[^\"]*+\"|'[^']*+'|(?=>)|[^{SPACE}>\"'][^{SPACE}>]*+)"
_ANY = rf"(?:[{SPACE}/]*+[^{SPACE}/>][^{SPACE}/>=]*+(?:{_EQUALS}{_VALUE}|(?!{_EQUALS})))*+[{SPACE}/]*+>"
_REST = rf"(?:{_PLAIN}|{_ANY})"
# with all that stands before its end tag (a "not" in a possessive group would do in Python 3.11.7, but not in 3.11.2)
_UNREAD = "|".join(rf"{name}(?=[{SPACE}/>]){_REST}[\s\S]*?(?=</{name}[{SPACE}/>]|\Z)" for name in sorted(RAW))
_FIRST, _SECOND = ("".join(sorted({letter for name in RAW for letter in (name[at], name[at].upper())})) for at in (0, 1))
# What is not text. The group is the name of a tag; the last line takes what never ends.
_MARKUP = re.compile(
    rf"<(?:(?=[{_FIRST}][{_SECOND}])(?i:{_UNREAD})|(/?[a-zA-Z][^{SPACE}/>]*+)(?:>|{_REST})"
    r"|!--(?:-?>|[\s\S]*?--!?>)|(?:!(?!--)|\?|/(?![a-zA-Z]))[^>]*+>"
    r"|[a-zA-Z!?/][\s\S]*+)"
)
_LINES = (
    "article", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5",
    "h6", "header", "hr", "li", "ol", "p", "pre", "section", "table", "tr", "ul",
)  # fmt: skip
# of all others these are frequent: what is listed is found faster
_INLINE = ("a", "b", "body", "center", "em", "font", "head", "html", "i", "img", "meta", "o:p", "span", "strong", "tbody", "thead", "u")
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
UNSEEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|(?:font-size|opacity)\s*:\s*0(?![.\d])", re.I)
# what a style says; it is not consumed, for what looks like one may begin in words. A longer one counts as hiding: each
# beginning in it would be read to its end
_LONGEST = 300
_STYLES = re.compile(
    rf"style[{SPACE}]*+=[{SPACE}]*+(?=(\"[^\"]{{0,{_LONGEST}}}+|'[^']{{0,{_LONGEST}}}+|[^{SPACE}>]{{0,{_LONGEST}}}+))"
)
_MAYBE_HIDDEN = re.compile(rf"hidden(?=[{SPACE}=/>])")
# UNSEEN in parts that begin with a word each, to ask quickly
_MAYBE_UNSEEN = tuple(
    (word, re.compile(word + rest))
    for word, rest in (
        ("display", r"\s*:\s*none"), ("visibility", r"\s*:\s*hidden"), ("font-size", r"\s*:\s*0(?![.\d])"),
        ("opacity", r"\s*:\s*0(?![.\d])"),
    )
)  # fmt: skip
_MAYBE_HIDES = re.compile("hidden|style", re.IGNORECASE)


class _Around(dict[str | None, str]):
    """What stands in the place of a tag: a line ends around a block, words part around a cell."""

    def __missing__(self, name: str | None) -> str:
        return self.get(name.lower(), "") if name else ""


_AROUND = _Around({None: ""})
for _names, _put in ((_INLINE, ""), (_LINES, "\n"), (("td", "th"), " ")):
    _AROUND |= {slash + name: _put for slash in ("", "/") for name in _names}


def html_to_text(html: str) -> str:
    """Plain text with a line per block. Scripts, styles and markup that hides its words are left out.

    Time grows with the length alone. Words stay in their order: what a table holds outside its cells too.
    """
    if _may_hide(html.lower()):
        pieces = _seen(html)
    else:
        pieces = _MARKUP.split(html)  # words, the name of a tag, words, …
        pieces[1::2] = map(_AROUND.__getitem__, pieces[1::2])
        if "&" in html:
            pieces[::2] = [_resolved(words) if "&" in words else words for words in pieces[::2]]
    return "\n".join([
        line if line.isprintable() and "  " not in line else " ".join(line.split())  # of white space only " " is printable
        for padded in "".join(pieces).splitlines()
        if (line := padded.strip())
    ])  # fmt: skip


def _resolved(words: str) -> str:
    """unescape(words), three times as fast where the references are those of most mails."""
    read = words.replace("&nbsp;", "\xa0").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&#39;", "'")
    return unescape(words) if "&" in read.replace("&amp;", "") else read.replace("&amp;", "&")


def headings(html: str) -> frozenset[str]:
    """The headings of a page in normal form: they name what follows and say nothing by themselves."""
    if "<h" not in html.lower():
        return frozenset()
    found, begins = set(), -1
    for tag in _MARKUP.finditer(html):
        name = (tag[1] or "").lower()
        if name.removeprefix("/") not in _HEADINGS:
            continue
        if begins >= 0:
            found.add(normalise(html_to_text(html[begins : tag.start()])))
        begins = -1 if name.startswith("/") else tag.end()
    return frozenset(found)


def _may_hide(lower: str) -> bool:
    """Whether tags must be followed to know; `lower` is HTML in lower case."""
    if "<template" in lower or ("hidden" in lower and _MAYBE_HIDDEN.search(lower)):
        return True
    styles = _STYLES.findall(lower) if "style" in lower else ()
    if not styles:
        return False
    said = "\n".join(styles)
    if "&" in said or (len(said) >= _LONGEST and max(map(len, styles)) >= _LONGEST):
        return True
    for word, pattern in _MAYBE_UNSEEN:  # noqa: SIM110 - any() takes twice as long for four
        if word in said and pattern.search(said):
            return True
    return False


class _Sight(Nesting):
    """Follows which tags are open, to know where hidden words end."""

    def __init__(self) -> None:
        super().__init__()
        self._hidden_from: int | None = None

    @property
    def clear(self) -> bool:
        return self._hidden_from is None

    def hide(self) -> None:
        """The tag just opened and all in it; one too deep to be open hides what is around it."""
        if self.clear:
            self._hidden_from = len(self.open) - 1

    def close(self, index: int) -> None:
        super().close(index)
        if self._hidden_from is not None and index <= self._hidden_from:
            self._hidden_from = None


def _seen(html: str) -> list[str]:
    """The words that are shown, and what stands in the place of tags."""
    sight, pieces, at = _Sight(), list[str](), 0
    for found in _MARKUP.finditer(html):
        if sight.clear:
            pieces += [unescape(html[at : found.start()]), _AROUND[found[1]]]
        at = found.end()
        if found[1]:
            _follow(sight, html, found)
    if sight.clear:
        pieces.append(unescape(html[at:]))
    return pieces


def _follow(sight: _Sight, html: str, found: re.Match[str]) -> None:
    name = found[1].lower()
    if name.startswith("/"):
        sight.end(name[1:])
        return
    sight.start(name)
    if name in VOID:
        return
    if name == "template" or (_MAYBE_HIDES.search(html, found.end(1), found.end()) and _hides(html, found.start(1))):
        sight.hide()


def _hides(html: str, at: int) -> bool:
    tag, _end = read_tag(html, at)
    given = tag.attributes if tag else {}
    return "hidden" in given or given.get("aria-hidden") == "true" or UNSEEN.search(given.get("style", "")) is not None
