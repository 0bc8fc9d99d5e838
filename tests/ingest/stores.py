"""A JSON store for tests: where the site allows it, and what is in it, counted and hashed without our reader."""

from __future__ import annotations

from pathlib import Path

import orjson

from tests.simulated import fingerprint


def truth(folder: Path) -> dict[str, tuple]:
    """{ticket: subject, status, state, fingerprint of the text, messages as export_mirror names them}, the last line of each."""
    tickets = {one["id"]: one for one in _lines(folder / "tickets.jsonl")}
    threads = {one["ticket_id"]: one for one in _lines(folder / "threads.jsonl")}
    return {
        key: (
            one["subject"], one["status"], one["state"], fingerprint(one["description_text"]),
            sorted((m["id"], m["visibility"] != "public", fingerprint(m["text"])) for m in threads.get(key, {}).get("messages", ())),
        )
        for key, one in tickets.items() if not one.get("deleted")
    }  # fmt: skip


def mirrored(export: dict) -> dict[str, tuple]:
    """The same of an export of the mirror."""
    return {
        one["remote_id"]: (
            one["subject"], one["status"], one["state"], one["description_sha256"],
            sorted((m["remote_id"], m["private"], m["text_sha256"]) for m in one["messages"]),
        )
        for one in export["tickets"] if not one["deleted"]
    }  # fmt: skip


def _lines(path: Path) -> list[dict]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]
