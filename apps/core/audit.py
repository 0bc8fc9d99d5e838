"""record(): write one line of the audit trail in its own short transaction."""

from __future__ import annotations

from django.db import transaction

from apps.core.models import AuditEvent


def record(
    event: str, *, principal: str = "", subject: str = "", request_id: str = "", **facts: str | int | bool
) -> None:
    """Add an entry for the bound company; it stays even when the caller then answers 4xx.

    Must be called outside a transaction (durable=True makes Django refuse otherwise): inside one, the
    caller's rollback would take the entry with it.
    """
    with transaction.atomic(durable=True):
        AuditEvent.objects.create(event=event, principal=principal, subject=subject, request_id=request_id, facts=facts)
