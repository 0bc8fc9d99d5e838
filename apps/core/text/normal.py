"""The one normal form in which quotes are compared, and hidden characters."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# tag characters, zero-width and bidi controls, variation selectors: carriers of hidden instructions (LLM-3)
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_HARMLESS = {"\u00ad", "\u200d", "\ufe0e", "\ufe0f"}  # soft hyphen and the parts of an emoji
_KEPT = frozenset("\n\t")
# blanks nobody sees, which no category tells from letters and signs
_BLANK = re.compile("[\u2800\u3164\uffa0\u180e\U0001d159]")
_LINES = re.compile("\r\n?|[\u0085\u2028\u2029\u000b\u000c]")


def normalise(text: str) -> str:
    """NFC with every run of white space as one space. Offsets of quotes and chunks count in this string."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def visible(text: str) -> str:
    """Without characters nobody sees."""
    return _INVISIBLE.sub("", text)


def has_hidden(text: str) -> bool:
    """True when the text carries characters nobody sees. Soft hyphens and the parts of an emoji do not count."""
    return any(found not in _HARMLESS for found in _INVISIBLE.findall(text))


def cleaned(text: str) -> str:
    """`text` without what nobody sees (tag characters, zero width, bidi controls, fillers), lines ended by "\\n".

    What is left stands in its order; a text of visible words in normal form comes back as it is.
    """
    text = visible(_LINES.sub("\n", text))
    if not text.isascii():
        text = _BLANK.sub("", text)
    return "".join([sign for sign in text if _seen(sign)]) if not _printable(text) else text


def _printable(text: str) -> bool:
    return all(line.isprintable() for line in text.split("\n"))


@lru_cache(maxsize=4096)
def _seen(sign: str) -> bool:
    return sign in _KEPT or unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co", "Cn")
