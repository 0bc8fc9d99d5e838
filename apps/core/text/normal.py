"""The one normal form in which quotes are compared: NFC, single spaces, nothing invisible added."""

from __future__ import annotations

import re
import unicodedata

from selectolax.lexbor import LexborHTMLParser

_BLOCKS = {"p", "div", "br", "li", "ul", "ol", "table", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "hr"}
_DROPPED = ("script", "style", "head", "title", "noscript", "template")
# tag characters, zero-width and bidi controls, variation selectors: carriers of hidden instructions (LLM-3)
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e0fff]"
)


def normalise(text: str) -> str:
    """NFC with every run of white space as one space. Offsets of quotes and chunks count in this string."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def visible(text: str) -> str:
    """Without characters nobody sees."""
    return _INVISIBLE.sub("", text)


def html_to_text(html: str) -> str:
    """Plain text with a line per block. Scripts, styles and hidden markup are left out."""
    tree = LexborHTMLParser(html)
    for tag in _DROPPED:
        for node in tree.css(tag):
            node.decompose()
    for node in tree.css(",".join(sorted(_BLOCKS))):
        node.insert_before("\n")
        node.insert_after("\n")
    text = tree.body.text(separator="") if tree.body else ""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)
