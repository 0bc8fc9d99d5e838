"""A text as people read it (pure): its own lines, and in a source the quoted span marked where they stand."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from apps.core.text import layout

_BLANK_LINES = re.compile(r"\n[^\S\n]*\n\s*")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text, quoted or not. `first`: the quote begins here."""

    text: str
    marked: bool = False
    first: bool = False


def readable(text: str, html: str) -> str:
    """The text with its lines; where only the HTML had any, each of its blocks is a paragraph of its own."""
    shown = layout(text, html)
    return shown if "\n" in text.strip() else shown.replace("\n", "\n\n")


def marked_paragraphs(text: str, start: int, end: int) -> list[list[Piece]]:
    """Paragraphs of `text` whose pieces tell which words are normalise(text)[start:end]; 0, 0 marks nothing."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    low, high = _place(text, start), _place(text, end - 1) + 1
    if not 0 <= start < end or high <= 0:
        low = high = 0
    paragraphs, at, seen = [], 0, False
    for border in [*_BLANK_LINES.finditer(text), None]:
        stop = border.start() if border else len(text)
        pieces = _pieces(text, at, stop, low, high, first=not seen)
        seen = seen or any(piece.marked for piece in pieces)
        if pieces:
            paragraphs.append(pieces)
        at = border.end() if border else stop
    return paragraphs


def _pieces(text: str, at: int, stop: int, low: int, high: int, *, first: bool) -> list[Piece]:
    """text[at:stop] cut where the marked span begins and ends."""
    begin, finish = max(at, min(low, stop)), min(stop, max(high, at))
    if finish <= begin:
        return [Piece(text[at:stop])] if stop > at else []
    cut = (Piece(text[at:begin]), Piece(text[begin:finish], marked=True, first=first), Piece(text[finish:stop]))
    return [piece for piece in cut if piece.text]


def _place(text: str, offset: int) -> int:
    """Where character `offset` of " ".join(text.split()) stands in text; -1 when the text is shorter."""
    count, gap = 0, False
    for place, sign in enumerate(text):
        if sign.isspace():
            gap = count > 0
            continue
        if gap:
            count, gap = count + 1, False  # the one space that stands for the gap
        if count == offset:
            return place
        if count > offset:
            return place - 1
        count += 1
    return -1
