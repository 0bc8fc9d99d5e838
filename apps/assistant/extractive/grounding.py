"""A quote counts only when its words stand in the stored source. Pure."""

from __future__ import annotations

from apps.assistant.shapes import Quote, Source
from apps.core.text import normalise


def verify(words: str, source: Source, source_text: str) -> Quote | None:
    """The quote with its place in normalise(source_text), or None when it is not there word for word.

    White space and Unicode composition may differ, nothing else: not case, not punctuation, not a digit.
    """
    wanted, text = normalise(words), normalise(source_text)
    if not wanted:
        return None
    start = text.find(wanted)
    if start < 0:
        return None
    return Quote(source=source, text=wanted, start=start, end=start + len(wanted))
