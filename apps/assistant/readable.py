"""What of a ticket a reader may see, asked by the id of a part of it: anything else looks like what never was."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from apps.accounts.permissions import may
from apps.assistant.api import find_ticket
from apps.platforms.models import Attachment, Message
from apps.platforms.reach import reach_of


def find_message(request: HttpRequest, message_id: UUID) -> Message:
    """One message of a ticket this person may read, with the ticket."""
    with transaction.atomic():
        message = get_object_or_404(Message, pk=message_id)
        message.ticket = find_ticket(message.ticket_id, reach_of(request.user))
    if message.is_private and not may("notes.read", request.user.role):
        raise Http404
    return message


def find_file(request: HttpRequest, file_id: UUID, *, words: bool = False) -> Attachment:
    """A file of such a message, with the message: whoever may not read that may not open this. `words`: with its text."""
    file = get_object_or_404(Attachment.objects.defer(*([] if words else ["text"])), pk=file_id)
    file.message = find_message(request, file.message_id)
    return file
