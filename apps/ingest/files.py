"""Files of a ticket's first message: told by a look at the ticket, and by lists of some accounts, never by its thread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from apps.ingest.models import Outbox
from apps.ingest.outbox import owe
from apps.ingest.unread import outcome_at_once, owe_files
from apps.platforms.base import AttachmentData, TicketData
from apps.platforms.models import Attachment, Connection, Message, Ticket

OPENED = 1  # priority: an agent waits


def store_files(connection: Connection, items: Sequence[TicketData]) -> None:
    """Keep what these answers tell of files, in the caller's transaction. One that tells nothing changes nothing."""
    keep_files(connection, {one.remote_id: one.attachments for one in items if one.attachments is not None})


def keep_files(connection: Connection, files: Mapping[str, Sequence[AttachmentData]]) -> None:
    """{remote id of a ticket: all files of its first message}, in the caller's transaction."""
    told = {remote_id: [_plain(file) for file in some] for remote_id, some in files.items()}
    if not told:
        return
    rows = list(Ticket.objects.filter(connection=connection, remote_id__in=told, deleted=False).only("id", "remote_id", "files"))
    changed = [row for row in rows if row.files != told[row.remote_id]]
    for row in changed:
        row.files = told[row.remote_id]
    Ticket.objects.bulk_update(changed, ["files"])
    hang_files([row.pk for row in rows])
    owe_files([row.pk for row in changed])


def hang_files(ticket_ids: Iterable[UUID]) -> None:
    """List the files of these tickets on their first messages, where both are known; others are left alone."""
    known = dict(Ticket.objects.filter(pk__in=list(ticket_ids)).exclude(files__isnull=True).values_list("pk", "files"))
    firsts = dict(
        Message.objects.filter(ticket__in=known, kind=Message.Kind.DESCRIPTION).values_list("ticket_id", "id")
    )
    if not firsts:
        return
    wanted = {(message_id, file["remote_id"]): file for ticket_id, message_id in firsts.items() for file in known[ticket_id]}
    rows = Attachment.objects.filter(message_id__in=firsts.values()).values_list("message_id", "remote_id", "pk")
    held = {(message_id, number): pk for message_id, number, pk in rows}
    Attachment.objects.filter(pk__in=[pk for key, pk in held.items() if key not in wanted]).delete()
    Attachment.objects.bulk_create(
        [_row(message_id, file) for (message_id, number), file in wanted.items() if (message_id, number) not in held],
        ignore_conflicts=True,
    )


def ask_files(connection: Connection, ticket: Ticket) -> None:
    """Somebody opens a ticket whose files nobody has told: it is looked at next, once. In the caller's transaction."""
    if ticket.files is not None or connection.state != Connection.State.ACTIVE:
        return
    if not Outbox.objects.filter(kind=Outbox.Kind.LOOK, object_id=ticket.pk).exists():
        owe(Outbox.Kind.LOOK, [ticket.pk], priority=OPENED)


def _plain(file: AttachmentData) -> dict[str, Any]:
    """As JSON that PostgreSQL holds: no NUL."""
    return {name: value.replace("\x00", "") if isinstance(value, str) else value for name, value in file.model_dump().items()}


def _row(message_id: UUID, file: dict[str, Any]) -> Attachment:
    return Attachment(
        message_id=message_id, remote_id=file["remote_id"], name=file["name"][:300],
        content_type=file["content_type"][:120], size=file["size"],
        outcome=outcome_at_once(file["name"], file["content_type"], file["size"]),
    )  # fmt: skip
