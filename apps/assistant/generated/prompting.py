"""A prompt of numbered sources: what the model is told, and which number is which source. Pure.

The words lie in prompts/NAME.VERSION.txt; a change of words is a new file, so that an answer kept under one version is
never taken for one of another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from apps.assistant.extractive.inputs import Passage, Thread
from apps.assistant.generated.wire import QUOTES_MOST

Feature = Literal["reply", "ask", "summary"]
VERSIONS: dict[Feature, int] = {"reply": 1, "ask": 1, "summary": 1}
SENTENCES: dict[Feature, int] = {"reply": 6, "ask": 4, "summary": 8}
SOURCE_MOST, THREAD_MOST = 1_600, 6_000  # characters of one source, and of what the customer wrote
LANGUAGE_NAMES = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "ko": "Korean", "ja": "Japanese",
    "zh": "Simplified Chinese",
}  # fmt: skip
Fence = Callable[[str, str], str]  # (what it is, text) -> the text between marks it cannot leave
_FOLDER = Path(__file__).with_name("prompts")


@dataclass(frozen=True, slots=True)
class Prompt:
    """What goes to the model. `version` is part of every key that an answer is kept under."""

    system: str
    user: str
    version: str


@cache
def template(feature: Feature) -> str:
    return (_FOLDER / f"{feature}.{VERSIONS[feature]}.txt").read_text(encoding="utf-8")


def reply_prompt(thread: Thread, sources: Sequence[Passage], *, fence: Fence, mark: str) -> Prompt:
    """For a text to the customer: their words and the agents' public ones, and the sources given. Private notes of the
    thread are left out here; that no source is private is for the caller's types to say."""
    public = [one for one in thread.messages if not one.private]
    lines = [fence(f"{one.author} message {one.number}", one.text[: one.own]) for one in public]
    asked = "\n\n".join([fence("subject", thread.subject), *_newest(lines)])
    return _prompt("reply", thread.language, f"The ticket:\n\n{asked}\n\n{_numbered(sources, fence)}", mark)


def ask_prompt(question: str, language: str, sources: Sequence[Passage], *, fence: Fence, mark: str) -> Prompt:
    return _prompt("ask", language, f"The question:\n\n{fence('question', question)}\n\n{_numbered(sources, fence)}", mark)


def summary_prompt(language: str, messages: Sequence[Passage], *, fence: Fence, mark: str) -> Prompt:
    """`messages`: those of the thread in order, each as a source."""
    return _prompt("summary", language, _numbered(messages, fence), mark)


def _prompt(feature: Feature, language: str, user: str, mark: str) -> Prompt:
    said = template(feature).format(
        language=LANGUAGE_NAMES[language], mark=mark, sentences=SENTENCES[feature], quotes=QUOTES_MOST
    )
    return Prompt(said, user, f"{feature}.{VERSIONS[feature]}")


def _numbered(sources: Sequence[Passage], fence: Fence) -> str:
    return "\n\n".join(
        f"Source {number} ({one.source.language}):\n{fence(f'source {number}', one.text[:SOURCE_MOST])}"
        for number, one in enumerate(sources, 1)
    )


def _newest(lines: Sequence[str]) -> list[str]:
    """The first entry, which is what it is about, and as many of the last as there is room for."""
    kept: list[str] = []
    left = THREAD_MOST - (len(lines[0]) if lines else 0)
    for line in reversed(lines[1:]):
        left -= len(line)
        if left < 0:
            break
        kept.insert(0, line)
    return [*lines[:1], *kept]
