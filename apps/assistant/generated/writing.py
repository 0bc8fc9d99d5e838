"""From what a model said to what is shown: a suggested reply, an answer or points of a summary. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps.assistant.extractive.inputs import Passage, PublicPassage, Thread
from apps.assistant.generated.checking import Checker
from apps.assistant.generated.gate import Outcome, Written, decide
from apps.assistant.generated.wire import Generated
from apps.assistant.shapes import DraftSentence, Missing, Quote
from apps.core.text import detect_language, normalise, visible

JUDGED = 40  # characters of text from which its language can be told


@dataclass(frozen=True, slots=True)
class Text:
    """Paragraphs of checked sentences with their citations, or why there are none. `question`: to put to the customer."""

    outcome: Outcome
    missing: tuple[Missing, ...]
    paragraphs: tuple[tuple[DraftSentence, ...], ...] = ()
    citations: tuple[Quote, ...] = ()
    question: str = ""
    dropped: int = 0  # quotes that stand in no source

    @property
    def supported(self) -> str:
        """What holds, as plain text: what inserting puts into the composer."""
        held = [" ".join(one.text for one in part if one.supported) for part in self.paragraphs]
        return "\n\n".join(part for part in held if part)


def reply(said: Generated, sources: Sequence[PublicPassage], thread: Thread, *, hidden: int = 0) -> Text:
    """A text for the customer. The type of `sources` keeps private words out; `hidden` counts near sources that were left
    out for that."""
    given = [one.text for one in thread.messages if one.author == "customer"]
    wrote = any(one.strip() for one in given)
    passages = [one.passage for one in sources]
    return _checked(said, Checker(passages, [*given, thread.subject]), thread.language, public=len(passages), hidden=hidden, wrote=wrote)


def answer(said: Generated, question: str, language: str, sources: Sequence[Passage]) -> Text:
    """An answer for an agent: whatever the agent may read may bear it out."""
    return _checked(said, Checker(sources, [question]), language, public=len(sources))


def _checked(
    said: Generated, checker: Checker, language: str, *, public: int, hidden: int = 0, wrote: bool = True
) -> Text:
    sentences = [checker.check(one) for one in said.sentences] if said.outcome == "answer" else []
    held = sum(one.supported for one in sentences)
    question = " ".join(normalise(visible(said.question)).split())
    words = question if said.outcome == "ask_customer" else " ".join(one.text for one in sentences)
    outcome, missing = decide(Written(
        said=said.outcome, supported=held, unsupported=len(sentences) - held, public=public, hidden=hidden,
        question=bool(question), customer_wrote=wrote, in_language=_is_in(words, language),
    ))  # fmt: skip
    if outcome == "ask_customer":
        return Text(outcome, tuple(missing), question=question, dropped=checker.dropped)
    if outcome != "reply":
        return Text(outcome, tuple(missing), dropped=checker.dropped)
    return Text(
        outcome, tuple(missing), _paragraphs(said, sentences), tuple(checker.citations), dropped=checker.dropped
    )  # fmt: skip


def _paragraphs(said: Generated, sentences: Sequence[DraftSentence]) -> tuple[tuple[DraftSentence, ...], ...]:
    parts: list[list[DraftSentence]] = []
    for one, sentence in zip(said.sentences, sentences, strict=True):
        if one.paragraph or not parts:
            parts.append([])
        parts[-1].append(sentence)
    return tuple(tuple(part) for part in parts)


def _is_in(text: str, language: str) -> bool:
    """Short texts of names and numbers pass: nobody could tell."""
    return len(text) < JUDGED or detect_language(text, hint=language) == language
