"""Words to sparse vectors by our own tokeniser: CJK bigrams, Snowball stems, codes kept whole. Knows no Django."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer

K1, B, AVERAGE = 1.2, 0.75, 60.0  # BM25; the average is fixed so that a chunk's vector never changes with others
_STEMS = {"en": "english", "de": "german", "fr": "french", "es": "spanish"}
_TOKEN = re.compile(r"[A-Za-z0-9]+(?:[-._/][A-Za-z0-9]+)+|[^\W_]+")
_CJK = re.compile("[\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]+")


@dataclass(frozen=True, slots=True)
class SparseVector:
    """Ascending 31-bit token ids and their weights."""

    indices: tuple[int, ...]
    values: tuple[float, ...]


@lru_cache(maxsize=8)
def _stemmer(language: str) -> snowballstemmer.stemmer | None:
    name = _STEMS.get(language)
    return snowballstemmer.stemmer(name) if name else None


def tokens(text: str, language: str) -> list[str]:
    """Terms in order: stems, CJK bigrams (a single character stays), and codes such as aa-1234 or 2.4.1 whole."""
    found: list[str] = []
    stemmer = _stemmer(language)
    for match in _TOKEN.finditer(unicodedata.normalize("NFKC", text).lower()):
        word = match.group()
        if not word.isalnum():
            found.append(word)
            found += [part for part in re.split(r"[-._/]", word) if len(part) > 1]
            continue
        for part in _runs(word):
            if _CJK.fullmatch(part):
                found += [part[at : at + 2] for at in range(len(part) - 1)] or [part]
            else:
                found.append(stemmer.stemWord(part) if stemmer else part)
    return found


def _runs(word: str) -> list[str]:
    """The word cut where CJK characters begin and end."""
    parts, at = [], 0
    for match in _CJK.finditer(word):
        if match.start() > at:
            parts.append(word[at : match.start()])
        parts.append(match.group())
        at = match.end()
    if at < len(word):
        parts.append(word[at:])
    return parts


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
