"""The text behind the vectors: a chunk row holds the words, the engine holds the numbers."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from apps.core.privacy import CONTENT, NONE, DataClass
from apps.tenancy.models import CompanyModel


class Chunk(CompanyModel):
    """A piece of one source. The id is the point id in the vector engine, so a repeat overwrites itself."""

    class Kind(models.TextChoices):
        MESSAGE = "message"
        ARTICLE = "article"
        ATTACHMENT = "attachment"
        RESOLUTION = "resolution"

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "profile": NONE, "kind": NONE, "source_id": NONE, "ticket_id": NONE,
        "remote_id": NONE, "position": NONE, "start": NONE, "end": NONE, "header": CONTENT, "text": CONTENT,
        "language": NONE, "visibility": NONE, "content_hash": NONE, "updated_at": NONE, "placed": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, editable=False)  # uuid5(company, profile, source, position)
    profile = models.CharField(max_length=20)
    kind = models.CharField(max_length=12, choices=Kind)
    source_id = models.UUIDField(db_index=True)  # Message, Article or Attachment
    ticket_id = models.UUIDField(null=True, db_index=True)
    remote_id = models.CharField(max_length=40)
    position = models.IntegerField()
    start = models.IntegerField()  # code points into the normalised source text
    end = models.IntegerField()
    header = models.TextField(blank=True)
    text = models.TextField()
    language = models.CharField(max_length=12, blank=True)
    visibility = models.CharField(max_length=10)
    content_hash = models.CharField(max_length=64)
    updated_at = models.DateTimeField()
    # Digest of what its point says beside its words: whose it is, who may see it. "": from before there were digests.
    placed = models.CharField(max_length=32, blank=True, default="", db_default="")

    class Meta:
        indexes = [models.Index(fields=["id"], condition=models.Q(placed=""), name="search_chunk_unplaced")]

    def __str__(self) -> str:
        return f"{self.kind} {self.remote_id} {self.position}"

    @property
    def embedded(self) -> str:
        """What a model of meaning reads: the subject or title, then the words."""
        return f"{self.header}\n{self.text}" if self.header else self.text
