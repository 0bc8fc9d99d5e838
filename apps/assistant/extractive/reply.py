"""A suggested reply made only of verified quotes from public sources. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from apps.assistant.extractive import cues
from apps.assistant.extractive.evidence import confidence, weigh_articles
from apps.assistant.extractive.gate import DEFAULTS, Evidence, Thresholds, decide
from apps.assistant.extractive.grounding import verify
from apps.assistant.extractive.inputs import Passage, PublicPassage, Thread
from apps.assistant.shapes import Draft, DraftSentence, Quote

MOST_SENTENCES, MOST_PASSAGES = 6, 2


@dataclass(frozen=True, slots=True)
class Lead:
    """The one source a reply rests on: an article, or a solved case in nearly the same words."""

    strength: float  # comparable with Thresholds.reply
    passages: tuple[Passage, ...]  # in the customer's language, in the order of the source; empty without any


def suggest_reply(thread: Thread, passages: Sequence[PublicPassage], limits: Thresholds = DEFAULTS) -> Draft:
    """The draft, or honestly none. It quotes one source: two that disagree make a letter nobody should send.

    `passages`: all parts of the articles that came near, and the fixes of similar cases, best first. Their type keeps
    private words out.
    """
    language = thread.language
    lead = leading([one.passage for one in passages], language, limits)
    paragraphs, citations = _quote_all(lead.passages, _names(thread))
    evidence = Evidence(
        strength=lead.strength,
        in_language=bool(lead.passages),
        sentences=sum(map(len, paragraphs)),
        detail_missing=_asks_for_detail(lead.passages) and not _gave_detail(thread),
        customer_wrote=any(one.author == "customer" for one in thread.messages),
    )
    outcome, missing = decide(evidence, limits)
    base = Draft(
        outcome=outcome, language=language, missing=missing, score=round(evidence.strength, 3), threshold=limits.reply
    )
    if outcome == "not_enough_evidence":
        return base
    if outcome == "ask_customer":
        return base.model_copy(update={"question": cues.ASK_DETAIL[language], **_frame(thread)})
    return base.model_copy(update={"paragraphs": paragraphs, "citations": citations, **_frame(thread)})


def leading(passages: Sequence[Passage], language: str, limits: Thresholds = DEFAULTS) -> Lead:
    """The article that stands out, else the fix of a case that says nearly the same."""
    weighed = weigh_articles((one for one in passages if one.source.kind == "article"), language)
    sure = confidence(weighed)
    if sure < limits.reply:
        same = next(
            (one for one in passages if one.source.kind == "message" and _same_case(one, language, limits)), None
        )
        if same is not None:
            return Lead(limits.reply, (same,))
    if not weighed:
        return Lead(0.0, ())
    nearest = weighed[0].in_language(language)[:MOST_PASSAGES]
    return Lead(sure, tuple(sorted(nearest, key=lambda one: one.start)))


def _same_case(passage: Passage, language: str, limits: Thresholds) -> bool:
    return passage.source.language == language and passage.dense >= limits.same


def _quote_all(passages: Sequence[Passage], names: set[str]) -> tuple[list[list[DraftSentence]], list[Quote]]:
    """One paragraph a passage; every sentence is found again in its source before it counts."""
    paragraphs: list[list[DraftSentence]] = []
    citations: list[Quote] = []
    left = MOST_SENTENCES
    for passage in passages:
        paragraph = []
        for words in quotable(passage, names)[:left]:
            quote = verify(words, passage.source, passage.source_text)
            if quote is not None:
                citations.append(quote)
                paragraph.append(DraftSentence(text=quote.text, citations=[len(citations)], supported=True))
        left -= len(paragraph)
        if paragraph:
            paragraphs.append(paragraph)
    return paragraphs, citations


def quotable(passage: Passage, names: set[str]) -> list[str]:
    """Sentences that may stand in a letter to another customer: complete, no person, no number of somebody's case."""
    found = []
    for words in passage.sentences():
        if len(words) < 12 and words.isascii():
            continue
        if cues.GREETING.match(words) or cues.SIGN_OFF.match(words) or cues.PERSONAL.search(words):
            continue
        if passage.source.kind == "message" and _of_one_case(words, names | passage.names):
            continue
        found.append(words)
    return found


def _of_one_case(words: str, names: set[str] | frozenset[str]) -> bool:
    """Speaks to or of one person, or of something done for them."""
    if cues.CASE_ACT.search(words) or cues.ADDRESS.search(words) or "·" in words:
        return True
    return any(name in words for name in names)


def _names(thread: Thread) -> set[str]:
    full = {one.author_name for one in thread.messages} | {thread.customer_name}
    return parts_of_names(full)


def parts_of_names(names: Iterable[str]) -> set[str]:
    """First and last names by themselves; one short part names nobody."""
    return {part for name in names for part in name.split() if len(part) > 2 or not part.isascii()}


def _asks_for_detail(passages: Sequence[Passage]) -> bool:
    return any(cues.DETAIL.search(one.text) for one in passages)


def _gave_detail(thread: Thread) -> bool:
    """An order, serial or case number anywhere in what the customer wrote."""
    return any(cues.IDENTIFIER.search(one.text) for one in thread.messages if one.author == "customer") or bool(
        cues.IDENTIFIER.search(thread.subject)
    )


def _frame(thread: Thread) -> dict[str, str]:
    named, plain = cues.GREETINGS[thread.language]
    name = thread.customer_name if thread.language in ("ko", "ja", "zh") else thread.customer_name.split(" ")[0]
    return {"greeting": named.format(name=name) if name else plain, "closing": cues.CLOSINGS[thread.language]}
