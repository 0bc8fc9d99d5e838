"""What customers thought of how their cases were handled, and what time agents spent on them (docs/decisions/0072)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.ids import uuid7
from apps.core.privacy import CONTENT, NONE, DataClass
from apps.tenancy.models import CompanyModel


class Rating(CompanyModel):
    """One answer to a survey. It goes with its ticket, and with whoever gave it."""

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "connection": NONE, "ticket": NONE, "person": NONE, "remote_id": NONE, "score": NONE,
        "feedback": CONTENT, "created_at": NONE, "sweep": NONE, "missed": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    connection = models.ForeignKey("platforms.Connection", on_delete=models.CASCADE, db_index=False)  # see key
    ticket = models.ForeignKey("platforms.Ticket", on_delete=models.CASCADE, related_name="ratings")
    person = models.ForeignKey("platforms.Person", on_delete=models.CASCADE, null=True, related_name="ratings")  # None: not met yet
    remote_id = models.CharField(max_length=40)
    score = models.SmallIntegerField(null=True)  # -3 .. 3, as RatingData has it
    feedback = models.TextField(blank=True)  # personal: what people wrote
    created_at = models.DateTimeField()
    sweep = models.BigIntegerField(default=0)  # number of the walk that last saw it
    missed = models.BooleanField(default=False)  # the last walk over its time did not meet it; a second one takes it away

    class Meta:
        verbose_name = _("rating")
        verbose_name_plural = _("ratings")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["connection", "remote_id"], name="platforms_rating_key")
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.score}"


class TimeEntry(CompanyModel):
    """Time that an agent spent on a ticket. It goes with the ticket."""

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "connection": NONE, "ticket": NONE, "agent": NONE, "remote_id": NONE, "minutes": NONE,
        "billable": NONE, "running": NONE, "note": CONTENT, "spent_at": NONE, "sweep": NONE, "missed": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    connection = models.ForeignKey("platforms.Connection", on_delete=models.CASCADE, db_index=False)  # see key
    ticket = models.ForeignKey("platforms.Ticket", on_delete=models.CASCADE, related_name="times")
    agent = models.ForeignKey("platforms.Person", on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False)
    remote_id = models.CharField(max_length=40)
    minutes = models.IntegerField()
    billable = models.BooleanField()
    running = models.BooleanField()  # a timer: the minutes are those up to the last look
    note = models.TextField(blank=True)  # for agents only
    spent_at = models.DateTimeField()
    sweep = models.BigIntegerField(default=0)  # as Rating has it
    missed = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("time entry")
        verbose_name_plural = _("time entries")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["connection", "remote_id"], name="platforms_time_key")
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.minutes}"
