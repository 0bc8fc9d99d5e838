"""Cut a source into chunks of at most 120 words on sentence borders; knows no Django (decisions 18)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from apps.core.text import Span, normalise, sentences

PROFILE = "use-2"  # part of the hash: another cut, another model or other weights of terms mean new chunks
MAX_WEIGHT = 120.0  # words; a CJK character counts as 0.55 of one
_CJK = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class ChunkText:
    """normalise(source)[start:end] == text. The header goes to the model as a prefix and into the hash."""

    position: int
    start: int
    end: int
    text: str
    content_hash: str


def weight(text: str) -> float:
    """Length in words, CJK by character."""
    cjk = len(_CJK.findall(text))
    return cjk * 0.55 + len(_CJK.sub(" ", text).split())


def chunk(source: str, language: str, header: str = "") -> list[ChunkText]:
    """Chunks in order, verbatim slices of the normalised source. An empty source gives none."""
    text = normalise(source)
    pieces: list[Span] = []
    for span in _small_spans(source, text, language):
        if pieces and weight(text[pieces[-1].start : span.end]) <= MAX_WEIGHT:
            pieces[-1] = Span(pieces[-1].start, span.end)
        else:
            pieces.append(span)
    return [
        ChunkText(position, span.start, span.end, span.of(text), _hash(header, span.of(text)))
        for position, span in enumerate(pieces)
    ]


def _small_spans(source: str, text: str, language: str) -> list[Span]:
    """Sentences; one that is too long by itself is cut at spaces, or by characters where there are none."""
    spans = []
    for span in sentences(source, language):
        while weight(span.of(text)) > MAX_WEIGHT:
            cut = _cut(text, span)
            spans.append(Span(span.start, cut))
            rest = cut + (1 if text[cut : cut + 1] == " " else 0)
            span = Span(rest, span.end)
        if span.end > span.start:
            spans.append(span)
    return spans


def _cut(text: str, span: Span) -> int:
    low, high = span.start + 1, span.end
    while low < high:
        middle = (low + high + 1) // 2
        if weight(text[span.start : middle]) <= MAX_WEIGHT:
            low = middle
        else:
            high = middle - 1
    space = text.rfind(" ", span.start + 1, low + 1)
    return space if space > span.start + (low - span.start) // 2 else low


def _hash(header: str, text: str) -> str:
    return hashlib.sha256(f"{PROFILE}\0{normalise(header)}\0{text}".encode()).hexdigest()
