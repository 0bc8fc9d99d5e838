"""A structured summary of a thread, made of its own sentences: nothing is reworded. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime

from apps.assistant.extractive import cues
from apps.assistant.extractive.dates import future_dates
from apps.assistant.extractive.inputs import Thread, ThreadMessage
from apps.assistant.shapes import Mood, Summary, SummaryLine
from apps.core.text import Span, normalise

REQUEST_LINES, TRIED_LINES = 2, 4


def summarise(thread: Thread, now: datetime) -> Summary:
    """Quoted sentences by what they tell. Quoted mail, greetings and sign-offs are never among them."""
    told = {message.number: telling(message) for message in thread.messages}
    customers = [message for message in thread.messages if message.author == "customer" and not message.private]
    agents = [message for message in thread.messages if message.author == "agent"]
    last_customer = customers[-1] if customers else None
    questions = _questions(last_customer, told)
    answered = bool(last_customer and any(one.number > last_customer.number and not one.private for one in agents))
    return Summary(
        request=_request(customers, told, thread.subject),
        tried=_tried(thread, told),
        state=_state(thread, told),
        last_ask=questions[-1:],
        open_questions=[] if answered else questions[:-1],
        dates=_dates(thread, told, now.date()),
        mood=mood(customers, thread.subject),
    )


def telling(message: ThreadMessage) -> list[Span]:
    """Sentences of the message's own words that say something."""
    return [span for span in message.spans if _says_something(span.of(message.text))]


def _says_something(words: str) -> bool:
    return len(words) > 3 and not cues.GREETING.match(words) and not cues.SIGN_OFF.match(words)


def central(spans: list[Span], text: str, subject: str, count: int) -> list[Span]:
    """The sentences nearest to all others and to the subject by character trigrams, early ones first, in text order."""
    if len(spans) <= count:
        return spans
    bags = [_trigrams(span.of(text)) for span in spans]
    whole = sum(bags, Counter()) + _trigrams(subject) + _trigrams(subject)
    scores = {
        span: _overlap(bag, whole) / (1 + 0.15 * place)
        for place, (span, bag) in enumerate(zip(spans, bags, strict=True))
    }
    best = sorted(spans, key=lambda span: -scores[span])[:count]
    return sorted(best, key=lambda span: span.start)


def mood(messages: list[ThreadMessage], subject: str = "") -> Mood:
    """From the customer's last two messages, and the subject while there is one alone: upset, worried or calm."""
    words = [message.text[: message.own] for message in messages[-2:]]
    text = " ".join([subject, *words] if len(messages) == 1 else words)
    if cues.UPSET.search(text) or cues.SHOUTED.search(text):
        return "upset"
    return "worried" if cues.WORRIED.search(text) else "calm"


def _request(customers: list[ThreadMessage], told: dict[int, list[Span]], subject: str) -> list[SummaryLine]:
    if not customers:
        return []
    first = customers[0]
    return [_line(first, span) for span in central(told[first.number], first.text, subject, REQUEST_LINES)]


def _tried(thread: Thread, told: dict[int, list[Span]]) -> list[SummaryLine]:
    found = [
        _line(message, span) for message in thread.messages for span in told[message.number]
        if cues.TRIED.search(span.of(message.text))
    ]  # fmt: skip
    return found[:TRIED_LINES]


def _state(thread: Thread, told: dict[int, list[Span]]) -> list[SummaryLine]:
    """The key sentence of the last message, when it is not the first."""
    if len(thread.messages) < 2:
        return []
    last = thread.messages[-1]
    return [_line(last, span) for span in central(told[last.number], last.text, thread.subject, 1)]


def _questions(message: ThreadMessage | None, told: dict[int, list[Span]]) -> list[SummaryLine]:
    if message is None:
        return []
    return [_line(message, span) for span in told[message.number] if cues.QUESTION.search(span.of(message.text))]


def _dates(thread: Thread, told: dict[int, list[Span]], today: date) -> list[SummaryLine]:
    lines: Iterable[SummaryLine] = (
        _line(message, span) for message in thread.messages for span in told[message.number]
        if future_dates(span.of(message.text), message.created_at.date(), today)
    )  # fmt: skip
    return list(lines)[:3]


def _line(message: ThreadMessage, span: Span) -> SummaryLine:
    return SummaryLine(
        text=span.of(message.text), message_id=message.id, number=message.number, private=message.private,
        language=message.language, start=span.start, end=span.end,
    )  # fmt: skip


def _trigrams(text: str) -> Counter[str]:
    plain = re.sub(r"\W+", " ", normalise(text).lower())
    return Counter(plain[at : at + 3] for at in range(max(len(plain) - 2, 0)))


def _overlap(part: Counter[str], whole: Counter[str]) -> float:
    shared = sum(min(count, whole[key] - count) for key, count in part.items() if whole[key] > count)
    length: float = max(sum(part.values()), 1)
    return float(shared / length**0.7)
