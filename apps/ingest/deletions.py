"""What went away: found by walks over all numbers, looked after one by one, removed unless it is too much to believe.

A key whose scope was narrowed looks exactly like an account where nearly everything was deleted. So a company loses at
most a share of its tickets a day without a person saying so; until then they stay, and the status tells how many wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from django.db import models, transaction
from django.utils import timezone

from apps.core.audit import record_on_commit
from apps.ingest.deadletters import tickets_aside
from apps.ingest.models import Outbox, Stream
from apps.ingest.outbox import owe
from apps.ingest.streams import begin_again
from apps.platforms.base import TicketPlace
from apps.platforms.firms import Firm
from apps.platforms.models import Article, Connection, Person, Ticket

FEW, SHARE = 20, 0.05  # so many, or this part of what there is, may go in a day by itself
PERIOD = timedelta(days=1)
ASKED_AGAIN = timedelta(days=7)  # so long a ticket that went is looked for once a day
HIDDEN = {"trashed": (Stream.Kind.TRASHED,), "spam": (Stream.Kind.SPAM,)}  # the feeds that bring tickets in that state
SHOWN = (Stream.Kind.TICKETS, Stream.Kind.HISTORY)  # and all others
ARCHIVE_DAYS, ARCHIVE_MOST = 30, 3000  # in so many walks every archived ticket is asked for, but no more in one: a credit each
LOOK_FIRST, LOOK = 2, 6  # priorities
log = structlog.get_logger("deskhand.ingest")


def note_ids(connection: Connection, stream: Stream, places: Sequence[TicketPlace]) -> None:
    """A page of the walk: what it names is there. What we hold otherwise, or never met, is looked at."""
    named = {place.remote_id: place for place in places}
    rows = Ticket.objects.filter(connection=connection, remote_id__in=named)
    held = {row["remote_id"]: row for row in rows.values("id", "remote_id", "updated_at", "state", "deleted", "missing_at")}
    rows.filter(sweep__lt=stream.sweep).update(sweep=stream.sweep)
    other = [
        row["id"]
        for key, row in held.items()
        if row["deleted"] or row["missing_at"] or row["state"] != named[key].state or row["updated_at"] < named[key].updated_at
    ]
    owe(Outbox.Kind.LOOK, other, priority=LOOK_FIRST)
    unknown = named.keys() - held.keys()
    aside = tickets_aside(connection.pk, unknown)  # tried again by themselves
    _meet(connection, [named[key] for key in unknown - aside])


def _meet(connection: Connection, strangers: Sequence[TicketPlace]) -> None:
    """Tickets that no feed has brought: hidden from the key till now, or back in a list at a time that was read long ago.

    Each is looked at; when they are many, their feeds are read from the beginning, which costs less. Those whose own feed
    has not been read to its end are still to come; that another one was not says nothing of them.
    """
    unread = set(Stream.objects.filter(connection=connection, first_completed_at=None).values_list("kind", flat=True))
    strangers = [place for place in strangers if unread.isdisjoint(HIDDEN.get(place.state, SHOWN))]
    if len(strangers) > FEW:
        for state in {place.state for place in strangers}:
            begin_again(connection, state)
        return
    marks = [
        Ticket(
            connection=connection, remote_id=place.remote_id, state=place.state, deleted=True, status_category="open",
            created_at=place.updated_at, updated_at=place.updated_at,
        )
        for place in strangers
    ]  # fmt: skip
    Ticket.objects.bulk_create(marks, ignore_conflicts=True)
    known = Ticket.objects.filter(connection=connection, remote_id__in=[place.remote_id for place in strangers])
    owe(Outbox.Kind.LOOK, list(known.values_list("id", flat=True)), priority=LOOK_FIRST)


def finish_ids(connection: Connection, stream: Stream) -> None:
    """The walk has ended: what it did not meet is looked after, unless it is too much to believe.

    So is what went lately: it may be in the archive of a key that sees it again, and no list would say so.
    """
    back = Ticket.objects.filter(connection=connection, deleted=True, missing_at__gt=timezone.now() - ASKED_AGAIN)
    owe(Outbox.Kind.LOOK, list(back.values_list("id", flat=True)), priority=LOOK)
    gone = Ticket.objects.filter(connection=connection, deleted=False, sweep__lt=stream.sweep).exclude(
        state=Ticket.State.ARCHIVED  # no list shows them
    )
    ids = list(gone.values_list("id", flat=True))
    if not _believable(connection, stream, len(ids)):
        _hold(stream, len(ids))
        return
    stream.held = 0
    owe(Outbox.Kind.LOOK, [*ids, *_of_the_archive(connection, stream)], priority=LOOK)


def _of_the_archive(connection: Connection, stream: Stream) -> list[UUID]:
    """The archived tickets that nobody has looked at for longest: no list shows them, so each walk asks for 1 / ARCHIVE_DAYS."""
    rows = Ticket.objects.filter(connection=connection, deleted=False, state=Ticket.State.ARCHIVED)
    unseen = rows.filter(sweep__lt=stream.sweep).order_by("sweep", "pk")
    ids = list(unseen.values_list("pk", flat=True)[: min(max(FEW, rows.count() // ARCHIVE_DAYS), ARCHIVE_MOST)])
    Ticket.objects.filter(pk__in=ids).update(sweep=stream.sweep)
    return ids


def remove_tickets(connection_id: UUID, ids: Sequence[UUID]) -> bool:
    """The helpdesk says that they are not there. True when they are removed; False when somebody must say so first.

    In the caller's transaction. Removed: words, thread, briefs, chunks, and the customer whose last ticket it was; the
    number stays as a mark.
    """
    if not ids:
        return True
    connection = Connection.objects.get(pk=connection_id)
    stream = Stream.objects.select_for_update().filter(connection=connection, kind=Stream.Kind.IDS).first()
    now = timezone.now()
    Ticket.objects.filter(pk__in=ids, missing_at=None).update(missing_at=now)
    waiting = models.Q(missing_at__isnull=False, deleted=False)  # however long they have been: nobody said anything
    lately = Ticket.objects.filter(waiting | models.Q(missing_at__gt=now - PERIOD), connection=connection).count()
    if stream is not None and not _believable(connection, stream, lately):
        _hold(stream, Ticket.objects.filter(connection=connection, missing_at__isnull=False, deleted=False).count())
        stream.save(update_fields=["held"])
        return False
    erase_tickets(ids)
    return True


def erase_tickets(ids: Iterable[UUID]) -> None:
    """Everything we hold of them but their numbers, and their customers and their companies when we hold nothing else of them."""
    ids = list(ids)
    # in order, and before anything goes: whoever stores something of theirs now has it in, or waits and finds them gone
    list(Ticket.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))
    firms = list(Ticket.objects.filter(pk__in=ids, firm__isnull=False).values_list("firm_id", flat=True).distinct())
    customers = list(Person.objects.filter(tickets__in=ids).values_list("pk", flat=True).distinct())
    for relation in Ticket._meta.related_objects:
        if relation.on_delete is models.CASCADE:
            relation.related_model._default_manager.filter(**{f"{relation.field.name}__in": ids}).delete()
    Ticket.objects.filter(pk__in=ids).update(
        deleted=True, subject="", description_html="", description_text="", tags=[], customer=None, raw_hash="",
        message_count=0, files=None, firm=None,
    )  # fmt: skip
    _forget(customers)
    Firm.objects.filter(pk__in=firms, tickets=None).delete()
    owe(Outbox.Kind.INDEX_TICKET, ids, priority=1)


def _forget(customer_ids: Sequence[UUID]) -> None:
    """Who has no ticket left: their contact may be gone as well, and no list would say so. Who writes again is met again."""
    rows = Person.objects.filter(pk__in=customer_ids, kind=Person.Kind.CUSTOMER)
    list(rows.select_for_update().order_by("remote_id"))  # whoever stores a ticket of theirs now has it in or waits
    rows.filter(tickets=None).delete()


def note_gone(connection: Connection, stream: Stream, remote_ids: Sequence[str]) -> bool:
    """A page of the feed of deleted tickets, in the caller's transaction: those we hold are looked at. False when they are
    too many to be believed."""
    rows = Ticket.objects.filter(connection=connection, remote_id__in=remote_ids, deleted=False)
    ids = list(rows.values_list("pk", flat=True))
    believed = _believable(connection, stream, len(ids))
    if believed:
        stream.held = 0
        owe(Outbox.Kind.LOOK, ids, priority=LOOK_FIRST)
    else:
        _hold(stream, len(ids))
    stream.save(update_fields=["held"])
    return believed


def remove_articles(connection: Connection, stream: Stream) -> None:
    """A completed walk that did not meet an article means it is gone: hide it and take it out of the index."""
    gone = Article.objects.filter(connection=connection, deleted=False, sweep__lt=stream.sweep)
    ids = list(gone.values_list("id", flat=True))
    if not _believable(connection, stream, len(ids)):
        _hold(stream, len(ids))
        return
    stream.held = 0
    Article.objects.filter(id__in=ids).update(deleted=True)
    owe(Outbox.Kind.INDEX_ARTICLE, ids, priority=1)


def confirm_removals(connection: Connection) -> int:
    """A person says that they are gone indeed: for a day nothing is held. Returns how many waited.

    They are looked for once more all the same: what is there again stays.
    """
    with transaction.atomic():
        streams = Stream.objects.select_for_update().filter(connection=connection)
        waiting = sum(streams.values_list("held", flat=True))
        missing = Ticket.objects.filter(connection=connection, missing_at__isnull=False, deleted=False)
        owe(Outbox.Kind.LOOK, list(missing.values_list("id", flat=True)), priority=LOOK_FIRST)
        streams.filter(held__gt=0).update(next_at=timezone.now())
        streams.update(held=0, confirmed_until=timezone.now() + PERIOD)
        if waiting:
            record_on_commit("removals_confirmed", subject=f"connection:{connection.pk}", count=waiting)
    return waiting


def _believable(connection: Connection, stream: Stream, count: int) -> bool:
    if stream.confirmed_until is not None and stream.confirmed_until > timezone.now():
        return True
    kind = Article if stream.kind == Stream.Kind.ARTICLES else Ticket
    return count <= max(FEW, SHARE * kind.objects.filter(connection=connection, deleted=False).count())


def _hold(stream: Stream, count: int) -> None:
    if not stream.held:  # one alert
        log.error("removals_held", kind=str(stream.kind), count=count)
    stream.held = count
