"""Solved tickets like this one, each with the passage that holds the fix. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from apps.assistant.extractive.inputs import Passage, Thread, ThreadMessage
from apps.assistant.extractive.summary import central, telling
from apps.assistant.shapes import Quote, SimilarTicket, Source
from apps.search.lexical import tokens

SHOWN = 4
ALIKE = 0.72  # share of words two fixes have in common to count as the same


def find_fix(thread: Thread) -> ThreadMessage | None:
    """The last public agent message of a solved ticket, unless the customer reopened it after (decisions 24).

    A customer who only confirms after the fix has not reopened: the ticket is solved.
    """
    if not thread.solved:
        return None
    agents = [one for one in thread.messages if one.author == "agent" and not one.private]
    return agents[-1] if agents else None


def fix_quote(thread: Thread, source: Source) -> Quote | None:
    """The sentences of the fix that say most, as one verbatim span."""
    message = find_fix(thread)
    if message is None:
        return None
    spans = telling(message)
    if not spans:
        return None
    chosen = central(spans, message.text, thread.subject, 3)
    start, end = chosen[0].start, chosen[-1].end
    return Quote(source=source, text=message.text[start:end], start=start, end=end)


def similar_tickets(
    passages: Sequence[Passage],
    threads: Mapping[str, Thread],
    sources: Mapping[str, Source],
    solved_at: Mapping[str, datetime | None],
    question: str,
    language: str,
) -> list[SimilarTicket]:
    """Best first, near-duplicates collapsed with a count. `sources` holds the fix message's source by ticket id."""
    best: dict[str, Passage] = {}
    for passage in passages:
        ticket = passage.source.ticket_id or ""
        if ticket in threads and (ticket not in best or passage.score > best[ticket].score):
            best[ticket] = passage
    found: list[tuple[SimilarTicket, set[str]]] = []
    for ticket, passage in sorted(best.items(), key=lambda one: -one[1].score):
        thread = threads[ticket]
        fix = fix_quote(thread, sources[ticket]) if ticket in sources else None
        words = set(tokens(fix.text if fix else thread.subject, thread.language))
        twin = next((place for place, (_, seen) in enumerate(found) if _alike(words, seen)), None)
        if twin is not None:
            known, seen = found[twin]
            found[twin] = (known.model_copy(update={"seen": known.seen + 1, "also": [*known.also, ticket]}), seen)
            continue
        found.append(
            (_shape(thread, passage, fix, solved_at.get(ticket), shared_terms(question, passage, language)), words)
        )
    return [one for one, _ in found][:SHOWN]


def shared_terms(question: str, passage: Passage, language: str) -> list[str]:
    """Words both texts hold, longest first: why it matched."""
    mine, theirs = set(tokens(question, language)), set(tokens(passage.text, passage.source.language))
    return sorted(
        (one for one in mine & theirs if len(one) > 3 or not one.isascii()), key=lambda one: (-len(one), one)
    )[:5]


def _shape(
    thread: Thread, passage: Passage, fix: Quote | None, solved_at: datetime | None, terms: list[str]
) -> SimilarTicket:
    return SimilarTicket(
        ticket_id=thread.ticket_id, remote_id=thread.remote_id, subject=thread.subject, status=thread.status,
        language=thread.language, solved_at=solved_at, score=round(max(0.0, min(1.0, passage.dense)), 3), seen=1,
        fix=fix, terms=terms,
    )  # fmt: skip


def _alike(one: set[str], other: set[str]) -> bool:
    return bool(one and other) and len(one & other) / len(one | other) >= ALIKE
