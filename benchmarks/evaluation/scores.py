"""The measures, each for one query; pure."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from statistics import fmean

from apps.ingest.chunking import weight

MOST_WORDS = 60  # of a reply that are read
_CJK = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")


def ndcg(ranking: Sequence[str], relevant: Mapping[str, int], depth: int = 10) -> float:
    """Gains are 0 or 1: a document answers or does not."""
    gained = sum(1 / math.log2(place + 2) for place, key in enumerate(ranking[:depth]) if relevant.get(key, 0) > 0)
    ideal = sum(1 / math.log2(place + 2) for place in range(min(len(relevant), depth)))
    return gained / ideal


def hit(ranking: Sequence[str], relevant: Mapping[str, int], depth: int) -> float:
    """1 when one of the first `depth` is right."""
    return float(any(relevant.get(key, 0) > 0 for key in ranking[:depth]))


def average_precision(ranking: Sequence[str], relevant: Mapping[str, int]) -> float:
    places = [place for place, key in enumerate(ranking, 1) if relevant.get(key, 0) > 0]
    return sum(number / place for number, place in enumerate(places, 1)) / len(relevant)


def contains(reply: str, answers: Sequence[str]) -> bool:
    """Whether one of the answers stands in the reply as whole words; case and punctuation do not count."""
    said = f" {_plain(reply)} "
    return any(f" {_plain(one)} " in said for one in answers if _plain(one))


def first_words(text: str, most: float = MOST_WORDS) -> str:
    """The beginning of a text that is at most so long."""
    kept = ""
    for piece in re.findall(rf"\s*(?:{_CJK.pattern}|[^\s{_CJK.pattern[1:-1]}]+)", text):
        if weight(kept + piece) > most:
            break
        kept += piece
    return kept


def _plain(text: str) -> str:
    return re.sub(r"[^\w%$€+]+", " ", unicodedata.normalize("NFKC", text).lower()).strip()


def mean(values: Sequence[float]) -> float:
    return round(fmean(values), 4) if values else 0.0


def refusals_within(scores: Sequence[tuple[bool, float]], most: float) -> tuple[float, float]:
    """(threshold, refusal recall) of refusing what scores below it, at most the share `most` of the answerable.

    `scores`: (answerable, score). Chosen on the same questions: the best a single threshold could do.
    """
    known = sorted(score for answerable, score in scores if answerable)
    threshold = known[min(int(most * len(known)), len(known) - 1)] if known else 0.0
    unknown = [score for answerable, score in scores if not answerable]
    return threshold, sum(score < threshold for score in unknown) / len(unknown) if unknown else 0.0
