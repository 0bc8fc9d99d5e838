"""Which changes move a ticket's updated_at: read from what happened, since a probe changes nothing itself.

A change at a known second whose ticket shows an earlier updated_at did not move it: one such ticket proves it. A
ticket that shows that very second was moved, unless something else happened in it too. A later one tells nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from apps.platforms.adapters.freshdesk.probing.gather import Seen, time_of
from apps.platforms.probing import Evidence, Finding

_NEAR = 1.0  # seconds; times are whole
_ADDED = 5.0  # a file younger than its ticket by more than this was added later
# Names of activities are the vendor's and not documented: these words are looked for in them.
_KINDS = (
    ("note_edit", r"edit.*(entry|note|conversation)|(entry|note|conversation).*edit"),
    ("note_delete", r"(delet|remov|destroy).*(entry|note|conversation)|(entry|note|conversation).*(delet|remov|destroy)"),
    ("merge", r"merge"),
    ("attachment", r"attach"),
    ("tags", r"tag"),
    ("hiding", r"spam|trash|delete|restore"),
)
_QUESTIONS = {
    "note_edit": "Does an edited note move the ticket's updated_at?",
    "note_delete": "Does a deleted note move the ticket's updated_at?",
    "merge": "Does a merge move the tickets' updated_at?",
    "hiding": "Do spam, trash and restoring move the ticket's updated_at?",
    "tags": "Does a changed tag move the ticket's updated_at?",
    "attachment": "Does a file added later move the ticket's updated_at?",
}
_MISSING = {
    "note_edit": "no ticket that was read has a note that was edited last of all",
    "note_delete": "no file of activities names a deleted note; a thread does not show what is gone from it",
    "merge": "no file of activities names a merge; a ticket does not show when it was merged",
    "hiding": "no file of activities names such a change; a ticket does not show when it was hidden",
    "tags": "no file of activities names a changed tag; a ticket does not show when it got one",
    "attachment": "no ticket that was read has a file that was added last of all",
}


def findings(seen: Seen) -> Iterator[Finding]:
    """One for each kind of change."""
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in _QUESTIONS}
    for view in seen.views:
        _note_edits(view, counts["note_edit"])
        _files(view, counts["attachment"])
    for kind, at, moved in _activities(seen):
        _count(counts[kind], at, moved)
    for kind, question in _QUESTIONS.items():
        yield _finding(kind, question, counts[kind], seen)


def _finding(kind: str, question: str, count: Counter[str], seen: Seen) -> Finding:
    evidence: Evidence = {name: count[name] for name in ("moved", "not_moved", "changed_again")}
    evidence |= {"threads": len(seen.views), "activities": len(seen.activities), "activities_file": seen.activities_file}
    key = f"{kind}_moves"
    if count["not_moved"]:
        answer = "no" if not count["moved"] else "not always"
        why = f"{count['not_moved']} changed after the second their ticket shows"
        return Finding(key=key, question=question, told=True, answer=answer, why=why, evidence=evidence)
    if count["moved"]:
        why = f"{count['moved']} changed in the very second their ticket shows, none after it"
        return Finding(key=key, question=question, told=True, answer="yes", why=why, evidence=evidence)
    why = _MISSING[kind] if not count["changed_again"] else "every ticket it happened to changed again later"
    return Finding(key=key, question=question, told=False, why=why, evidence=evidence)


def _count(count: Counter[str], at: datetime, moved: datetime) -> None:
    apart = (moved - at).total_seconds()
    count["moved" if abs(apart) <= _NEAR else "not_moved" if apart < 0 else "changed_again"] += 1


def _note_edits(view: dict[str, Any], count: Counter[str]) -> None:
    moved = time_of(view, "updated_at")
    edits = [at for entry in entries_of(view) if (at := time_of(entry, "last_edited_at"))]
    if edits and moved:
        _count(count, max(edits), moved)


def _files(view: dict[str, Any], count: Counter[str]) -> None:
    """Files of the first message that are younger than it."""
    moved, born = time_of(view, "updated_at"), time_of(view, "created_at")
    files = view.get("attachments")
    times = [time_of(one, "created_at") for one in files if isinstance(one, dict)] if isinstance(files, list) else []
    later = [at for at in times if at and born and (at - born).total_seconds() > _ADDED]
    if later and moved:
        _count(count, max(later), moved)


def entries_of(view: dict[str, Any]) -> list[dict[str, Any]]:
    found = view.get("conversations")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _activities(seen: Seen) -> Iterator[tuple[str, datetime, datetime]]:
    """The last activity of each ticket whose updated_at we know, when it is of one of the kinds: (kind, at, updated_at)."""
    moved = {row["id"]: time_of(row, "updated_at") for row in [*seen.rows(), *seen.views]}
    last: dict[int, tuple[datetime, str]] = {}
    for row in seen.activities:
        at, number = _performed(row), row.get("ticket_id")
        if at and isinstance(number, int) and (number not in last or last[number][0] <= at):
            last[number] = (at, kind_of(row.get("activity") or {}))
    for number, (at, kind) in last.items():
        updated = moved.get(number)
        if kind and updated:
            yield kind, at, updated


def kind_of(names: Iterable[str]) -> str:
    """The one kind these names speak of; "" for none, or for more than one."""
    kinds = {next((kind for kind, words in _KINDS if re.search(words, name)), "") for name in names}
    return kinds.pop() if len(kinds) == 1 else ""


def _performed(row: dict[str, Any]) -> datetime | None:
    try:
        return datetime.strptime(str(row.get("performed_at")), "%d-%m-%Y %H:%M:%S %z")
    except ValueError:
        return None
