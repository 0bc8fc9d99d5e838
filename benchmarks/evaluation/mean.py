"""python -m benchmarks.evaluation.mean: writes e5_mean.json anew, the mean vector that providers.e5 takes off every text.

Over the authored articles of the demo account: each language weighs the same. Once shipped it must not change without a
new profile of the index: vectors that were made with different means do not belong together.
"""

from __future__ import annotations

import sys
from collections import defaultdict

import numpy as np

from apps.core.text import html_to_text
from apps.ingest.chunking import chunk
from apps.llm.providers.e5 import MEAN, E5Embeddings
from simulators.accounts.load import load_account


def main() -> int:
    passages: dict[str, list[str]] = defaultdict(list)
    for folder in load_account("acme").folders:
        for article in folder.article:
            for language, text in article.texts.items() if article.status == "published" else ():
                passages[language] += [
                    f"{text.title}\n{one.text}" for one in chunk(html_to_text(text.body), language, text.title)
                ]
    model = E5Embeddings()
    means = [model.as_given(texts).mean(axis=0) for texts in passages.values()]
    MEAN.write_text("[" + ",".join(f"{one:.4f}" for one in np.mean(means, axis=0)) + "]\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
