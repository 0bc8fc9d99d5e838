"""export_mirror: what we hold of a helpdesk, as hashes, to be compared with the truth."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import Any

from django.db.models import Prefetch

from apps.core.audit import record
from apps.platforms.models import Article, Message, Ticket
from apps.platforms.ratings import Rating, TimeEntry
from apps.tenancy.commands import CompanyCommand

SHOWN = {"public": "public", "private": "agents", "restricted": "restricted"}


class Command(CompanyCommand):
    help = (
        "Print the mirror as one JSON object: tickets with their messages, articles, ratings and time entries; texts as SHA-256 of the "
        "platform's own plain text with single spaces in NFC. The output is JSON with or without --json."
    )

    def perform(self, **options: Any) -> dict[str, Any]:
        messages = Message.objects.exclude(kind=Message.Kind.DESCRIPTION).order_by("number")
        tickets = Ticket.objects.order_by("created_at", "remote_id").select_related("product").prefetch_related(
            Prefetch("messages", queryset=messages, to_attr="entries")
        )
        articles = Article.objects.order_by("remote_id", "language")
        export = {"tickets": [_ticket(one) for one in tickets], "articles": [_article(one) for one in articles]} | outcomes()
        record("mirror_exported", tickets=len(export["tickets"]))
        return export

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **(options | {"json": True}))


def text_hash(text: str) -> str:
    return hashlib.sha256(unicodedata.normalize("NFC", " ".join(text.split())).encode()).hexdigest()


def _ticket(ticket: Any) -> dict[str, Any]:
    return {
        "remote_id": ticket.remote_id,
        "number": ticket.name,
        "subject": ticket.subject,
        "status": _own(ticket.status_value),
        "state": ticket.state,
        "deleted": ticket.deleted,
        "language": ticket.language,
        "product": ticket.product.remote_id if ticket.product else None,
        "updated_at": ticket.updated_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "description_sha256": text_hash(ticket.description_text),
        "messages": [
            {"remote_id": one.remote_id, "private": one.is_private, "text_sha256": text_hash(one.text)}
            for one in ticket.entries
        ],
    }


def _article(article: Article) -> dict[str, Any]:
    return {
        "remote_id": article.remote_id,
        "language": article.language,
        "title": article.title,
        "status": _own(article.status_value),
        "visibility": SHOWN[article.visibility],
        "deleted": article.deleted,
        "text_sha256": text_hash(article.text),
    }


def outcomes() -> dict[str, list[dict[str, Any]]]:
    """What was said of tickets and spent on them, by number."""
    said = Rating.objects.order_by("remote_id").values_list("ticket__remote_id", "remote_id", "score", "feedback")
    spent = TimeEntry.objects.order_by("remote_id").values_list("ticket__remote_id", "remote_id", "minutes", "note")
    return {
        "ratings": [
            {"ticket": ticket, "remote_id": number, "score": score, "feedback_sha256": text_hash(words)} for ticket, number, score, words in said
        ],
        "time_entries": [
            {"ticket": ticket, "remote_id": number, "minutes": minutes, "note_sha256": text_hash(note)} for ticket, number, minutes, note in spent
        ],
    }  # fmt: skip


def _own(value: str) -> int | str:
    """The platform's own value: Freshdesk writes numbers."""
    return int(value) if value.lstrip("-").isdecimal() else value
