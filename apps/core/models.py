"""What every company has for itself: its audit trail, and the keys its secrets are sealed with."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.ids import uuid7
from apps.core.privacy import NONE, SECRET, DataClass


class AuditEvent(models.Model):
    """One entry of a company's chain. Holds ids, codes and counts, no ticket text; persons as pseudonyms (AUD-3).

    Rows are added by core.audit.record() only. The serving login may not change or remove one, and a trigger refuses
    that to the owner too (AUD-1); whether somebody did it all the same, `verify_audit` tells.
    """

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "seq": NONE, "at": NONE, "event": NONE, "principal": NONE, "subject": NONE, "request_id": NONE,
        "facts": NONE, "key_id": NONE, "prev": NONE, "mac": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    seq = models.BigIntegerField(_("number"), unique=True)
    at = models.DateTimeField(_("time"), db_index=True)
    event = models.CharField(_("event"), max_length=60)
    principal = models.CharField(_("who"), max_length=80, blank=True)
    subject = models.CharField(_("what it was about"), max_length=120, blank=True)
    request_id = models.CharField(_("request ID"), max_length=40, blank=True)
    facts = models.JSONField(_("details"), default=dict)
    key_id = models.CharField(max_length=40)
    prev = models.BinaryField(max_length=32)
    mac = models.BinaryField(max_length=32)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")

    def __str__(self) -> str:
        return f"{self.seq} {self.event}"


class CompanyKey(models.Model):
    """A data key of the company, wrapped once by each master key it can be opened with (SEC-1).

    Lies in the company's own schema behind the usual walls, so that dropping the schema destroys it. One key is
    `active`: new values are sealed with it. A retired one stays until no value needs it (rotation.retire).
    """

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "active": NONE, "wrapped": SECRET, "created_at": NONE, "retired_at": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    active = models.BooleanField(default=True)
    wrapped = models.JSONField(editable=False)  # {name of the master key: base64}
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "company key"  # on no screen
        constraints = [
            models.UniqueConstraint(fields=["active"], condition=models.Q(active=True), name="core_companykey_active")
        ]

    def __str__(self) -> str:
        return self.pk.hex
