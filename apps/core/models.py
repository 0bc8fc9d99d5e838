"""The audit trail: what happened, who did it, never what was written in a ticket."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from apps.core.ids import uuid7
from apps.core.privacy import CONTACT, NONE, DataClass


class AuditEvent(models.Model):
    """One entry; rows are only ever added. Holds ids, codes and counts, no ticket text."""

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "at": NONE, "event": NONE, "principal": CONTACT, "subject": NONE, "request_id": NONE, "facts": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(auto_now_add=True, db_index=True)
    event = models.CharField(max_length=60)
    principal = models.CharField(max_length=80, blank=True)
    subject = models.CharField(max_length=120, blank=True)
    request_id = models.CharField(max_length=40, blank=True)
    facts = models.JSONField(default=dict)

    class Meta:
        verbose_name = "audit event"

    def __str__(self) -> str:
        return f"{self.event} {self.subject}".strip()
