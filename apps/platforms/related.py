"""How tickets hang together with others of their account (docs/decisions/0066)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.ids import uuid7
from apps.core.privacy import NONE, DataClass
from apps.tenancy.models import CompanyModel


class TicketLink(CompanyModel):
    """What another ticket is to this one, as one of the two told us. The other end is a number: it may not be mirrored yet,
    or ever; whoever shows it asks for the ticket of that number within the reader's reach."""

    class Kind(models.TextChoices):
        MERGED_INTO = "merged_into", _("Merged into")
        PARENT = "parent", _("Parent")
        CHILD = "child", _("Child")
        TRACKER = "tracker", _("Tracker")
        RELATED = "related", _("Related")

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "ticket": NONE, "kind": NONE, "other": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ticket = models.ForeignKey("platforms.Ticket", on_delete=models.CASCADE, related_name="links", db_index=False)  # see key
    kind = models.CharField(max_length=12, choices=Kind)
    other = models.CharField(max_length=40, db_index=True)  # remote id, in the same connection

    class Meta:
        verbose_name = _("link between tickets")
        verbose_name_plural = _("links between tickets")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["ticket", "kind", "other"], name="platforms_link_key")
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.kind} {self.other}"
