"""Sentence by sentence: which quotes stand in their sources, and whether the sentence may count as supported. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from apps.assistant.extractive.grounding import verify
from apps.assistant.extractive.inputs import Passage
from apps.assistant.generated.facts import borne_out
from apps.assistant.generated.wire import SaidSentence
from apps.assistant.shapes import DraftSentence, Quote
from apps.core.text import normalise, visible

LEAST_QUOTE = 8  # characters of a quote in the Latin script: a word or two prove nothing
LEAST_QUOTE_DENSE = 4  # of others, where a character is a syllable or a word


@dataclass(slots=True)
class Checker:
    """Turns what a model said into sentences with verified citations, in order, while it arrives or afterwards.

    `sources`: what the prompt numbered from 1, already cut to what may be quoted here. `given`: the customer's own words,
    whose numbers and names a sentence may repeat. Quotes found are gathered in `citations`, each once; `dropped` counts
    those that were not.
    """

    sources: Sequence[Passage]
    given: Sequence[str] = ()
    citations: list[Quote] = field(default_factory=list)
    dropped: int = 0

    def check(self, said: SaidSentence) -> DraftSentence:
        """Supported: at least one quote of it stands in its source, and no number, code or address is of its own making."""
        found = []
        for one in said.quotes:
            quote = self._found(one.source, one.quote)
            if quote is None:
                self.dropped += 1
            else:
                found.append(quote)
        text = " ".join(normalise(visible(said.text)).split())
        supported = bool(found) and borne_out(text, [*(quote.text for quote in found), *self.given])
        return DraftSentence(text=text, citations=self._numbers(found) if supported else [], supported=supported)

    def _found(self, number: int, words: str) -> Quote | None:
        """A quote of a source that was not in the prompt is as good as none."""
        if not 1 <= number <= len(self.sources) or _too_short(normalise(words)):
            return None
        passage = self.sources[number - 1]
        quote = verify(words, passage.source, passage.source_text)
        inside = quote is not None and passage.start <= quote.start and quote.end <= passage.end
        if quote is None or inside:
            return quote
        return _within(words, passage)

    def _numbers(self, found: Sequence[Quote]) -> list[int]:
        """1-based places in `citations`."""
        numbers = []
        for quote in found:
            if quote not in self.citations:
                self.citations.append(quote)
            numbers.append(self.citations.index(quote) + 1)
        return sorted(set(numbers))


def _within(words: str, passage: Passage) -> Quote | None:
    """The same words where the prompt showed them: the source may say them twice."""
    quote = verify(words, passage.source, passage.text)
    if quote is None:
        return None
    return quote.model_copy(update={"start": quote.start + passage.start, "end": quote.end + passage.start})


def _too_short(words: str) -> bool:
    return len(words) < (LEAST_QUOTE if words.isascii() else LEAST_QUOTE_DENSE)
