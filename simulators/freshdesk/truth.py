"""The ground truth of an account, in the very shape `export_mirror` prints, to be compared with it."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import Any

from simulators.clock import stamp
from simulators.freshdesk.linking import links
from simulators.freshdesk.planted import planted
from simulators.freshdesk.ratings import held
from simulators.freshdesk.records import Article, Entry, Ticket
from simulators.freshdesk.storage import content
from simulators.freshdesk.timesheet import noted
from simulators.freshdesk.world import World

_STATES = {"live": "live", "spam": "spam", "deleted": "trashed", "archived": "archived"}
_MERGE = "This ticket is closed and merged into ticket "
_HASHED_MOST = 2**20  # bytes of a file whose hash is told
_STEPS = {103: 3, 102: 2, 101: 1, 100: 0, -101: -1, -102: -2, -103: -3, 1: 1, 2: 0, 3: -1}  # of the scale the mirror knows
_AUDIENCES = {1: "public", 3: "agents"}


def truth(world: World, first: int = 1, last: int = 2**63) -> dict[str, Any]:
    """Tickets by number and articles by (id, language), and what else a test may want to know.

    `language` of a ticket is null: Freshdesk knows none, so comparisons leave it out. Tickets and articles
    that are gone for good are not listed; a mirror may still list them with `deleted` true. Articles carry
    our language codes. A draft is listed with its status 1. `gone` are numbers of destroyed tickets, `hidden`
    those the key may not see; `unlisted` went to the archive before any answer that arrived had their words: no list
    will; `attachments` have the SHA-256 of their bytes up to 1 MB; `planted` is what was put into texts on purpose:
    kind, ticket, entry (null: the first message), text, start and end in the plain text as Freshdesk writes it;
    `links` are (ticket, what the other is to it, other); `companies` say of which each ticket is, and the names of those
    that are there. `first` and `last` bound the tickets, not ratings and time entries.
    """
    rows = [
        row for number in world.ids() if first <= number <= last for row in [world.ticket(number)] if row is not None
    ]
    threads = {row.id: [one for one in world.entries(row.id) if not one.deleted] for row in rows}
    audiences = {folder.id: _AUDIENCES.get(folder.visibility, "restricted") for folder in world.profile.folders}
    articles = [
        _article(row, language, audiences[row.folder_id])
        for row in sorted(world.articles.values(), key=lambda row: row.id)
        for language in sorted(row.texts)
    ]
    return {
        "tickets": [_ticket(row, threads[row.id]) for row in rows],
        "articles": articles,
        "attachments": [one for row in rows for one in _attachments(row, threads[row.id])],
        "gone": world.gone(),
        "unlisted": [row.id for row in rows if row.feed == "archived" and row.id not in world.shown],
        "hidden": [row.id for row in rows if not world.in_scope(row)],
        "planted": planted(world, rows, threads),
        "ratings": [_rating(one) for one in sorted(held(world), key=lambda one: int(one["id"]))],
        "time_entries": [_time_entry(one) for one in sorted(noted(world), key=lambda one: int(one["id"]))],
        "companies": {
            "tickets": [(str(row.id), str(row.company)) for row in rows if row.company is not None],
            "names": {str(key): one["name"] for key, one in world.companies.items()},
        },
        "links": [(str(row.id), *one) for row in rows for one in (*links(row), *_merged(row, threads[row.id]))],
    }


def _rating(one: dict[str, Any]) -> dict[str, Any]:
    value = one["ratings"]["default_question"]
    return {
        "ticket": str(one["ticket_id"]), "remote_id": str(one["id"]), "score": _STEPS.get(value),
        "feedback_sha256": fingerprint(one["feedback"] or ""),
    }  # fmt: skip


def _time_entry(one: dict[str, Any]) -> dict[str, Any]:
    hours, minutes = one["time_spent"].split(":")
    return {
        "ticket": str(one["ticket_id"]), "remote_id": str(one["id"]), "minutes": 60 * int(hours) + int(minutes),
        "note_sha256": fingerprint(one["note"] or ""),
    }  # fmt: skip


def _merged(row: Ticket, entries: list[Entry]) -> list[tuple[str, str]]:
    """Where a ticket went: no field says it, and whoever edits or deletes the note has taken it away."""
    notes = [entry.body_text.strip() for entry in sorted(entries, key=lambda one: (one.created_at, one.id)) if entry.private]
    said = [note.removeprefix(_MERGE) for note in notes if note.startswith(_MERGE)]
    return [("merged_into", said[-1].split()[0])] if said else []


def _attachments(row: Ticket, entries: list[Entry]) -> list[dict[str, Any]]:
    held = [(None, one) for one in row.attachments]
    held += [(entry.id, one) for entry in entries for one in entry.attachments]
    return [
        {
            "ticket": row.id, "entry": entry, "remote_id": str(one.id), "name": one.name,
            "content_type": one.content_type, "size": one.size, "trouble": one.trouble,
            "sha256": hashlib.sha256(content(one)).hexdigest() if one.size <= _HASHED_MOST else None,
        }
        for entry, one in held
    ]  # fmt: skip


def fingerprint(text: str) -> str:
    """SHA-256 of the text in NFC with every run of white space made one blank."""
    return hashlib.sha256(" ".join(unicodedata.normalize("NFC", text).split()).encode()).hexdigest()


def _ticket(row: Ticket, entries: list[Entry]) -> dict[str, Any]:
    return {
        "remote_id": str(row.id),
        "subject": row.subject or "",
        "status": row.status,
        "state": _STATES[row.feed],
        "deleted": False,
        "language": None,
        "product": str(row.product_id) if row.product_id else None,
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
