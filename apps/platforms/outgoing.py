"""What people here send to a helpdesk, and what they have begun to write: an order a click (docs/decisions/0064)."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.ids import uuid7
from apps.core.privacy import CONTENT, NONE, DataClass
from apps.tenancy.models import CompanyModel


class Outgoing(CompanyModel):
    """One thing somebody asked to be done to a ticket in its helpdesk. Done once, however often it is tried.

    queued: not called yet. sending: a call is under way, or its caller died. unknown: it may have been done; the ticket is
    read before it is tried again. sent and failed are the end; a person may put a failed one back.
    """

    class Kind(models.TextChoices):
        REPLY = "reply", _("Reply")
        NOTE = "note", _("Private note")
        UPDATE = "update", _("Change")

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting to be sent")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        UNKNOWN = "unknown", _("Not known yet")
        FAILED = "failed", _("Not sent")

    OPEN = (State.QUEUED, State.SENDING, State.UNKNOWN)

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "ticket": NONE, "user": NONE, "agent": NONE, "kind": NONE, "client_key": NONE,
        "text": CONTENT, "change": CONTENT, "from_draft": NONE, "state": NONE, "remote_id": NONE, "code": NONE,
        "fence": NONE, "claimed_until": NONE, "due_at": NONE, "repeat_at": NONE, "after": NONE, "began_at": NONE,
        "attempts": NONE, "ordered_at": NONE, "ended_at": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ticket = models.ForeignKey("platforms.Ticket", on_delete=models.CASCADE, related_name="outgoing")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, verbose_name=_("person here"))
    agent = models.ForeignKey("platforms.Person", on_delete=models.SET_NULL, null=True, related_name="+")  # in whose name
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    client_key = models.CharField(max_length=100, unique=True)  # the same one again is the same order
    text = models.TextField(blank=True)  # as the person saw it
    change = models.JSONField(default=dict)  # TicketChange
    from_draft = models.BooleanField(default=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    remote_id = models.CharField(max_length=40, blank=True)  # of the message it became
    code = models.CharField(max_length=60, blank=True)  # why it waits or failed
    fence = models.BigIntegerField(default=0)  # grows with every turn; what an older one found out is refused
    claimed_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    repeat_at = models.DateTimeField(null=True)  # a call that was broken off may still arrive: not repeated before
    after = models.CharField(max_length=40, blank=True)  # the last message we knew when it was begun
    began_at = models.DateTimeField(null=True)  # of the first call
    attempts = models.IntegerField(default=0)  # calls begun
    ordered_at = models.DateTimeField()  # by a click
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("outgoing message")
        verbose_name_plural = _("outgoing messages")
        ordering = ["id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["due_at"], name="platforms_outgoing_due",
                condition=models.Q(ended_at=None),
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN


class Unsent(CompanyModel):
    """What one person has begun to write on a ticket. `before` is what stood there before it was discarded."""

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "ticket": NONE, "user": NONE, "text": CONTENT, "before": CONTENT,
        "from_draft": NONE, "updated_at": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ticket = models.ForeignKey("platforms.Ticket", on_delete=models.CASCADE, related_name="unsent")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False)  # the unique key begins with it
    text = models.TextField(blank=True)
    before = models.TextField(blank=True)
    from_draft = models.BooleanField(default=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("unsent reply")
        verbose_name_plural = _("unsent replies")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "ticket"], name="platforms_unsent_key")
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id}"
