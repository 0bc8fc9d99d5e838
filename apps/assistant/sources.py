"""Pages of sources: a message, a file or an article with the quoted words marked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.accounts.access import allow
from apps.accounts.permissions import may
from apps.assistant.marking import marked_paragraphs, readable
from apps.assistant.readable import find_file, find_message
from apps.assistant.templatetags.assistant import quote_mark
from apps.core.text import normalise, visible
from apps.platforms.models import Article, Attachment
from apps.platforms.reach import reach_of


@allow("tickets.read")
@require_GET
def source_message(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """One message of a ticket this person may read."""
    message = find_message(request, source_id)
    context = _marked(request, message.text, message.html) | {
        "title": str(message.ticket), "language": message.language, "private": message.is_private,
        "message": message,
    }  # fmt: skip
    return render(request, "assistant/source_message.html", context)


@allow("files.read")
@require_GET
def source_attachment(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """What was read of a file of such a message: its words, never the file."""
    file = find_file(request, source_id, words=True)
    if file.outcome != Attachment.Outcome.READ:
        raise Http404
    context = _marked(request, file.text, "") | {
        "title": visible(file.name), "language": file.language, "private": file.message.is_private, "file": file,
        "message": file.message,
    }  # fmt: skip
    return render(request, "assistant/source_attachment.html", context)


@allow("articles.read")
@require_GET
def source_article(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """One language of an article, as long as it is published."""
    article = Article.objects.usable().within(reach_of(request.user)).filter(pk=source_id).first()
    if article is None or (article.visibility != "public" and not may("notes.read", request.user.role)):
        raise Http404
    context = _marked(request, article.text, article.html) | {
        "title": article.title, "language": article.language, "private": article.visibility != "public",
        "article": article,
    }  # fmt: skip
    return render(request, "assistant/source_article.html", context)


def _marked(request: HttpRequest, text: str, html: str) -> dict[str, Any]:
    """Paragraphs with ?start=&end= marked; `quoted` says none | found | changed, by the digest of the words."""
    start, end = (request.GET.get(name, "") for name in ("start", "end"))
    shown, plain = readable(text, html), normalise(text)
    low, high = (int(start), int(end)) if start.isdecimal() and end.isdecimal() else (0, 0)
    asked = low < high
    fits = asked and high <= len(plain) and _same(request.GET.get("mark", ""), plain[low:high])
    spans = marked_paragraphs(shown, low, high) if fits else marked_paragraphs(shown, 0, 0)
    return {"paragraphs": spans, "quoted": "found" if fits else "changed" if asked else "none"}


def _same(mark: str, words: str) -> bool:
    """A link without a digest is taken at its word."""
    return not mark or mark == quote_mark(words)
