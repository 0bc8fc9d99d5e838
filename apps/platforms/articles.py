"""Pages of a helpdesk's knowledge base, as mirrored."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.reach import Reach
from apps.core.ids import uuid7
from apps.core.privacy import CONTENT, NONE, DataClass
from apps.tenancy.models import CompanyModel


def article_in_reach(reach: Reach) -> models.Q:
    """The condition that an article may be read, as `Reach.reads` has it."""
    if reach.met is None:
        return models.Q()
    may = models.Q(readers=[], barred=[])
    for home, ids in reach.met:
        reads = models.Q(readers=[]) | models.Q(readers__has_any_keys=list(ids))
        may |= models.Q(reads, connection=home) & ~models.Q(barred__has_any_keys=list(ids))
    return may


class ArticleQuerySet(models.QuerySet["Article"]):
    """Questions about many articles."""

    def within(self, reach: Reach) -> ArticleQuerySet:
        """Those a person of this reach may read, as far as criteria say so; visibility is asked apart."""
        return self.filter(article_in_reach(reach))

    def usable(self) -> ArticleQuerySet:
        """Published and still there: what may be found and quoted to agents."""
        return self.filter(published=True, deleted=False)


class Article(CompanyModel):
    """One language of a knowledge-base page."""

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "connection": NONE, "remote_id": NONE, "language": NONE, "title": CONTENT,
        "html": CONTENT, "text": CONTENT, "published": NONE, "status_value": NONE, "visibility": NONE,
        "category": NONE, "folder": NONE, "folder_id": NONE, "tags": NONE, "deleted": NONE, "created_at": NONE,
        "portals": NONE, "products": NONE, "readers": NONE, "barred": NONE,
        "updated_at": NONE, "raw_hash": NONE, "sweep": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    connection = models.ForeignKey("platforms.Connection", on_delete=models.CASCADE, db_index=False)  # see key
    remote_id = models.CharField(max_length=40)
    language = models.CharField(max_length=12)
    title = models.TextField(blank=True)
    html = models.TextField(blank=True)
    text = models.TextField(blank=True)
    published = models.BooleanField(default=False)
    status_value = models.CharField(max_length=40)
    visibility = models.CharField(max_length=10, default="private")
    category = models.CharField(max_length=200, blank=True)
    folder = models.CharField(max_length=200, blank=True)
    folder_id = models.CharField(max_length=40, blank=True)
    portals = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))  # () = not told, or all
    products = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))  # our ids; () = of everybody
    # criteria of the helpdesk: an agent must meet one of `readers`, where there are some, and none of `barred`
    readers = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    barred = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    tags = models.JSONField(default=list)
    deleted = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    raw_hash = models.CharField(max_length=64)
    sweep = models.BigIntegerField(default=0)  # number of the walk that last saw it

    objects = ArticleQuerySet.as_manager()

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["connection", "remote_id", "language"], name="platforms_article_key")
        ]
        indexes: ClassVar[list[models.Index]] = [  # whether there are any is asked with every request of an agent
            models.Index(fields=["connection"], condition=~models.Q(readers=[]) | ~models.Q(barred=[]), name="platforms_article_closed")
        ]

    def __str__(self) -> str:
        return self.title
