"""Companies that customers belong to. The word company is taken here: ours are those that have an account with us."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.core.ids import uuid7
from apps.core.privacy import CONTACT, NONE, DataClass
from apps.tenancy.models import CompanyModel


class Firm(CompanyModel):
    """A company that a mirrored ticket names; others of the helpdesk are not kept, and it goes with its last ticket."""

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "connection": NONE, "remote_id": NONE, "name": CONTACT, "named": NONE, "met_at": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    connection = models.ForeignKey("platforms.Connection", on_delete=models.CASCADE, db_index=False)  # see key
    remote_id = models.CharField(max_length=40)
    name = models.CharField(_("name"), max_length=300, blank=True)
    named = models.BooleanField(default=False)  # False: we have the number, and no list has told the name yet
    met_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("customer’s company")
        verbose_name_plural = _("companies of customers")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["connection", "remote_id"], name="platforms_firm_key")
        ]

    def __str__(self) -> str:
        return self.name or "–"
