"""Feedback: whether something the assistant showed helped, and why not. One word a person and thing; it may be changed or
taken back, and giving it twice changes nothing.

Answers to questions are not stored, so an answer carries a name that only this company's site can have given
(decision 0058).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from apps.accounts.reach import Reach
from apps.assistant import shapes
from apps.assistant.models import Brief, Feedback
from apps.core.errors import BadInput, Conflict, NotFound
from apps.core.ids import uuid7
from apps.core.text import visible
from apps.platforms.models import Ticket
from apps.tenancy.context import current_company

COMMENT_LIMIT = 1000  # characters
SEAL = 20  # hexadecimal digits
Given = dict[tuple[str, str], Feedback]  # by kind and thing


@dataclass(frozen=True, slots=True)
class Thing:
    """What a word is about, and how far whoever says it reads. `name` may be empty for a draft: the present one."""

    kind: str
    reach: Reach
    name: str = ""
    ticket: Ticket | None = None


def give_feedback(
    *, user: Any, thing: Thing, helpful: bool, reason: str = "", comment: str = "", question: str = ""
) -> Feedback:
    """Keep what the person thinks of it, in place of what they said before. Reason and comment are of an unhelpful one.

    Raises NotFound for what was not shown there, Conflict for a draft that is no longer the present one, BadInput.
    """
    comment = visible(comment).strip()
    if len(comment) > COMMENT_LIMIT:
        raise BadInput(f"comment: at most {COMMENT_LIMIT} characters.", code="comment_too_long")
    if helpful and (reason or comment):
        raise BadInput("reason and comment: only with what did not help.", code="reason_of_helpful")
    named = _shown(thing)
    with transaction.atomic():
        given, _ = Feedback.objects.update_or_create(
            user_id=user.pk, kind=thing.kind, ticket=thing.ticket, thing=named,
            defaults={
                "helpful": helpful, "reason": reason, "comment": comment,
                "question": visible(question).strip() if thing.kind == Feedback.Kind.ANSWER else "",
                "similar_id": named if thing.kind == Feedback.Kind.SIMILAR else None,
            },
        )  # fmt: skip
    return given


def withdraw_feedback(*, user: Any, thing: Thing) -> bool:
    """Take it back, also of what is no longer shown. Whether there was any. Raises NotFound as above for a draft."""
    named = thing.name or _shown(thing)
    gone, _ = Feedback.objects.filter(user_id=user.pk, kind=thing.kind, ticket=thing.ticket, thing=named).delete()
    return bool(gone)


def given_on(ticket: Ticket, user: Any) -> Given:
    """What this person has said about things of a ticket."""
    return {(one.kind, one.thing): one for one in Feedback.objects.filter(user_id=user.pk, ticket=ticket)}


def new_answer_name() -> str:
    """A name for an answer of the bound company, which nobody can make up."""
    number = str(uuid7())
    return f"{number}.{_seal(number)}"


def _shown(thing: Thing) -> str:
    """The name of a thing that is, or was, shown where it is said to be."""
    if thing.kind == Feedback.Kind.ANSWER:
        number, _, seal = thing.name.partition(".")
        if not constant_time_compare(seal, _seal(number)):
            raise NotFound("There is no such answer.", code="answer_unknown")
        return thing.name
    stored = Brief.objects.filter(ticket=thing.ticket).first() if thing.ticket is not None else None
    if stored is None:
        raise NotFound("This ticket has no brief yet.", code="brief_missing")
    if thing.kind == Feedback.Kind.DRAFT:
        if thing.name not in ("", stored.thread_version):
            raise Conflict("The suggested reply is another one by now.", code="draft_changed")
        return stored.thread_version
    brief = stored.shape()
    listed = {one.article_id for one in brief.articles}
    if thing.kind == Feedback.Kind.SIMILAR:
        listed = _similar_to(brief, thing)
    if _uuid(thing.name) not in listed:
        raise NotFound("This ticket’s brief does not list it.", code="not_listed")
    return _uuid(thing.name)


def _similar_to(brief: shapes.Brief, thing: Thing) -> set[str]:
    """Of what may have been listed, what is within reach. To whom only a part is shown, a brief made for them may have
    listed any case of that part: those are not stored."""
    if thing.reach.everything:
        return {one.ticket_id for one in brief.similar}
    wanted = [name for name in (_uuid(thing.name),) if name]
    return set(map(str, Ticket.objects.solved().within(thing.reach).filter(pk__in=wanted).values_list("pk", flat=True)))


def _uuid(name: str) -> str:
    """As we write it; '' for what is none."""
    try:
        return str(UUID(name))
    except ValueError:
        return ""


def _seal(number: str) -> str:
    text = f"{current_company().company_id}\0{number}"
    return salted_hmac("deskhand.answer", text, algorithm="sha256").hexdigest()[:SEAL]
