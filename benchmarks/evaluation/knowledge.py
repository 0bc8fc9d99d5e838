"""A company whose knowledge base is a pack's corpus: stored, owed, cut, embedded and indexed as a sync would have it."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from django.db import transaction

from apps.ingest.outbox import due_kinds, work_off
from apps.ingest.sync import store_articles
from apps.platforms.base import ArticleData
from apps.platforms.models import Article, Connection
from apps.tenancy.context import bind_company
from apps.tenancy.provisioning import create_company
from benchmarks.evaluation.packs import Document

WRITTEN = datetime(2026, 11, 1, tzinfo=UTC)
PAGE = 200


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is bound: document ids by our article ids, and back."""

    documents: dict[str, str]

    @property
    def articles(self) -> dict[str, str]:
        return {document: article for article, document in self.documents.items()}


@contextmanager
def knowing(company_id: str, documents: Sequence[Document]) -> Iterator[Knowledge]:
    """Inside a new company that has mirrored and indexed these articles."""
    company = create_company(company_id=company_id, name="Evaluation")
    with bind_company(company.binding()):
        connection = Connection(platform="freshdesk", account=f"{company_id}.example", config={})
        connection.set_secrets({"api_key": "none"})
        connection.save()
        named = {str(number): document for number, document in enumerate(documents, 1)}
        items = [_article(remote_id, document) for remote_id, document in named.items()]
        for start in range(0, len(items), PAGE):
            with transaction.atomic():
                store_articles(connection, items[start : start + PAGE], sweep=1)
            index_all()
        rows = Article.objects.filter(connection=connection).values_list("id", "remote_id")
        yield Knowledge({str(key): named[remote_id].id for key, remote_id in rows})


def index_all() -> None:
    """What the workers of a site do with what is owed, here and now."""
    while kinds := due_kinds():
        for kind in kinds:
            work_off(kind)
            tick()


def tick() -> None:
    """Somebody waits."""
    sys.stderr.write(".")
    sys.stderr.flush()


def _article(remote_id: str, document: Document) -> ArticleData:
    """Public and published, its lines as paragraphs. Corpora number their texts in their own ways: here by place."""
    html = "".join(f"<p>{escape(line)}</p>" for line in document.text.split("\n") if line.strip())
    content = f"{document.language}\0{document.title}\0{document.text}"
    return ArticleData(
        remote_id=remote_id, language=document.language, title=document.title, html=html, text=document.text,
        published=True, status_value=2, visibility="public", category_id="1", category="Evaluation", folder_id="1",
        folder="Evaluation", created_at=WRITTEN, updated_at=WRITTEN,
        raw_hash=hashlib.sha256(content.encode()).hexdigest(),
    )  # fmt: skip
