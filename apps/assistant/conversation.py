"""Which messages of a conversation a page shows. A long one is shown in parts, so that the price of a page has a bound.

There are the first message, the newest, and those around the one a link aims at; what lies between waits behind a control.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from django.db.models import Prefetch, QuerySet
from django.http import QueryDict

from apps.platforms.models import Attachment, Message

NEWEST = 50
PART = 50  # come at a time: around the message aimed at, or those before what is shown
NEWS = 100  # at most with one look for news
FEW = 10  # fewer are not worth a control
DIGITS = 9  # of a number in an address

Span = tuple[int, int]  # places, the second one left out


@dataclass(frozen=True, slots=True)
class Gap:
    """A run of messages that are not shown. A page that aims at `aim` shows its end, from `start` on."""

    first: int
    last: int
    hidden: int
    aim: int
    start: int

    @classmethod
    def of(cls, numbers: Sequence[int]) -> Self:
        return cls(numbers[0], numbers[-1], len(numbers), numbers[-PART // 2 :][0], numbers[-PART:][0])


@dataclass(frozen=True, slots=True)
class Conversation:
    """Messages and gaps in reading order, and how many messages there are. News replace the tail, which ends the page."""

    head: list[Message | Gap]
    tail: list[Message | Gap]
    total: int

    @property
    def since(self) -> int:
        """The number from which on the tail reads."""
        return next((one.first if isinstance(one, Gap) else one.number for one in self.tail), 0)

    @property
    def shown(self) -> frozenset[int]:
        return frozenset(one.number for one in (*self.head, *self.tail) if isinstance(one, Message))


def of_page(messages: QuerySet[Message], given: QueryDict) -> Conversation:
    """What a whole page shows; `at` in the query aims at a message."""
    numbers = _numbers(messages)
    spans = [(0, 1), (len(numbers) - NEWEST, len(numbers)), *_aimed(numbers, given)]
    parts = _read(messages, lay_out(numbers, spans))
    cut = max((place for place, one in enumerate(parts, start=1) if isinstance(one, Gap)), default=0)
    return Conversation(parts[:cut], parts[cut:], len(numbers))


def of_news(messages: QuerySet[Message], given: QueryDict) -> Conversation:
    """The tail alone, from the number `since` on: what the reader opened above it stays as it is."""
    newer = messages.filter(number__gte=number_in(given, "since") or 0)
    numbers = _numbers(newer)
    return Conversation([], _read(newer, lay_out(numbers, [(len(numbers) - NEWS, len(numbers))])), len(numbers))


def of_gap(messages: QuerySet[Message], given: QueryDict) -> list[Message | Gap]:
    """What stands in the place of a gap that was opened: its end, or the messages around `at`, and the gaps that are left."""
    hidden = messages.filter(number__range=(number_in(given, "first") or 0, number_in(given, "last") or 0))
    numbers = _numbers(hidden)
    spans = _aimed(numbers, given) or [(len(numbers) - PART, len(numbers))]
    return _read(hidden, lay_out(numbers, spans))


def entry(parts: Sequence[Message | Gap], given: QueryDict) -> int | None:
    """The number of the message to begin reading at."""
    aim = number_in(given, "at") or 0
    return next((one.number for one in parts if isinstance(one, Message) and one.number >= aim), None)


def number_in(given: QueryDict, name: str) -> int | None:
    """A number of a query string; anything else counts as none."""
    value = given.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) <= DIGITS else None


def lay_out(numbers: Sequence[int], spans: Iterable[Span]) -> list[int | Gap]:
    """(pure) The numbers within the spans, and a gap for each run between them that is worth one."""
    parts: list[int | Gap] = []
    at = 0
    for start, stop in [*sorted(spans), (len(numbers), len(numbers))]:
        hidden = numbers[at : max(start, at)]
        parts += [Gap.of(hidden)] if len(hidden) >= FEW else hidden
        at += len(hidden)
        parts += numbers[at:stop]
        at = max(at, stop)
    return parts


def _aimed(numbers: Sequence[int], given: QueryDict) -> list[Span]:
    aim = number_in(given, "at")
    if aim is None:
        return []
    place = bisect_left(numbers, aim)
    return [(max(place - PART // 2, 0), place + PART // 2)]


def _numbers(messages: QuerySet[Message]) -> list[int]:
    return list(messages.order_by("number").values_list("number", flat=True))


def _read(messages: QuerySet[Message], parts: list[int | Gap]) -> list[Message | Gap]:
    """The messages in the place of their numbers: of what is hidden nothing is read."""
    wanted = [one for one in parts if isinstance(one, int)]
    files = Prefetch("attachments", Attachment.objects.defer("text"))
    rows = {row.number: row for row in messages.filter(number__in=wanted).prefetch_related(files)}
    return [rows[one] if isinstance(one, int) else one for one in parts if isinstance(one, Gap) or one in rows]
