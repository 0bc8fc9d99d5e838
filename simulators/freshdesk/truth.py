"""The ground truth of an account, in the very shape `export_mirror` prints, to be compared with it."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import Any

from simulators.freshdesk.clock import stamp
from simulators.freshdesk.records import Article, Entry, Ticket
from simulators.freshdesk.world import World

_STATES = {"live": "live", "spam": "spam", "deleted": "trashed", "archived": "archived"}
_AUDIENCES = {1: "public", 3: "agents"}


def truth(world: World) -> dict[str, Any]:
    """Tickets by number and articles by (id, language).

    `language` of a ticket is null: Freshdesk knows none, so comparisons leave it out. Tickets and articles
    that are gone for good are not listed; a mirror may still list them with `deleted` true. Articles carry
    our language codes. A draft is listed with its status 1.
    """
    tickets = [_ticket(row, world.entries(row.id)) for row in map(world.ticket, world.ids()) if row is not None]
    audiences = {folder.id: _AUDIENCES.get(folder.visibility, "restricted") for folder in world.profile.folders}
    articles = [
        _article(row, language, audiences[row.folder_id])
        for row in sorted(world.articles.values(), key=lambda row: row.id)
        for language in sorted(row.texts)
    ]
    return {"tickets": tickets, "articles": articles}


def fingerprint(text: str) -> str:
    """SHA-256 of the text in NFC with every run of white space made one blank."""
    return hashlib.sha256(" ".join(unicodedata.normalize("NFC", text).split()).encode()).hexdigest()


def _ticket(row: Ticket, entries: list[Entry]) -> dict[str, Any]:
    return {
        "remote_id": str(row.id),
        "subject": row.subject,
        "status": row.status,
        "state": _STATES[row.feed],
        "deleted": False,
        "language": None,
        "updated_at": stamp(row.updated_at),
        "description_sha256": fingerprint(row.description_text),
        "messages": [
            {"remote_id": str(entry.id), "private": entry.private, "text_sha256": fingerprint(entry.body_text)}
            for entry in sorted(entries, key=lambda entry: (entry.created_at, entry.id))
        ],
    }


def _article(row: Article, language: str, audience: str) -> dict[str, Any]:
    text = row.texts[language]
    return {
        "remote_id": str(row.id),
        "language": language,
        "title": text.title,
        "status": row.status,
        "visibility": audience,
        "deleted": False,
        "text_sha256": fingerprint(text.description_text),
    }
