"""The one normal form in which quotes are compared, and hidden characters."""

from __future__ import annotations

import re
import unicodedata

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
