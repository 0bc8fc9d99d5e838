"""What the ticket page shows of a stored brief: the draft card, the panels, one question with its answer."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.assistant import shapes
from apps.assistant.models import Brief
from apps.assistant.services import brief_state
from apps.assistant.words import left_out_words, missing_words
from apps.core import times
from apps.platforms.models import Ticket

SOON = timedelta(hours=1)
SENTENCE_ENDS = (".", "!", "?", ":", "…", ")", "。", "！", "？", "：", "）")
LATE_LOOKS = 10  # seconds, while a brief is late
LOOK_AGAIN = {"preparing": 2, "ready": 30, "ask": 30, "thin": 30}  # seconds; a stale card waits for a click


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One source with the numbers of all its quotes; the link goes to the first."""

    numbers: list[int]
    quote: shapes.Quote


@dataclass(frozen=True, slots=True)
class Due:
    """When the reply is due, in words, with an icon and a tone."""

    at: datetime
    words: str
    icon: str
    tone: str


@dataclass(frozen=True, slots=True)
class Card:
    """The draft card: preparing | ready | ask | thin | stale | off, and what it holds."""

    state: str
    outcome: str = ""
    mark: str = ""  # names what is shown, so that a look for news is answered only by news
    missing: list[str] = field(default_factory=list)
    plain: str = ""  # the text to insert, citations stripped
    verified: int = 0
    total: int = 0
    sources: list[SourceLine] = field(default_factory=list)
    delay: str = ""  # of what is being prepared: why it is late (waiting.py)

    @property
    def tint(self) -> str:
        """The component's data-state."""
        return "live" if self.state == "preparing" else self.state

    @property
    def empty(self) -> bool:
        """Nothing was written: the edge stays neutral."""
        return self.state in ("off", "thin") or self.outcome == "not_enough_evidence"

    @property
    def poll(self) -> int:
        """Seconds until the page looks again, 0 for never."""
        return LATE_LOOKS if self.delay else LOOK_AGAIN.get(self.state, 0)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question with its answer, or with what went wrong; then the question stays in its field."""

    id: str
    question: str
    answer: shapes.Answer | None = None
    error: str = ""
    status: int = 200
    insertable: bool = False  # there is a reply to put it into
    sources: list[SourceLine] = field(default_factory=list)

    @property
    def kept(self) -> str:
        return self.question if self.error else ""

    @property
    def plain(self) -> str:
        return "\n\n".join(passage.text for passage in self.answer.passages) if self.answer else ""

    @property
    def missing(self) -> list[str]:
        return [missing_words(code) for code in self.answer.missing] if self.answer else []


def card_of(ticket: Ticket, stored: Brief | None, brief: shapes.Brief | None, *, fresh: bool = False, delay: str = "") -> Card:
    """The card for the ticket as it stands. `fresh`: wait for a draft of the present thread, show no old one. `delay`: why
    there is no brief, where that takes long."""
    state = brief_state(ticket, stored)
    if brief is None:
        return Card(state=state, mark=f"none-{delay}" if delay else "none", delay=delay)
    if fresh and state == "stale":
        return Card(state="preparing", mark="none")
    draft = brief.draft
    sentences = [sentence for paragraph in draft.paragraphs for sentence in paragraph]
    return Card(
        state=state,
        outcome=draft.outcome,
        mark=f"{state}-{brief.thread_version[:12]}",
        missing=[missing_words(code) for code in draft.missing],
        plain=plain_text(draft),
        verified=sum(sentence.supported for sentence in sentences),
        total=len(sentences),
        sources=source_lines(draft.citations),
    )


def plain_text(draft: shapes.Draft) -> str:
    """The draft as it goes into a reply: paragraphs, no numbers; '' when there is none."""
    if draft.outcome == "not_enough_evidence":
        return ""
    middle = ["".join(map(_with_gap, paragraph)).rstrip() for paragraph in draft.paragraphs]
    if draft.outcome == "ask_customer":
        middle.append(draft.question)
    return "\n\n".join(part for part in (draft.greeting, *middle, draft.closing) if part)


def _with_gap(sentence: shapes.DraftSentence) -> str:
    """An item of a list has no full stop: what follows it stands on a line of its own."""
    return sentence.text + (" " if sentence.text.endswith(SENTENCE_ENDS) else "\n")


def source_lines(citations: Sequence[shapes.Quote]) -> list[SourceLine]:
    """Citations gathered by source, in order of their first number."""
    lines: dict[str, SourceLine] = {}
    for number, quote in enumerate(citations, start=1):
        lines.setdefault(quote.source.id, SourceLine([], quote)).numbers.append(number)
    return list(lines.values())


def summary_parts(summary: shapes.Summary) -> list[tuple[str, list[shapes.SummaryLine]]]:
    """(heading, quoted lines) in reading order; an empty list is shown as nothing."""
    return [
        (_("Request"), summary.request),
        (_("Tried so far"), summary.tried),
        (_("Where it stands"), summary.state),
        (_("Customer’s last question"), summary.last_ask),
        (_("Still open"), summary.open_questions),
        (_("Dates named"), summary.dates),
    ]


def summary_note(parts: Sequence[tuple[str, Sequence[shapes.SummaryLine]]]) -> str:
    """The summary as plain text, for a private note."""
    return "\n\n".join(f"{title}\n" + "\n".join(f"- {line.text}" for line in lines) for title, lines in parts if lines)


def left_out(why: Sequence[shapes.Candidate]) -> list[tuple[str, int]]:
    """(reason in words, how many) of what was looked at and not used, the commonest first."""
    counts = Counter(one.reason for one in why if not one.kept)
    return [(left_out_words(reason), count) for reason, count in counts.most_common()]


def due_of(ticket: Ticket, now: datetime | None = None) -> Due | None:
    """The deadline of a ticket that waits; None without one."""
    if ticket.due_by is None or ticket.is_solved:
        return None
    left = ticket.due_by - (now or timezone.now())
    if left < timedelta(0):
        # Translators: the deadline has passed. %(duration)s is a length of time. Example: Overdue: 12 min
        words = _("Overdue: %(duration)s") % {"duration": times.duration(-left)}
        return Due(ticket.due_by, words, "warn", "danger-text mid")
    # Translators: time left until the deadline. %(duration)s is a length of time. Example: Due in 38 min
    words = _("Due in %(duration)s") % {"duration": times.duration(left)}
    return Due(ticket.due_by, words, "clock", "warn-text mid" if left < SOON else "soft")


def new_exchange(question: str, **changes: object) -> Exchange:
    """An exchange with an id for its parts of the page."""
    return Exchange(id=f"a{secrets.token_hex(3)}", question=question, **changes)  # type: ignore[arg-type]
