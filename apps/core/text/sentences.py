"""Sentence borders by sentencex, as spans of the text they were found in."""

from __future__ import annotations

from dataclasses import dataclass

from sentencex import get_sentence_boundaries

_NAMES = {"zh": "zh", "ja": "ja", "ko": "ko"}


@dataclass(frozen=True, slots=True)
class Span:
    """text[start:end], trimmed of white space at both ends."""

    start: int
    end: int

    def of(self, text: str) -> str:
        return text[self.start : self.end]


def sentences(text: str, language: str) -> list[Span]:
    """Spans of the sentences in order. They cover all but white space of the text."""
    found = []
    for border in get_sentence_boundaries(_NAMES.get(language, language), text):
        start, end = border["start_index"], border["end_index"]
        piece = text[start:end]
        start += len(piece) - len(piece.lstrip())
        end -= len(piece) - len(piece.rstrip())
        if end > start:
            found.append(Span(start, end))
    return found
