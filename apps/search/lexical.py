"""Words to sparse vectors by our own tokeniser: CJK bigrams, Snowball stems, codes kept whole. Knows no Django."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer

# BM25 over chunks, which are nearly of one length: that a term is there says most, how often says little (decision 0056).
# The average is fixed so that a chunk's vector never changes with others.
K1, B, AVERAGE = 0.4, 0.3, 60.0
_STEMS = {"en": "english", "de": "german", "fr": "french", "es": "spanish"}
_CJK_CHARACTERS = "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_CJK = re.compile(f"[{_CJK_CHARACTERS}]+")
# codes such as aa-1234 or 2.4.1, runs of CJK, other words; CJK ends a word, so a code may touch a particle
_TOKEN = re.compile(rf"[a-z0-9]+(?:[-._/][a-z0-9]+)+|[{_CJK_CHARACTERS}]+|[^\W_{_CJK_CHARACTERS}]+")

_PLACE = re.compile(_TOKEN.pattern, re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SparseVector:
    """Ascending 31-bit token ids and their weights."""

    indices: tuple[int, ...]
    values: tuple[float, ...]


def tokens(text: str, language: str) -> list[str]:
    """Terms in order: stems, CJK bigrams (a single character stays), and codes such as aa-1234 or 2.4.1 whole."""
    found: list[str] = []
    plain = _plain(text)
    has_cjk = _CJK.search(plain) is not None
    for word in _TOKEN.findall(plain):
        if has_cjk and _CJK.match(word):
            found += [word[at : at + 2] for at in range(len(word) - 1)] or [word]
        elif word.isalnum():
            found.append(_stem(word, language))
        else:
            found.append(word)
            found += [_stem(part, language) for part in re.split(r"[-._/]", word) if len(part) > 1]
    return found


def term_places(text: str, language: str) -> Iterator[tuple[int, int, list[str]]]:
    """Where the terms of `tokens` stand in the text as it is: (start, end, terms held there), in order."""
    for match in _PLACE.finditer(text):
        word, start = match.group(), match.start()
        if _CJK.match(word) and len(word) > 1:
            for at in range(len(word) - 1):
                yield start + at, start + at + 2, tokens(word[at : at + 2], language)
        else:
            yield start, match.end(), tokens(word, language)


def codes(text: str) -> set[str]:
    """Terms that name one thing and nothing else: error codes, order numbers, versions (fw-881, aa-1234, 2.4.1)."""
    return _codes(_plain(text))


def holds_codes(text: str, named: set[str]) -> bool:
    """Whether all of these codes are among the text's. Most texts are told apart without taking them to pieces."""
    plain = _plain(text)
    return all(code in plain for code in named) and named <= _codes(plain)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def _codes(plain: str) -> set[str]:
    return {word for word in _TOKEN.findall(plain) if len(word) > 3 and any(sign.isdigit() for sign in word)}


@lru_cache(maxsize=20_000)
def _stem(word: str, language: str) -> str:
    """Snowball stem; words with figures in them are codes and stay. A stemmer holds state: one a call, for threads."""
    name = _STEMS.get(language)
    return str(snowballstemmer.stemmer(name).stemWord(word)) if name and word.isalpha() else word


def token_id(token: str) -> int:
    return int.from_bytes(hashlib.blake2b(token.encode(), digest_size=4).digest(), "big") & 0x7FFFFFFF


def document_vector(text: str, language: str) -> SparseVector:
    """BM25 term weights of a chunk; the engine multiplies them with the company's own IDF."""
    counts = Counter(token_id(token) for token in tokens(text, language))
    length = sum(counts.values())
    norm = K1 * (1 - B + B * length / AVERAGE)
    items = sorted((key, count * (K1 + 1) / (count + norm)) for key, count in counts.items())
    return SparseVector(tuple(key for key, _ in items), tuple(value for _, value in items))


def query_vector(text: str, language: str) -> SparseVector:
    """Each distinct term once, weight 1."""
    ids = sorted({token_id(token) for token in tokens(text, language)})
    return SparseVector(tuple(ids), tuple(1.0 for _ in ids))
