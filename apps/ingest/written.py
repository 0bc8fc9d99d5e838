"""What was written to a helpdesk is in the mirror at once, in the transaction that says so.

The next poll brings the ticket again and its thread is read: the same rows and the same version. The brief is made anew
then, once: a version that moved here says that it is old.
"""

from __future__ import annotations

from typing import Any

from apps.ingest.models import Outbox
from apps.ingest.outbox import owe
from apps.ingest.sql import move_versions, upsert_messages
from apps.ingest.sync import store_tickets
from apps.ingest.threads import message_rows, names_of, version_of
from apps.platforms.base import MessageData, TicketData
from apps.platforms.models import Message, Ticket


def keep_written(sender: Any, *, ticket: Ticket, message: MessageData | None, changed: TicketData | None, **more: Any) -> None:
    """Listens to platforms.signals.written."""
    if changed is not None:
        store_tickets(ticket.connection, [changed])
    if message is not None:
        _keep(Ticket.objects.select_for_update(of=("self",)).select_related("customer").get(pk=ticket.pk), message)


def _keep(ticket: Ticket, message: MessageData) -> None:
    if not ticket.thread_version:  # its thread was never read
        owe(Outbox.Kind.THREAD, [ticket.pk])
        return
    held = Message.objects.filter(ticket=ticket).exclude(remote_id="description")
    thread = [_as_read(row) for row in held if row.remote_id != message.remote_id]
    thread.append(message)
    rows = message_rows(ticket, thread, names_of([(ticket, thread)]))
    upsert_messages(rows)
    move_versions([version_of(ticket, thread)])


def _as_read(row: Message) -> MessageData:
    return MessageData(
        remote_id=row.remote_id, ticket_id=str(row.ticket_id), author=row.author, author_id=row.author_remote_id or None,
        author_email=None, visibility=row.visibility, html=row.html, text=row.text, source=row.kind,
        created_at=row.created_at, updated_at=row.updated_at, raw_hash=row.raw_hash,
    )  # fmt: skip
