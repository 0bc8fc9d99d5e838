"""What can be wrong with a store, where, and how it is mended. Nothing here quotes what a file says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from apps.core.errors import ExternalError, ExternalUnavailable

Weight = Literal["stop", "skip", "note"]
# stop: the company is not read until it is mended. skip: the line counts as not there, the line before it for the same id
# stays. note: read all the same. With each: how to mend it.
KINDS: dict[str, tuple[Weight, str]] = {
    "folder_missing": ("stop", "There is no such folder: check the name, and that this login may read it."),
    "symlink": ("stop", "Links are not followed: put the file or folder itself there."),
    "not_a_file": ("stop", "Only plain files are read: put one there."),
    "file_missing": ("stop", "state.json lists this file: put it back, or seal the folder without it."),
    "header_invalid": ("stop", "Write the file as docs/json-store.md says; it is one JSON object."),
    "format_unknown": ("stop", "This release reads format 1: have the store written in it, or update Deskhand."),
    "company_mismatch": ("stop", "Folder and company.json must carry the company's short name."),
    "state_ahead": ("stop", "state.json says more than the file holds: wait for the copy to end, or seal the folder."),
    "checksum_mismatch": ("stop", "The file is not what state.json says: copy it again, or, if the change was meant, seal the folder."),
    "count_mismatch": ("stop", "state.json counts other lines than there are: seal the folder."),
    "line_cut": ("stop", "state.json ends in the middle of a line: complete the line, then seal the folder."),
    "mostly_unreadable": ("stop", "More than half of the lines cannot be read: the file is probably in another encoding or shape."),
    "json_invalid": ("skip", "Make the line one JSON object in UTF-8 (a line break inside a text is written \\n)."),
    "encoding_invalid": ("skip", "Write the line in UTF-8."),
    "field_missing": ("skip", "Add the field."),
    "type_wrong": ("skip", "Give the field a value of the documented type; ids are texts."),
    "value_unknown": ("skip", "Use one of the documented values, within the documented length."),
    "date_invalid": ("skip", "Write the time as 2026-03-01T09:00:00Z, with its zone."),
    "line_too_long": ("skip", "A line has at most 8 MiB: cut the text."),
    "goes_back": ("skip", "A later line of a ticket or article may not have an older updated_at: correct the time."),
    "bom": ("note", "The mark at the beginning is left out; write UTF-8 without it."),
    "field_unknown": ("note", "The field is not read: check its spelling."),
    "line_repeated": ("note", "The same id twice with one time and other words: the later line counts."),
    "ticket_missing": ("note", "The thread waits until a line of tickets.jsonl has its ticket."),
    "reference_missing": ("note", "Add the person, agent or group; until then it is read without."),
    "not_sealed": ("note", "Written after state.json: it counts once state.json says so. If nothing writes any more, seal the folder."),
}  # fmt: skip
SHOWN = 100  # of one file; all are counted


@dataclass(frozen=True, slots=True)
class Problem:
    """`line` from 1 on, 0 where it is the whole file; `field` names what is meant, never its value."""

    code: str
    file: str
    line: int = 0
    field: str = ""

    @property
    def weight(self) -> Weight:
        return KINDS[self.code][0]

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file

    def told(self) -> str:
        """One line for whoever has to mend it."""
        return f"{self.place}: {self.code}{f' ({self.field})' if self.field else ''}: {KINDS[self.code][1]}"


class StoreStopped(ExternalUnavailable):
    """The folder cannot be read as it is. What was read stays, no cursor moves; the next try looks again."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.told(), code=problem.code)
        self.problem = problem


class LineUnreadable(ExternalError):
    """The only line there is for this id cannot be read."""

    def __init__(self, place: str) -> None:
        super().__init__(f"{place} cannot be read", code="malformed_answer")
