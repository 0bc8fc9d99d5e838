"""The ground truth of an instance, in the shape `export_mirror` prints, to be compared with it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from simulators import mail
from simulators.servicenow import records
from simulators.servicenow.shelves import Row
from simulators.servicenow.times import stamp
from simulators.servicenow.world import World

_HASHED_MOST = 2**20  # bytes of a file whose hash is told
_CODE = re.compile(r"\[code\](.*?)\[/code\]", re.DOTALL)
_FEEDS = {"incident": "live", "sn_customerservice_case": "live", "ar_incident": "archived"}


def truth(world: World, first: str = "", last: str = "", table: str = "incident,ar_incident,sn_customerservice_case") -> dict[str, Any]:
    """Tickets by sys_id with their threads, articles, and what else a test may want to know.

    `language` of a ticket is null: the instance knows none. A ticket's `status` is its `state`; `updated_at` has our
    spelling. `text_sha256` is of the plain text: what stands in [code] marks without its tags, the rest as it is;
    `value_sha256` of the raw value. `articles` are the published ones that are still valid, in every language;
    `withdrawn` the sys_ids of the others. `criteria` are the ids of who may and may not read an article, `base` its
    knowledge base. `gone` are deleted for good, `hidden` are kept from the user by an ACL: a mirror must not show them.
    `unlisted` went to the archive before any list that arrived had them. `attachments` have the SHA-256 of their bytes up to 1 MB. `planted` is what was put into texts on purpose. `first`
    and `last` bound the tickets by sys_id, `table` says of which tables.
    """
    rows = [(name, row) for name in table.split(",") for row in _rows(world, name, first, last)]
    threads = {row["sys_id"]: _entries(world, name, row) for name, row in rows}
    today = stamp(world.clock.second())
    articles = sorted(world.stores["kb_knowledge"].rows.values(), key=lambda row: row["sys_id"])
    valid = [row for row in articles if current(row, today)]
    return {
        "tickets": [_ticket(name, row, threads[row["sys_id"]]) for name, row in rows],
        "articles": [_article(world, row) for row in valid],
        "withdrawn": [row["sys_id"] for row in articles if not current(row, today)],
        "attachments": [_file(world, one) for _, row in rows for one in world.files(row["sys_id"])],
        "gone": sorted(world.deleted),
        "unlisted": [row["sys_id"] for name, row in rows if name == "ar_incident" and row["sys_id"] not in world.shown],
        "hidden": sorted(world.hidden),
        "planted": [one for name, row in rows for one in _planted(world, row, threads[row["sys_id"]])],
        "people": {row["sys_id"]: row["name"] for row in world.stores["sys_user"].rows.values()},
    }


def current(row: Row, today: str) -> bool:
    """Whether readers find the article."""
    return row["workflow_state"] == "published" and row["active"] != "false" and (not row["valid_to"] or row["valid_to"] >= today[:10])


def _rows(world: World, name: str, first: str, last: str) -> Iterator[Row]:
    for _, group in world.store(name).walk("sys_id", first, last):
        for one in group:
            yield one.row


def _entries(world: World, name: str, row: Row) -> list[Row]:
    if name == "ar_incident":
        return world.archived.get(row["sys_id"], [])
    return world.entries(row["sys_id"])


def fingerprint(text: str) -> str:
    """SHA-256 of the text in NFC with every run of white space made one blank."""
    return hashlib.sha256(" ".join(unicodedata.normalize("NFC", text).split()).encode()).hexdigest()


def plain(value: str) -> str:
    """What a reader sees of a journal's value."""
    return _CODE.sub(lambda found: mail.plain(found[1]), value)


def _ticket(name: str, row: Row, entries: list[Row]) -> dict[str, Any]:
    return {
        "remote_id": row["sys_id"],
        "number": row["number"],
        "table": name,
        "subject": row["short_description"],
        "status": row["state"],
        "state": _FEEDS[name],
        "deleted": False,
        "language": None,
        "product": None,
        "updated_at": row["sys_updated_on"].replace(" ", "T") + "Z",
        "mod_count": int(row["sys_mod_count"] or 0),
        "description_sha256": fingerprint(row["description"]),
        "messages": [
            {"remote_id": one["sys_id"], "private": one["element"] != "comments", "text_sha256": fingerprint(plain(one["value"])),
             "value_sha256": fingerprint(one["value"]), "author": one["sys_created_by"], "at": one["sys_created_on"]}
            for one in entries
        ],
    }  # fmt: skip


def _article(world: World, row: Row) -> dict[str, Any]:
    parts = [row["text"] or row["wiki"], row.get("kb_introduction", ""), row.get("kb_instructions", "")]
    base = row["kb_knowledge_base"]
    can = [one["user_criteria"] for one in world.stores["kb_uc_can_read_mtom"].rows.values() if one["kb_knowledge_base"] == base]
    cannot = [one["user_criteria"] for one in world.stores["kb_uc_cannot_read_mtom"].rows.values() if one["kb_knowledge_base"] == base]
    return {
        "remote_id": row["sys_id"],
        "number": row["number"],
        "parent": row["parent"] or None,
        "language": row["language"],
        "title": row["short_description"],
        "status": row["workflow_state"],
        "base": base,
        "base_active": (world.get("kb_knowledge_base", base) or {}).get("active") == "true",
        "visibility": "restricted" if can or cannot or row["can_read_user_criteria"] or row["cannot_read_user_criteria"] else "public",
        "criteria": {"can": _ids(row["can_read_user_criteria"]), "cannot": _ids(row["cannot_read_user_criteria"]),
                     "base_can": sorted(can), "base_cannot": sorted(cannot)},
        "deleted": False,
        "text_sha256": fingerprint(mail.plain(" ".join(filter(None, parts)))),
        "value_sha256": fingerprint(row["text"]),
    }  # fmt: skip


def _ids(text: str) -> list[str]:
    return sorted(filter(None, text.split(",")))


def _file(world: World, one: Row) -> dict[str, Any]:
    body = world.uploads.get(one["sys_id"])
    size = int(one["size_bytes"] or 0)
    if body is None and size <= _HASHED_MOST:
        body = records.content(one)
    return {
        "ticket": one["table_sys_id"], "remote_id": one["sys_id"], "name": one["file_name"], "content_type": one["content_type"],
        "size": size, "sha256": hashlib.sha256(body).hexdigest() if body is not None and size <= _HASHED_MOST else None,
    }  # fmt: skip


def _planted(world: World, row: Row, entries: list[Row]) -> Iterator[dict[str, Any]]:
    for entry, kind, words in world.origin.planted(row["sys_id"]):
        one = None if entry is None else entries[entry] if entry < len(entries) else {"value": "", "sys_id": ""}
        text = row["description"] if one is None else plain(one["value"])
        start = text.find(words)
        if start >= 0:
            yield {"ticket": row["sys_id"], "entry": None if one is None else one["sys_id"], "kind": kind, "text": words, "start": start,
                   "end": start + len(words)}  # fmt: skip
