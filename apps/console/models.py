"""Support access from both sides, and what the operators' company knows of the others: counts, never content."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.ids import uuid7
from apps.core.privacy import CONTACT, CONTENT, NONE, DataClass
from apps.tenancy.models import CompanyModel

LONGEST = timedelta(minutes=60)  # of one access
ANSWER_WITHIN = timedelta(hours=24)  # after that a request is as good as denied
REASON_LENGTH = 500


class AccessState(models.TextChoices):
    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    ENDED = "ended"


class Access(CompanyModel):
    """What both sides of a support access keep; the id is the same on both."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reason = models.CharField(max_length=REASON_LENGTH)
    minutes = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=AccessState, default=AccessState.PENDING)
    requested_at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True)  # set by the answer
    entered_at = models.DateTimeField(null=True)  # first time
    ended_at = models.DateTimeField(null=True)  # before its time

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_open(self) -> bool:
        return self.state == AccessState.APPROVED and self.until is not None and self.until > timezone.now()

    @property
    def is_waiting(self) -> bool:
        return self.state == AccessState.PENDING and self.requested_at > latest_asked()

    @property
    def word(self) -> str:
        """pending | approved | denied | ended | lapsed: time ends an access, and a request nobody answered."""
        lapsed = self.state in (AccessState.PENDING, AccessState.APPROVED) and not self.is_open and not self.is_waiting
        return "lapsed" if lapsed else str(self.state)


def latest_asked() -> datetime:
    """Requests from before this moment are not answered any more."""
    return timezone.now() - ANSWER_WITHIN


class SupportRequest(Access):
    """In the operators' company: what was asked of another company, and its answer as far as we heard."""

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "target": NONE, "requested_by": NONE, "reason": CONTENT, "minutes": NONE,
        "state": NONE, "requested_at": NONE, "until": NONE, "entered_at": NONE, "ended_at": NONE,
    }  # fmt: skip

    target = models.CharField(max_length=40, db_index=True)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "support request"
        verbose_name_plural = "support requests"


class SupportAccess(Access):
    """In the company that is asked: whom its admins let in, why, and until when. This row alone opens the door."""

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "operator_id": NONE, "operator_name": CONTACT, "language": NONE,
        "reason": CONTENT, "minutes": NONE, "state": NONE, "requested_at": NONE, "answered_at": NONE,
        "answered_by": NONE, "until": NONE, "entered_at": NONE, "ended_at": NONE,
    }  # fmt: skip

    operator_id = models.UUIDField()  # their id in the operators' company
    operator_name = models.CharField(max_length=120)
    language = models.CharField(max_length=12, default="en")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = "support access"
        verbose_name_plural = "support accesses"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="console_access_time_box",
                condition=Q(until__isnull=True) | Q(until__lte=F("answered_at") + LONGEST),
            ),
            models.CheckConstraint(
                name="console_access_answered",
                condition=~Q(state="approved") | Q(until__isnull=False, answered_at__isnull=False),
            ),
        ]


class UsedPass(CompanyModel):
    """A pass that was used: it opens nothing a second time."""

    data_classes: ClassVar[dict[str, DataClass]] = {"id": NONE, "company_id": NONE, "access": NONE, "used_at": NONE}

    id = models.UUIDField(primary_key=True, editable=False)
    access = models.ForeignKey(SupportAccess, on_delete=models.CASCADE, related_name="passes")
    used_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "used pass"  # on no screen

    def __str__(self) -> str:
        return str(self.pk)


class Health(models.TextChoices):
    FINE = "fine", _("Fine")
    SYNCING = "syncing", _("First sync")
    DELAYED = "delayed", _("Sync delayed")
    REFUSED = "refused", _("Key refused")
    UNCONNECTED = "unconnected", _("Not connected")


class CompanyFigures(CompanyModel):
    """In the operators' company: what another company last told of itself."""

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "target": NONE, "told_at": NONE, "people": NONE, "tickets": NONE, "owed": NONE,
        "synced_at": NONE, "health": NONE, "audit_entries": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    target = models.CharField(max_length=40, unique=True)
    told_at = models.DateTimeField()
    people = models.PositiveIntegerField()
    tickets = models.PositiveIntegerField()
    owed = models.PositiveIntegerField()
    synced_at = models.DateTimeField(null=True)
    health = models.CharField(max_length=12, choices=Health)
    audit_entries = models.PositiveBigIntegerField()

    class Meta:
        verbose_name = "company figures"
        verbose_name_plural = "company figures"

    def __str__(self) -> str:
        return self.target
