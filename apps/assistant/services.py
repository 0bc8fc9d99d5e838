"""The assistant's verbs: make a ticket's brief, answer a question. No language model is needed for either."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils import timezone

from apps.accounts.reach import ALL_TICKETS, Reach
from apps.assistant import shapes
from apps.assistant.extractive.ask import answer_question
from apps.assistant.extractive.evidence import order_articles
from apps.assistant.extractive.gate import DEFAULTS, passes
from apps.assistant.extractive.inputs import Passage, PublicPassage, Thread
from apps.assistant.extractive.reply import parts_of_names, suggest_reply
from apps.assistant.extractive.similar import find_fix, similar_tickets
from apps.assistant.extractive.summary import summarise
from apps.assistant.feedback import new_answer_name
from apps.assistant.linked import gather_merged
from apps.assistant.loading import load_threads, message_source
from apps.assistant.models import Brief
from apps.assistant.searching import Asked, asked, asked_by, closeness, search, search_articles
from apps.core.audit import record
from apps.core.errors import BadInput
from apps.core.text import detect_language, normalise
from apps.ingest.models import Outbox
from apps.platforms.models import Message, Ticket
from apps.platforms.products import serves
from apps.search.index import Wanted
from apps.tenancy.slots import Slots

EVERYTHING = ("public", "private", "restricted")  # what an agent may read
ARTICLES_SHOWN, TRACE_LINES = 5, 12
MODE = "extractive"  # of drafts and answers, as the audit trail names it: no language model wrote a word
QUESTION_LIMIT = 4000  # characters (CAP-3)
ASKING = Slots("assistant.ask", most=8, seconds=60)  # questions of a company at the same time: web threads are shared


def get_brief(ticket: Ticket) -> shapes.Brief | None:
    """The stored brief, whatever version of the thread it was made from."""
    stored = Brief.objects.filter(ticket=ticket).first()
    return stored.shape() if stored else None


def brief_state(ticket: Ticket, stored: Brief | None) -> str:
    """ready | thin | ask | stale | preparing | off (solved, none was made): one word for the queue and the card."""
    if stored is None:
        return "off" if ticket.is_solved else "preparing"
    return state_of(stored.outcome, current=stored.thread_version == ticket.thread_version)


def state_of(outcome: str, *, current: bool) -> str:
    """`brief_state` of a brief that was made. `current`: from the thread as it is now."""
    if not current:
        return "stale"
    return {"reply": "ready", "ask_customer": "ask"}.get(outcome, "thin")


def make_brief(*, ticket: Ticket) -> Brief:
    """Make and store the brief of the thread as it is now. Repeating it stores the same again.

    Raises ExternalUnavailable when the vector engine is down: nothing is stored then.
    """
    complete = not Outbox.objects.filter(kind=Outbox.Kind.SECOND_ARTICLE).exists()
    thread = load_threads([ticket])[str(ticket.pk)]
    brief = compose(thread, now=timezone.now(), reach=ALL_TICKETS)
    with transaction.atomic():
        stored, _ = Brief.objects.update_or_create(
            ticket=ticket,
            defaults={
                "thread_version": thread.version,
                "outcome": brief.draft.outcome,
                "mood": brief.summary.mood,
                "similar_count": len(brief.similar),
                "data": brief.model_dump(mode="json"),
                "made_at": timezone.now(),
                "complete": complete,
            },
        )
    record("draft_made", subject=f"ticket:{ticket.pk}", mode=MODE, outcome=brief.draft.outcome)
    return stored


def compose(
    thread: Thread, *, now: datetime, reach: Reach, keep: Callable[[Passage], bool] = lambda _: True
) -> shapes.Brief:
    """Everything shown for a thread to somebody of this reach: reads the index and the mirror, writes nothing.

    `keep`: what of the knowledge may be used; all of it unless somebody measures the help without a part.
    """
    question = asked_by(thread)
    wanted = Wanted(
        reach, kinds=("message",), visibilities=EVERYTHING, not_ticket=thread.ticket_id, product=thread.product
    )
    messages = [one for one in search(question, wanted) if keep(one)]
    articles = [one for one in search_articles(question, EVERYTHING, reach=reach, product=thread.product) if keep(one)]
    near = [one for one in messages if passes(one.dense, one.lexical, DEFAULTS.related)]
    near = gather_merged(near, reach, thread.ticket_id)
    similar, fixes = _similar(near, question, wanted)
    public = [PublicPassage(one) for one in [*articles, *fixes] if one.source.visibility == "public"]
    draft = suggest_reply(thread, public)
    return shapes.Brief(
        thread_version=thread.version,
        language=thread.language,
        summary=summarise(thread, now),
        similar=similar,
        articles=_articles(articles, thread.language),
        draft=draft,
        why=_trace([*_one_each(articles, thread.language), *_one_each(messages, thread.language)], draft),
    )


def ask_question(*, question: str, reach: Reach, language: str = "", ticket: Ticket | None = None) -> shapes.Answer:
    """Answer from the company's articles and the tickets within reach, for an agent: private words are allowed and flagged.
    `ticket`: the one that is open; what belongs to another product alone does not answer it.

    Raises BadInput for an empty or too long question, RateLimited while the company asks many at the same time.
    """
    question = normalise(question)
    if not question:
        raise BadInput("question: write what you want to know.", code="question_empty")
    if len(question) > QUESTION_LIMIT:
        raise BadInput(f"question: at most {QUESTION_LIMIT} characters.", code="question_too_long")
    spoken = detect_language(question, hint=language or None)
    context = f"{ticket.subject}. {question}" if ticket is not None else question
    with ASKING.held():
        wish = asked(context, spoken)
        product = ticket.product_id if ticket is not None else None
        found = search(wish, Wanted(reach, kinds=("article", "message", "attachment"), visibilities=EVERYTHING, product=product))
        answer = answer_question(question, spoken, _worth_quoting(found), partial(closeness, wish))
        answer = answer.model_copy(update={"why": _trace(found[:TRACE_LINES], answer), "name": new_answer_name()})
    record("assistant_asked", subject=f"ticket:{ticket.pk}" if ticket else "", mode=MODE, outcome=answer.outcome)
    return answer


def _worth_quoting(passages: Sequence[Passage]) -> list[Passage]:
    """Articles, and what agents wrote or sent as a file; what a customer did answers nothing."""
    return [one for one in passages if one.source.kind == "article" or one.author == Message.Author.AGENT]


def _similar(
    near: Sequence[Passage], question: Asked, wanted: Wanted
) -> tuple[list[shapes.SimilarTicket], list[Passage]]:
    """Similar solved tickets, and their fixes as passages that may be quoted."""
    ids = {one.source.ticket_id for one in near}
    solved = Ticket.objects.solved().within(wanted.reach).filter(serves(wanted.product), pk__in=ids).select_related("customer")
    tickets = {str(one.pk): one for one in solved}
    threads = load_threads(tickets.values())
    fixes = {key: fix for key, thread in threads.items() if (fix := find_fix(thread)) is not None}
    rows = Message.objects.in_bulk([fix.id for fix in fixes.values()], field_name="id") if fixes else {}
    by_id = {str(key): row for key, row in rows.items()}
    sources = {key: message_source(by_id[fix.id], tickets[key]) for key, fix in fixes.items()}
    shown = similar_tickets(
        near, threads, sources, {key: one.solved_at for key, one in tickets.items()}, question.text, question.language
    )
    best = {one.ticket_id: one for one in shown}
    passages = []
    for passage in near:
        shape = best.pop(passage.family, None)
        if shape is not None and shape.fix is not None:
            fix, row = fixes[shape.ticket_id], by_id[fixes[shape.ticket_id].id]
            passages.append(
                replace(
                    passage, source=sources[shape.ticket_id], written=row.text, start=0, end=fix.own,
                    names=_people(threads[shape.ticket_id]),
                )
            )  # fmt: skip
    return shown, passages


def _people(thread: Thread) -> frozenset[str]:
    return frozenset(parts_of_names([thread.customer_name, *(one.author_name for one in thread.messages)]))


def _articles(passages: Sequence[Passage], language: str) -> list[shapes.RelevantArticle]:
    """The strongest articles, each by its nearest passage: in the customer's language when it was written in it."""
    best = []
    for article in order_articles(passages, language):
        nearest = max(article.in_language(language) or article.passages, key=lambda one: one.meaning)
        if any(passes(one.meaning, one.lexical, DEFAULTS.listed) for one in article.passages):
            best.append(nearest)
    return [
        shapes.RelevantArticle(
            article_id=one.source.id, remote_id=one.source.remote_id, title=one.source.title,
            language=one.source.language, visibility=one.source.visibility, updated_at=one.source.updated_at,
            score=round(max(0.0, min(1.0, one.meaning)), 3),
            passage=shapes.Quote(source=one.source, text=one.text, start=one.start, end=one.end),
        )
        for one in best[:ARTICLES_SHOWN]
    ]  # fmt: skip


