"""The lines of a text whose platform took them away, read back from its HTML."""

from __future__ import annotations

import re
import unicodedata

from apps.core.text.normal import normalise
from apps.core.text.plain import html_to_text

_BLANK = re.compile(r"\s+")


def layout(text: str, html: str) -> str:
    """`text` with the line breaks of `html`: normalise(layout(text, html)) == normalise(text).

    Where the two do not hold the same characters the text comes back as it is.
    """
    if not html.strip():
        return text
    shown = unicodedata.normalize("NFC", html_to_text(html))
    plain = normalise(text)
    borders = _borders(shown)
    if not borders or _BLANK.sub("", shown) != plain.replace(" ", ""):
        return text
    words = plain.split(" ")
    parts, seen = [], 0
    for word in words[:-1]:
        seen += len(word)
        parts += [word, "\n" if seen in borders else " "]
    return "".join([*parts, words[-1]])


def _borders(shown: str) -> set[int]:
    """How many visible characters stand before each line break."""
    borders, seen = set(), 0
    for line in shown.splitlines():
        seen += len(_BLANK.sub("", line))
        borders.add(seen)
    return borders
