"""Sentence borders by sentencex within the blocks people wrote, as spans of the normalised text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sentencex import get_sentence_boundaries

from apps.core.text.normal import normalise

# A line break, or the run of blanks some platforms put where a block ended.
_BORDER = re.compile(r"[^\S\n]*\n\s*|[^\S\n]{3,}|(?<=[.!?:;。！？：；])[^\S\n]{2,}")
_BULLET = re.compile(r"(?:[-*•·–▪■◆※]|\(?\d{1,2}[.)、]|[①-⑳]|[a-z][.)])\s")
_MARKER_ONLY = re.compile(r"(?:\(?\d{1,2}[.)、]?|[①-⑳]|[a-zA-Z][.)]|[-*•·–])")
_ENDS = tuple(".!?:;…。！？：；")
_WRAPPED = 50  # characters: a shorter line was ended by its writer, not by a mail program
_ABBREVIATION = re.compile(
    r"(?:^|[\s(«„“])(?:Dr|Mr|Mrs|Ms|No|Nos|Nr|Hr|Fr|St|Sr|Sra|Srta|Ud|Uds|M|MM|Mme|Mlle|art|núm|n\.º|ca|bzw|inkl|zzgl|ggf"
    r"|evtl|usw|z|B|d|h|u|a|p|ej|approx|vs|etc|e\.g|i\.e|c\.-à-d|Tel|tél|env|max|min|Std|Abb|Art|Str|incl|dept|ext)\.$"
)
_CLOSED_QUOTE = re.compile(r"[。！？!?][」』”’）)]$")
_KOREAN_SIGH = re.compile(r"(?<=[ㅠㅜㅋㅎ~])\s+(?=[가-힣])")


@dataclass(frozen=True, slots=True)
class Span:
    """text[start:end], trimmed of white space at both ends."""

    start: int
    end: int

    def of(self, text: str) -> str:
        return text[self.start : self.end]


def blocks(source: str) -> list[Span]:
    """Spans, in normalise(source), of the lines and paragraphs as written; lines a mail program wrapped are one block.

    They are in order, separated by single blanks, and cover the normalised text.
    """
    found: list[Span] = []
    at, previous = 0, ""
    for piece, blank_line in _pieces(source):
        end = at + len(piece)
        if found and not blank_line and _was_wrapped(previous, piece):
            found[-1] = Span(found[-1].start, end)
        else:
            found.append(Span(at, end))
        previous, at = piece, end + 1
    return found


def beginning(source: str, length: int) -> str:
    """The part of the source, as written, up to the block border where normalise(source) has `length` characters."""
    for border in _BORDER.finditer(source):
        if len(normalise(source[: border.start()])) >= length:
            return source[: border.start()]
    return source


def sentences(source: str, language: str) -> list[Span]:
    """Spans, in normalise(source), of the sentences in order. They cover all but white space."""
    text = normalise(source)
    return [span for block in blocks(source) for span in _split(text, block, language)]


def _pieces(source: str) -> Iterator[tuple[str, bool]]:
    """(normalised piece, a blank line stood before it). Joined by blanks they are normalise(source)."""
    at, blank = 0, False
    for border in _BORDER.finditer(source):
        piece = normalise(source[at : border.start()])
        if piece:
            yield piece, blank
        at, blank = border.end(), border.group().count("\n") != 1
    piece = normalise(source[at:])
    if piece:
        yield piece, blank


def _was_wrapped(left: str, right: str) -> bool:
    """True when a mail program broke one line into these two."""
    if len(left) < _WRAPPED or left.endswith(_ENDS) or _BULLET.match(right):
        return False
    return right[0].islower() or (left[-1].islower() and len(left) >= 60 and right[0].isascii())


def _split(text: str, block: Span, language: str) -> list[Span]:
    found: list[Span] = []
    for span in _raw(text, block, language):
        if found and _belong_together(text, found[-1], span):
            found[-1] = Span(found[-1].start, span.end)
        else:
            found.append(span)
    return found


def _raw(text: str, block: Span, language: str) -> Iterator[Span]:
    piece = block.of(text)
    for border in get_sentence_boundaries(language, piece):
        part = piece[border["start_index"] : border["end_index"]]
        at = border["start_index"]
        cuts = [match.span() for match in _KOREAN_SIGH.finditer(part)] if language == "ko" else []
        starts = [0, *(end for _, end in cuts)]
        ends = [*(start for start, _ in cuts), len(part)]
        for start, end in zip(starts, ends, strict=True):
            span = _trimmed(text, block.start + at + start, block.start + at + end)
            if span.end > span.start:
                yield span


def _trimmed(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    return Span(start + len(piece) - len(piece.lstrip()), end - (len(piece) - len(piece.rstrip())))


def _belong_together(text: str, left: Span, right: Span) -> bool:
    """True where the splitter took a list number, an abbreviation or a quoted full stop for the end of a sentence."""
    before = left.of(text)
    if _MARKER_ONLY.fullmatch(before) or _ABBREVIATION.search(before):
        return True
    if right.start == left.end:
        return bool(_CLOSED_QUOTE.search(before))
    return before.endswith((".", "…")) and text[right.start].islower()
