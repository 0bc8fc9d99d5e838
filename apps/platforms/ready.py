"""The rows of ready answers, and what tells a placeholder that was not filled."""

from __future__ import annotations

import re
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.ids import uuid7
from apps.core.privacy import CONTENT, NONE, DataClass
from apps.tenancy.models import CompanyModel

# A name with a dot in double braces, or a tag: nobody writes that to a customer on purpose.
LEFT = re.compile(r"\{\{\s*[A-Za-z_]+(?:\.[A-Za-z_]+)+[^{}]{0,80}\}\}|\{%[^{}%]{0,200}%\}")


class ReadyAnswer(CompanyModel):
    """A ready answer that agents of the helpdesk share. One person's own are not mirrored, nor those that do not say."""

    class Audience(models.TextChoices):
        ALL = "all", _("All agents")
        GROUPS = "groups", _("Some groups")

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "connection": NONE, "remote_id": NONE, "title": CONTENT, "text": CONTENT,
        "folder": NONE, "audience": NONE, "groups": NONE, "raw_hash": NONE, "sweep": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    connection = models.ForeignKey("platforms.Connection", on_delete=models.CASCADE, db_index=False)  # see key
    remote_id = models.CharField(max_length=40)
    title = models.TextField(_("title"), blank=True)
    text = models.TextField(blank=True)  # plain, with its placeholders
    folder = models.CharField(max_length=200, blank=True)
    audience = models.CharField(max_length=10, choices=Audience)
    groups = models.JSONField(default=list)  # our ids
    raw_hash = models.CharField(max_length=64)
    sweep = models.BigIntegerField(default=0)  # number of the walk that last saw it

    class Meta:
        verbose_name = _("saved reply")
        verbose_name_plural = _("saved replies")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["connection", "remote_id"], name="platforms_ready_key")
        ]

    def __str__(self) -> str:
        return self.title
