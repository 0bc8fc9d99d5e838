"""Owed briefs: made after indexing, and once more when the first sync has brought all knowledge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q

from apps.assistant.models import Brief
from apps.assistant.services import make_brief
from apps.core.errors import AppError
from apps.ingest.models import Outbox, Stream
from apps.ingest.outbox import Claimed, owe, put_off, settle
from apps.ingest.timing import Stage, timed
from apps.platforms.models import Article, Ticket

AGAIN = 4  # priority

def make_owed(claimed: Sequence[Claimed]) -> None:
    """Worker of Outbox.Kind.BRIEF."""
    tickets = Ticket.objects.waiting().select_related("customer").in_bulk([one.object_id for one in claimed])
    for one in claimed:
        ticket = tickets.get(one.object_id)
        try:
            if ticket is not None:
                with timed(Stage.BRIEF):
                    make_brief(ticket=ticket)
        except AppError as exc:
            put_off([one], code=exc.code)
        else:
            settle([one])


def owe_without(sender: object, ids: Sequence[UUID], **_more: Any) -> None:
    """Hears `left`: briefs that name one of these articles are made anew, in the transaction of the sender."""
    named = Q()
    for pk, number in Article.objects.filter(pk__in=ids).values_list("pk", "remote_id"):
        named |= Q(data__articles__contains=[{"article_id": str(pk)}]) | Q(data__draft__citations__contains=[{"source": {"id": str(pk)}}])
        named |= Q(data__why__contains=[{"kind": "article", "remote_id": number}])  # the trace knows the helpdesk's id alone
    owe(Outbox.Kind.BRIEF, list(Brief.objects.filter(named).values_list("ticket_id", flat=True)), priority=AGAIN)


def renew_after_first_sync() -> int:
    """Briefs made while knowledge was still arriving are owed again, once: after the first sync, and once more when the
    articles have their second meaning. Returns how many."""
    owed = set(Outbox.objects.exclude(kind=Outbox.Kind.BRIEF).values_list("kind", flat=True).distinct())
    if owed - Outbox.BEHIND:
        return 0
    if not Stream.objects.exists() or Stream.objects.filter(first_completed_at=None).exists():
        return 0
    early = Q(brief__made_at__lt=Stream.objects.aggregate(at=Max("first_completed_at"))["at"])
    if Outbox.Kind.SECOND_ARTICLE not in owed:
        early |= Q(brief__complete=False)
    old = list(Ticket.objects.waiting().filter(early).values_list("pk", flat=True))
    missing = list(Ticket.objects.waiting().filter(brief=None).exclude(thread_version="").values_list("pk", flat=True))
    with transaction.atomic():
        owe(Outbox.Kind.BRIEF, [*old, *missing], priority=4)
    return len(old) + len(missing)
