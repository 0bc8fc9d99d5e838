"""The one normal form in which quotes are compared, hidden characters, and HTML to text."""

from __future__ import annotations

import re
import unicodedata

from selectolax.lexbor import LexborHTMLParser

from apps.core.text.tokens import flatten

# where a line begins or ends; letter by letter, because a look that ignores case costs half as much again
_BLOCK = re.compile(
    r"<(?=/?(?:[pP]|[dD](?:[iI][vV]|[lLtTdD])|[bB](?:[rR]|[lL][oO][cC][kK][qQ][uU][oO][tT][eE])|[lL][iI]|[uUoO][lL]"
    r"|[tT](?:[rR]|[aA][bB][lL][eE])|[hH][1-6rR]|[pP][rR][eE]|[sS][eE][cC][tT][iI][oO][nN]|[aA][rR][tT][iI][cC][lL][eE]"
    r"|[hH][eE][aA][dD][eE][rR]|[fF](?:[oO][oO][tT][eE][rR]|[iI][gG](?:[uU][rR][eE]|[cC][aA][pP][tT][iI][oO][nN])))[\s/>])"
)
_CELL = re.compile(r"<(?=/?t[dh][\s/>])", re.IGNORECASE)
_DROPPED = "script,style,title,noscript,template,[hidden],[aria-hidden=true]"
_MAYBE_DROPPED = ("<script", "<style", "<title", "<noscript", "<template", "hidden")
_MANY = 4000  # tags: from here on a parser may need seconds for what is nested without end
UNSEEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|(?:font-size|opacity)\s*:\s*0(?![.\d])", re.I)
# the same in parts that begin with a word each, to ask quickly whether the parser must look; or it hides behind &#…;
_MAYBE_UNSEEN = tuple(
    (word, re.compile(word + rest))
    for word, rest in (
        ("display", r"\s*:\s*none"), ("visibility", r"\s*:\s*hidden"), ("font-size", r"\s*:\s*0(?![.\d])"),
        ("opacity", r"\s*:\s*0(?![.\d])"),
    )
)  # fmt: skip
_ENCODED_STYLE = re.compile(r"style\s*=\s*(?:\"[^\"]*&|'[^']*&|[^\s\"'>]*&)")
# tag characters, zero-width and bidi controls, variation selectors: carriers of hidden instructions (LLM-3)
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_HARMLESS = {"\u00ad", "\u200d", "\ufe0e", "\ufe0f"}  # soft hyphen and the parts of an emoji


def normalise(text: str) -> str:
    """NFC with every run of white space as one space. Offsets of quotes and chunks count in this string."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def visible(text: str) -> str:
    """Without characters nobody sees."""
    return _INVISIBLE.sub("", text)


def has_hidden(text: str) -> bool:
    """True when the text carries characters nobody sees. Soft hyphens and the parts of an emoji do not count."""
    return any(found not in _HARMLESS for found in _INVISIBLE.findall(text))


def html_to_text(html: str) -> str:
    """Plain text with a line per block. Scripts, styles and markup that hides its words are left out.

    Line ends are written into the markup before it is parsed: walking the tree for them costs twice the parsing.
    """
    if html.count("<") > _MANY:
        html = flatten(html)
    lower = html.lower()
    marked = _BLOCK.sub("\n<", html)
    if "<td" in lower or "<th" in lower:
        marked = _CELL.sub(" <", marked)
    body = LexborHTMLParser(marked).body
    if body is None:
        return ""
    if any(one in lower for one in _MAYBE_DROPPED):
        for node in body.css(_DROPPED):
            node.decompose()
    if "style" in lower and _may_hide(lower):
        for node in body.css("[style]"):
            if UNSEEN.search(node.attributes.get("style") or ""):
                node.decompose()
    return "\n".join(filter(None, map(" ".join, map(str.split, body.text(separator="").splitlines()))))


def _may_hide(lower: str) -> bool:
    if "&" in lower and _ENCODED_STYLE.search(lower):
        return True
    return any(word in lower and pattern.search(lower) for word, pattern in _MAYBE_UNSEEN)


def headings(html: str) -> frozenset[str]:
    """The headings of a page in normal form: they name what follows and say nothing by themselves."""
    if "<h" not in html.lower():
        return frozenset()
    return frozenset(normalise(node.text()) for node in LexborHTMLParser(html).css("h1,h2,h3,h4,h5,h6"))
