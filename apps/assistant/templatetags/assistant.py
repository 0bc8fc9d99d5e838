"""What the assistant's pages need: links to sources, cited sentences, lines of messages, the note on syncing."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from apps.accounts.templatetags.accounts import may_reader
from apps.assistant.files import FileLine, file_lines
from apps.assistant.marks import Mark
from apps.assistant.sent import SANDBOX
from apps.assistant.shapes import Quote
from apps.core.templatetags.deskhand import paragraphs, tongue
from apps.core.text import layout, look, split_quoted, without_file_links
from apps.core.times import day
from apps.ingest.models import Stream
from apps.platforms.models import Connection, Message

register = template.Library()
SHORT = 400  # characters of text that need no high frame
LONGEST_SILENCE = 300  # seconds without a look at the helpdesk, at least, until the page says that it is late


def quote_mark(words: str) -> str:
    """A short digest of quoted words: a link can tell that they changed without carrying them."""
    return hashlib.sha256(words.encode()).hexdigest()[:12]


@register.filter
def source_url(quote: Quote) -> str:
    """The page of the source, at the quoted span."""
    page = reverse(f"assistant:source-{quote.source.kind}", args=[quote.source.id])
    span = urlencode({"start": quote.start, "end": quote.end, "mark": quote_mark(quote.text)})
    return f"{page}?{span}#q"


@register.inclusion_tag("parts/cite.html")
def cite(citations: list[Quote], number: int, where: str) -> dict[str, Any]:
    """The numbered link of a sentence with its quote."""
    quote = citations[number - 1]
    # Translators: the numbered link to a source. Example: Source 1: Restore charging after an update
    label = _("Source %(number)s: %(title)s") % {"number": number, "title": quote.source.title}
    # Translators: the date of the last change. Example: Updated: 12 Nov
    updated = _("Updated: %(date)s") % {"date": day(quote.source.updated_at)}
    where = f"{where}-{number}-{secrets.token_hex(3)}"  # the same number may stand in several places of a page
    return {"quote": quote, "number": number, "where": where, "label": label, "updated": updated}


@register.inclusion_tag("parts/feedback.html", takes_context=True)
def feedback(context: dict[str, Any], kind: str, thing: str, question: str = "") -> dict[str, Any]:
    """Thumbs for one thing, with what this reader said of it before."""
    ticket = context.get("ticket")
    given = context.get("given", {}).get((kind, thing))
    mark = Mark(kind, thing, ticket.pk if ticket else None, question, given)
    return {"mark": mark, "csrf_token": context.get("csrf_token", "")}


@register.simple_tag
def cited_language(citations: list[Quote], number: int) -> str:
    return tongue(citations[number - 1].source.language)


@dataclass(frozen=True, slots=True)
class MessageParts:
    """A message's own words and the mail it quotes, as escaped paragraphs."""

    own: SafeString
    quoted: SafeString
    quoted_lines: int


@register.filter
def parts(message: Message) -> MessageParts:
    own, quoted = split_quoted(layout(message.text, message.html))
    apart = "\n" not in message.text.strip()  # the lines come from the HTML: each is a block of it
    shown = [without_file_links(part.replace("\n", "\n\n") if apart else part) for part in (own, quoted)]
    count = sum(1 for line in quoted.splitlines() if line.strip())
    return MessageParts(own=paragraphs(shown[0]), quoted=paragraphs(shown[1]), quoted_lines=count)


@dataclass(frozen=True, slots=True)
class SentLook:
    """Whether "Show as sent" is offered, how many images wait for a click, how high the frame is: short | long."""

    formatted: bool
    images: int
    size: str


@register.filter
def sent_look(message: Message) -> SentLook:
    seen = look(message.html)
    return SentLook(seen.formatted, seen.images, "long" if seen.images or len(message.text) > SHORT else "short")


@register.simple_tag
def sandbox() -> str:
    """The value of the frame's attribute; the page in it brings the same as a policy."""
    return SANDBOX


@register.filter
def files(message: Message) -> list[FileLine]:
    return file_lines(message.attachments.all())


@register.inclusion_tag("parts/sync_note.html", takes_context=True)
def sync_note(context: dict[str, Any]) -> dict[str, Any]:
    """One word on how fresh the mirror is, which leads those to the sync page who may see it."""
    return {"note": _note(), "reads": may_reader(context, "sync.read")}


def _note() -> dict[str, Any] | None:
    """The worst connection speaks."""
    states = list(Connection.objects.values_list("state", flat=True))
    if not states:
        return None
    if Connection.State.REJECTED in states:
        return {"state": "error", "icon": "error", "words": _("Key refused")}
    names = ("kind", "connection__state", "next_at", "first_completed_at", "completed_at", "failures")
    feeds = list(Stream.objects.values_list(*names, named=True))
    if any(feed.first_completed_at is None for feed in feeds):
        return {"state": "live", "icon": "refresh", "words": _("Syncing")}
    seen = [feed.completed_at for feed in feeds if feed.completed_at is not None]
    border = timezone.now() - timedelta(seconds=max(LONGEST_SILENCE, 10 * settings.POLL_SECONDS))
    failing = any(feed.failures or _is_silent(feed, border) for feed in feeds)
    words = _("Sync delayed") if failing else _("Synced")
    return {"state": "thin" if failing else "ready", "icon": "warn" if failing else "ready", "words": words, "at": max(seen, default=None)}


def _is_silent(feed: Any, border: datetime) -> bool:
    """Whether tickets have not been asked for, for so long that no worker can be there."""
    active = feed.connection__state == Connection.State.ACTIVE and feed.kind == Stream.Kind.TICKETS
    return bool(active and feed.completed_at and feed.completed_at < border and feed.next_at < border)
