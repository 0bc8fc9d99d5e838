"""The baseline: exact BM25 over whole documents, written here and used nowhere else. Words are stemmed, CJK is bigrams.

Its tokeniser is a second one on purpose: a slip in the product's own would flatter both.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

import snowballstemmer

K1, B = 1.2, 0.75
_STEMS = {"en": "english", "de": "german", "fr": "french", "es": "spanish"}
_CJK = re.compile("([\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]+)")


class Bm25:
    """`texts` by id, all of one language."""

    def __init__(self, texts: Mapping[str, str], language: str) -> None:
        self._stemmer = snowballstemmer.stemmer(_STEMS[language]) if language in _STEMS else None
        self._stems: dict[str, str] = {}
        counts = {key: Counter(self._terms(text)) for key, text in texts.items()}
        average = sum(map(Counter.total, counts.values())) / max(len(counts), 1) or 1.0
        self._weights: dict[str, dict[str, float]] = defaultdict(dict)
        for key, terms in counts.items():
            norm = K1 * (1 - B + B * terms.total() / average)
            for term, count in terms.items():
                self._weights[term][key] = count * (K1 + 1) / (count + norm)
        for held in self._weights.values():
            rarity = math.log(1 + (len(counts) - len(held) + 0.5) / (len(held) + 0.5))
            for key in held:
                held[key] *= rarity

    def scores(self, question: str, among: Iterable[str] | None = None) -> dict[str, float]:
        """Score by id of all documents that share a word with the question, best first; of `among` all, 0 included."""
        found: dict[str, float] = dict.fromkeys(among, 0.0) if among is not None else {}
        for term in self._terms(question):
            for key, weight in self._weights.get(term, {}).items():
                if among is None or key in found:
                    found[key] = found.get(key, 0.0) + weight
        return dict(sorted(found.items(), key=lambda one: -one[1]))

    def _terms(self, text: str) -> list[str]:
        terms: list[str] = []
        for word in re.findall(r"\w+", unicodedata.normalize("NFKC", text).lower()):
            for run in filter(None, _CJK.split(word)):
                if _CJK.match(run):
                    terms += [run[at : at + 2] for at in range(len(run) - 1)] or [run]
                else:
                    terms.append(self._stem(run))
        return terms

    def _stem(self, word: str) -> str:
        if self._stemmer is None:
            return word
        if word not in self._stems:
            self._stems[word] = self._stemmer.stemWord(word)
        return self._stems[word]