def _one_each(passages: Sequence[Passage], language: str) -> list[Passage]:
    """One passage an article or ticket, the first of the reader's language before all others."""
    chosen: dict[str, Passage] = {}
    for one in passages:
        held = chosen.setdefault(one.family, one)
        if held.source.language != language == one.source.language:
            chosen[one.family] = one
    return list(chosen.values())[: TRACE_LINES // 2]


def _trace(passages: Sequence[Passage], made: shapes.Draft | shapes.Answer) -> list[shapes.Candidate]:
    """Why this answer: what was looked at, with scores, kept or dropped and for which reason."""
    reasons = [_reason(one, made) for one in passages]
    return [
        shapes.Candidate(
            kind=one.source.kind, ticket_id=one.source.ticket_id, title=one.source.title, remote_id=one.source.remote_id, language=one.source.language,
            visibility=one.source.visibility, dense=round(one.dense, 3), lexical=round(one.lexical, 2),
            score=round(one.score, 3), kept=reason == "kept", reason=reason,
        )
        for one, reason in zip(passages, reasons, strict=True)
    ]  # fmt: skip


def _reason(passage: Passage, made: shapes.Draft | shapes.Answer) -> str:
    if passage.source.id in {quote.source.id for quote in made.citations}:
        return "kept"
    if isinstance(made, shapes.Answer):
        return "limit" if made.outcome == "answer" else "below_threshold"
    if passage.source.visibility != "public":
        return "private"
    if passage.source.language != made.language:
        return "other_language"
    return "limit" if made.outcome == "reply" else "below_threshold"
