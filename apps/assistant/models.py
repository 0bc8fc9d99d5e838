"""What the assistant made: one brief per ticket, kept with the version of the thread it was made from."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.assistant import shapes
from apps.core.ids import uuid7
from apps.core.privacy import CONTENT, NONE, DataClass
from apps.platforms.models import Ticket
from apps.tenancy.models import CompanyModel


class Brief(CompanyModel):
    """The stored brief (shapes.Brief). Stale when the ticket's thread_version has moved on."""

    class Outcome(models.TextChoices):
        REPLY = "reply", _("Ready")
        ASK_CUSTOMER = "ask_customer", _("Ask the customer")
        NOT_ENOUGH_EVIDENCE = "not_enough_evidence", _("Not enough evidence")

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "ticket": NONE, "thread_version": NONE, "outcome": NONE, "mood": NONE,
        "similar_count": NONE, "data": CONTENT, "made_at": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ticket = models.OneToOneField(Ticket, on_delete=models.CASCADE, related_name="brief")
    thread_version = models.CharField(max_length=32)
    outcome = models.CharField(max_length=20, choices=Outcome)
    mood = models.CharField(max_length=10, default="calm")
    similar_count = models.SmallIntegerField(default=0)
    data = models.JSONField()
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("brief")
        verbose_name_plural = _("briefs")

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.outcome}"

    def shape(self) -> shapes.Brief:
        return shapes.Brief.model_validate(self.data)
