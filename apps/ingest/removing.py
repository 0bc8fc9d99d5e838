"""Forget a connection: its mirror, what was made of it, its points, what is owed for it. Nothing is asked of the helpdesk."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from apps.core.errors import ExternalUnavailable
from apps.ingest.deadletters import row_key
from apps.ingest.models import DeadLetter, Outbox, Stream
from apps.platforms.models import Article, Attachment, Connection, Ticket
from apps.search.index import erase_connection
from apps.search.models import Chunk
from apps.tenancy.cache import forget_company

AT_ONCE = 500  # tickets or articles of one transaction
PATIENCE = 90.0  # seconds until what a worker has in its hands is settled, or its claim has run out


def remove_connection(connection: Connection, *, tell: Callable[[int], None] = lambda _done: None) -> dict[str, int]:
    """Everything of it, in pieces; its own row goes last. Killed anywhere, it is repeated; agents go on with what else there is.

    Returns how many tickets, messages and articles went. Raises ExternalUnavailable when the vector engine is down, or workers
    do not let go.
    """
    with transaction.atomic():  # nobody begins anything new, and who reads now is refused at the fence
        Connection.objects.filter(pk=connection.pk).update(state=Connection.State.PAUSED)
        Stream.objects.filter(connection=connection).update(fence=F("fence") + 1, lease_until=None)
    _let_go(connection)
    erase_connection(connection.pk)
    gone = {"tickets": 0, "messages": 0, "articles": 0}
    while ids := _some(Ticket, connection):
        gone["messages"] += _erase_tickets(ids)
        gone["tickets"] += len(ids)
        tell(gone["tickets"])
    while ids := _some(Article, connection):
        with transaction.atomic():
            Chunk.objects.filter(source_id__in=ids).delete()
            _forget_work(ids)
            Article.objects.filter(pk__in=ids).delete()
        gone["articles"] += len(ids)
    DeadLetter.objects.filter(key__startswith=row_key(connection.pk, "")).delete()
    connection.delete()
    erase_connection(connection.pk)
    forget_company()  # answers that quote what is not there any more
    return gone


def _some(model: type[models.Model], connection: Connection) -> list[Any]:
    rows = model._default_manager.filter(connection=connection)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])


def _erase_tickets(ids: list[Any]) -> int:
    """Returns how many messages they had, beside their first ones."""
    with transaction.atomic():
        list(Ticket.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))
        files = list(Attachment.objects.filter(message__ticket__in=ids).values_list("pk", flat=True))
        Chunk.objects.filter(ticket_id__in=ids).delete()
        _forget_work([*ids, *files])
        messages = 0
        for relation in Ticket._meta.related_objects:
            if relation.on_delete is models.CASCADE:
                rows = relation.related_model._default_manager.filter(**{f"{relation.field.name}__in": ids})
                messages += rows.count() - len(ids) if relation.related_model._meta.model_name == "message" else 0
                rows.delete()
        Ticket.objects.filter(pk__in=ids).delete()
    return max(0, messages)


def _forget_work(ids: list[Any]) -> None:
    Outbox.objects.filter(object_id__in=ids).delete()
    DeadLetter.objects.filter(key__in=[str(one) for one in ids]).delete()


def _let_go(connection: Connection) -> None:
    """What is owed is owed no more; what a worker is doing now is waited for, or it would put points back."""
    until = time.monotonic() + PATIENCE
    ours = Q(object_id__in=Ticket.objects.filter(connection=connection).values("pk"))
    ours |= Q(object_id__in=Article.objects.filter(connection=connection).values("pk"))
    while True:
        held = Q(claimed_until__gt=timezone.now())
        Outbox.objects.filter(ours).exclude(held).delete()
        if not Outbox.objects.filter(ours & held).exists():
            return
        if time.monotonic() > until:
            raise ExternalUnavailable("Workers still hold work of this connection; run it again.", code="still_worked_on")
        time.sleep(0.2)
