"""Every ticket again as if it were new: what would have been suggested, and was it right?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils import timezone

from apps.accounts.reach import ALL_TICKETS
from apps.assistant import shapes
from apps.assistant.extractive.inputs import Passage, Thread
from apps.assistant.loading import load_threads
from apps.assistant.services import ask_question, compose
from apps.platforms.models import Ticket
from benchmarks.evaluation.labels import Labels


@dataclass(slots=True)
class Tally:
    """Counts by name, and the cases that went wrong for somebody to look at."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def share(self, part: str, whole: str) -> float:
        return round(self.counts[part] / self.counts[whole], 3) if self.counts[whole] else 0.0

    def figures(self) -> dict[str, Any]:
        """The shares this evaluation is about, all between 0 and 1."""
        return {
            "tickets": self.counts["answerable"],
            "coverage": self.share("shown", "answerable"),
            "precision": self.share("right", "shown"),
            "false_confident": self.share("shown_without", "without"),
            "article_first": self.share("article_1", "answerable"),
            "article_in_3": self.share("article_3", "answerable"),
            "similar_first": self.share("similar_1", "answerable"),
            "similar_in_3": self.share("similar_3", "answerable"),
        }


def first_turn(thread: Thread) -> Thread:
    """The thread as it stood before anybody answered."""
    said = []
    for message in thread.messages:
        if message.author == "agent" and not message.private:
            break
        if message.author == "customer":
            said.append(message)
    return replace(thread, messages=tuple(said), solved=False)


def measure_tickets(labels: Labels, *, every: int = 1, seen: Callable[[], None] = lambda: None) -> Tally:
    """Of the bound company, every n-th ticket. Once with all knowledge, once without that of its own topic."""
    tally, known = Tally(), topic_of(labels)
    tickets = list(Ticket.objects.shown().select_related("customer").order_by("created_at", "id"))[::every]
    for ticket_id, thread in load_threads(tickets).items():
        case, topic = first_turn(thread), labels.tickets[thread.remote_id]
        seen()
        if not case.messages:
            continue
        if topic in labels.public:
            _with_knowledge(tally, compose(case, now=timezone.now(), reach=ALL_TICKETS), topic, known, thread)
        without = compose(case, now=timezone.now(), reach=ALL_TICKETS, keep=lambda one, own=topic: not own or known(one) != own)
        tally.counts["without"] += 1
        tally.counts["shown_without"] += without.draft.outcome == "reply"
        assert without.draft.outcome != "reply" or all(
            one.source.ticket_id != ticket_id for one in without.draft.citations
        )
    return tally


def topic_of(labels: Labels) -> Callable[[Passage | shapes.Quote], str]:
    """The topic of what a passage or quote was taken from."""

    def of(one: Passage | shapes.Quote) -> str:
        source = one.source
        return labels.articles.get(source.title, "") if source.kind == "article" else labels.tickets[source.remote_id]

    return of


def _with_knowledge(tally: Tally, brief: shapes.Brief, topic: str, known: Callable[..., str], thread: Thread) -> None:
    tally.counts["answerable"] += 1
    shown = [known(one.passage) for one in brief.articles]
    cases = [known(one.fix) for one in brief.similar if one.fix]
    for name, found in (("article", shown), ("similar", cases)):
        tally.counts[f"{name}_1"] += topic in found[:1]
        tally.counts[f"{name}_3"] += topic in found[:3]
    if brief.draft.outcome != "reply":
        return
    tally.counts["shown"] += 1
    quoted = {known(one) for one in brief.draft.citations}
    if quoted == {topic}:
        tally.counts["right"] += 1
    else:
        tally.wrong.append(
            f"#{thread.remote_id} {thread.language} {topic}: {', '.join(sorted(quoted))} ({thread.subject})"
        )


def measure_questions(asked: Iterable[tuple[str, str]], labels: Labels) -> dict[str, Any]:
    """Shares of answered questions whose first quote is of the right topic, and of refused ones that have no answer."""
    counts: Counter[str] = Counter()
    for text, topic in asked:
        answer = ask_question(question=text, reach=ALL_TICKETS)
        kind = "answerable" if topic else "unanswerable"
        counts[kind] += 1
        first = topic_of(labels)(answer.citations[0]) if answer.citations else ""
        counts["right"] += bool(topic) and first == topic
        counts["refused"] += not topic and answer.outcome == "not_enough_evidence"
    return {
        "questions": counts["answerable"], "right": round(counts["right"] / counts["answerable"], 3),
        "refused": round(counts["refused"] / counts["unanswerable"], 3),
    }  # fmt: skip


def together(tallies: Sequence[Tally]) -> Tally:
    whole = Tally()
    for one in tallies:
        whole.counts.update(one.counts)
        whole.wrong += one.wrong
    return whole
