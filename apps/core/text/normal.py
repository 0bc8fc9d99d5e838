"""The one normal form in which quotes are compared, hidden characters, and HTML to text."""

from __future__ import annotations

import re
import unicodedata

from selectolax.lexbor import LexborHTMLParser

_BLOCKS = (
    "p,div,br,li,ul,ol,dl,dt,dd,table,tr,h1,h2,h3,h4,h5,h6,blockquote,pre,hr,section,article,header,footer,"
    "figure,figcaption"
)
_CELLS = "td,th"
_DROPPED = "script,style,head,title,noscript,template,[hidden],[aria-hidden=true]"
UNSEEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|(?:font-size|opacity)\s*:\s*0(?![.\d])", re.I)
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
    """Plain text with a line per block. Scripts, styles and markup that hides its words are left out."""
    tree = LexborHTMLParser(html)
    for node in tree.css(_DROPPED):
        node.decompose()
    for node in tree.css("[style]"):
        if UNSEEN.search(node.attributes.get("style") or ""):
            node.decompose()
    for node in tree.css(_BLOCKS):
        node.insert_before("\n")
        node.insert_after("\n")
    for node in tree.css(_CELLS):
        node.insert_after(" ")
    text = tree.body.text(separator="") if tree.body else ""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def headings(html: str) -> frozenset[str]:
    """The headings of a page in normal form: they name what follows and say nothing by themselves."""
    if "<h" not in html.lower():
        return frozenset()
    return frozenset(normalise(node.text()) for node in LexborHTMLParser(html).css("h1,h2,h3,h4,h5,h6"))
