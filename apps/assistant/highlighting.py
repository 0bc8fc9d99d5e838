"""Where the words of a search stand in a passage, and the part of it worth showing. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from os.path import commonprefix

from apps.assistant.marking import Piece
from apps.search.lexical import term_places, tokens

WIDTH, WIDTH_CJK = 280, 150  # characters shown of a passage
BEFORE = 60  # of them at most before the first word found
SHORT = 3  # letters: shorter terms say little by themselves
Place = tuple[int, int]


def query_terms(query: str, *languages: str) -> frozenset[str]:
    """What a passage may be marked for: the query's terms as each of these languages stems them, the short ones left
    out unless there are no others."""
    return _telling({term for language in dict.fromkeys(languages) for term in tokens(query, language)})


def word_beginnings(query: str, language: str) -> frozenset[str]:
    """What stands letter for letter in a text that holds the query's words: of each as much as its stem shares with it."""
    query, found = unicodedata.normalize("NFKC", query).lower(), set()
    for start, end, held in term_places(query, language):
        begins = commonprefix([query[start:end], held[0]])
        found.add(begins if len(begins) >= SHORT else query[start:end])
    return _telling(found)


def _telling(terms: set[str]) -> frozenset[str]:
    telling = {one for one in terms if len(one) > SHORT or not one.isascii() or any(map(str.isdigit, one))}
    return frozenset(telling or terms)


def places(text: str, terms: frozenset[str], language: str) -> list[Place]:
    """Spans of `text` that hold one of the terms, in order, those that touch or overlap made one."""
    found: list[Place] = []
    for start, end, held in term_places(text, language):
        if terms.isdisjoint(held):
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def shared(text: str, terms: frozenset[str], language: str) -> frozenset[str]:
    """Which of the terms the text holds."""
    return terms.intersection(*[frozenset(tokens(text, language))])


def snippet(text: str, marks: Sequence[Place]) -> list[Piece]:
    """The part of the text with most of the marked places, cut at words, marked; … where words are left out."""
    width = WIDTH if text.isascii() or not _dense(text) else WIDTH_CJK
    start = _best_start(marks, width)
    start = _word_start(text, max(0, start - BEFORE)) if start > BEFORE or len(text) > width else 0
    end = _word_end(text, min(len(text), start + width))
    inside = [(max(low, start), min(high, end)) for low, high in marks if low < end and high > start]
    pieces, at = [Piece("… ")] if start else [], start
    for low, high in inside:
        pieces += [Piece(text[at:low]), Piece(text[low:high], marked=True)]
        at = high
    pieces += [Piece(text[at:end]), *([Piece(" …")] if end < len(text) else [])]
    return [one for one in pieces if one.text]


def _best_start(marks: Sequence[Place], width: int) -> int:
    """Where the window begins that holds most marks, the first of equals; 0 without any."""
    best, most = 0, 0
    for low, _ in marks:
        held = sum(1 for other, high in marks if low <= other and high <= low + width - BEFORE)
        if held > most:
            best, most = low, held
    return best


def _word_start(text: str, at: int) -> int:
    """At or a little after `at`, where a word begins; `at` itself in a script without spaces."""
    if at == 0 or text[at - 1].isspace():
        return at
    gap = text.find(" ", at, at + BEFORE)
    return gap + 1 if gap >= 0 else at


def _word_end(text: str, at: int) -> int:
    if at >= len(text) or text[at].isspace():
        return at
    gap = text.rfind(" ", max(0, at - BEFORE), at)
    return gap if gap >= 0 else at


def _dense(text: str) -> bool:
    """Whether its signs are wide: one says about as much as two letters."""
    return sum(1 for sign in text[:200] if ord(sign) > 0x2E80) > len(text[:200]) // 3
