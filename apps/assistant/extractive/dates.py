"""Plain dates in the seven languages' common spellings. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

_MONTHS = {
    name: number
    for names in (
        "january february march april may june july august september october november december",
        "jan feb mar apr may jun jul aug sep oct nov dec",
        "januar februar märz april mai juni juli august september oktober november dezember",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    )
    for number, name in enumerate(names.split(), start=1)
}
_NAMES = "|".join(sorted(_MONTHS, key=len, reverse=True))
_ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")
_CJK = re.compile(r"(?:(\d{4})\s*[年년]\s*)?(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일号]")
_DOTTED = re.compile(r"\b(\d{1,2})\.(\d{1,2})\.(\d{4})\b")
_SLASHED = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b")
_DAY_FIRST = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th|er|\.)?\s+(?:de\s+|of\s+)?({_NAMES})\b\.?(?:\s+(?:de\s+)?(\d{{4}}))?", re.I
)
_MONTH_FIRST = re.compile(rf"\b({_NAMES})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(\d{{4}}))?", re.I)


def future_dates(text: str, written: date, today: date) -> list[date]:
    """Dates named in the text that lie after today; a date without a year is the next one after it was written."""
    return [found for found in _dates(text, written) if found > today]


def _dates(text: str, written: date) -> Iterator[date]:
    for match in _ISO.finditer(text):
        yield from _make(int(match[1]), int(match[2]), int(match[3]), written)
    for match in _CJK.finditer(text):
        yield from _make(int(match[1]) if match[1] else None, int(match[2]), int(match[3]), written)
    for pattern in (_DOTTED, _SLASHED):
        for match in pattern.finditer(text):
            yield from _make(int(match[3]), int(match[2]), int(match[1]), written)
    for match in _DAY_FIRST.finditer(text):
        yield from _make(int(match[3]) if match[3] else None, _MONTHS[match[2].lower()], int(match[1]), written)
    for match in _MONTH_FIRST.finditer(text):
        yield from _make(int(match[3]) if match[3] else None, _MONTHS[match[1].lower()], int(match[2]), written)


def _make(year: int | None, month: int, day: int, written: date) -> Iterator[date]:
    try:
        found = date(year or written.year, month, day)
        if year is None and found < written:
            found = date(written.year + 1, month, day)
    except ValueError:
        return
    yield found
