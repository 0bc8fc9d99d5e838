"""What the assistant made, one brief per ticket kept with the version of its thread; what people thought of it; and the
views they saved."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
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
        "similar_count": NONE, "data": CONTENT, "made_at": NONE, "complete": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ticket = models.OneToOneField(Ticket, on_delete=models.CASCADE, related_name="brief")
    thread_version = models.CharField(max_length=32)
    outcome = models.CharField(max_length=20, choices=Outcome)
    mood = models.CharField(max_length=10, default="calm")
    similar_count = models.SmallIntegerField(default=0)
    data = models.JSONField()
    made_at = models.DateTimeField()
    complete = models.BooleanField(default=False, db_default=False)  # every article had its second meaning by then

    class Meta:
        verbose_name = _("brief")
        verbose_name_plural = _("briefs")

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.outcome}"

    def shape(self) -> shapes.Brief:
        return shapes.Brief.model_validate(self.data)


class SavedView(CompanyModel):
    """One person's own list of tickets: a name and the filters of the queue it stands for, in the person's order."""

    MOST = 20  # a person

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "user": NONE, "name": CONTENT, "query": CONTENT, "position": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views", db_index=False)
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=1500, blank=True)  # as queues.Filters.query() writes it
    position = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["user", "position"], name="assistant_view_place", deferrable=models.Deferrable.DEFERRED
            ),
            models.UniqueConstraint(fields=["user", "name"], name="assistant_view_name"),
            models.CheckConstraint(condition=models.Q(position__lt=20), name="assistant_view_most"),
        ]

    def __str__(self) -> str:
        return self.name


class Feedback(CompanyModel):
    """What one person thinks of one thing the assistant showed; a second word takes the place of the first.

    `thing` names it within its kind: the version of the thread a draft was made from, the id of a similar ticket or of
    an article, the name of an answer. Goes with its tickets and with its person.
    """

    class Kind(models.TextChoices):
        DRAFT = "draft", _("Suggested reply")
        ANSWER = "answer", _("Answer")
        SIMILAR = "similar", _("Similar ticket")
        ARTICLE = "article", _("Article")

    class Reason(models.TextChoices):
        WRONG = "wrong", _("Incorrect")
        OUTDATED = "outdated", _("Source out of date")
        NOT_RELEVANT = "not_relevant", _("Not relevant")
        MISSING = "missing", _("Information missing")
        TONE = "tone", _("Wrong tone")
        PRIVATE = "private", _("Should not be shared")
        OTHER = "other", _("Something else")

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "user": NONE, "kind": NONE, "ticket": NONE, "similar": NONE, "thing": NONE,
        "helpful": NONE, "reason": NONE, "comment": CONTENT, "question": CONTENT, "created_at": NONE, "updated_at": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, verbose_name=_("person")
    )  # the unique key begins with it
    kind = models.CharField(_("about"), max_length=10, choices=Kind)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, null=True, verbose_name=_("ticket"))  # where it was shown
    similar = models.ForeignKey(Ticket, on_delete=models.CASCADE, null=True, related_name="judged")  # the thing, if it is one
    thing = models.CharField(max_length=64)
    helpful = models.BooleanField(_("helpful"))
    reason = models.CharField(_("reason"), max_length=12, choices=Reason, blank=True)
    comment = models.TextField(_("comment"), blank=True)
    question = models.TextField(_("question"), blank=True)  # of an answer, in the words of the person who asked
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(_("given"), auto_now=True)

    class Meta:
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")
        ordering = ["-updated_at", "-id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["user", "kind", "thing", "ticket"], name="assistant_feedback_key", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=models.Q(helpful=False) | models.Q(reason="", comment=""), name="assistant_feedback_reason"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["-updated_at", "-id"], name="assistant_feedback_recent")]

    def __str__(self) -> str:
        return f"{self.kind} {self.thing}"
