"""A thread as the instance displays it, for accounts whose journal table is closed to us: one text per field, newest entry
first, in the zone, the date format and the language of our user.

    2020-04-20 13:58:46 - Beth Anglin (Work notes)
    The words of the entry.

The row's own times come as the database has them and as they are displayed: zone and format follow from the pair. What
cannot be read this way stays one message.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apps.platforms.adapters.answers import digest
from apps.platforms.adapters.servicenow import payloads as wire
from apps.platforms.adapters.servicenow import query
from apps.platforms.adapters.servicenow.journals import COMMENTS, NOTES, Marks, unwrapped
from apps.platforms.base import Author, MessageData

_DAYS = ("%Y-%m-%d", "%m-%d-%Y", "%d-%m-%Y", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d", "%Y.%m.%d")
_HOURS = ("%H:%M:%S", "%I:%M:%S %p", "%H.%M.%S")
FORMATS = tuple(f"{day} {hour}" for day in _DAYS for hour in _HOURS)
_HEAD = re.compile(r"^(?P<at>[0-9][0-9./-]{7,9} [0-9:.]{7,8}(?: [APap][Mm])?) - (?P<name>.{1,200}) \((?P<label>[^()\n]{1,100})\)$", re.MULTILINE)
_FAR = timedelta(hours=15)  # no zone is further from UTC


@dataclass(frozen=True, slots=True)
class Clock:
    """How this user's times are to be read: the format, and how far they were from UTC at some moments."""

    format: str
    shifts: tuple[tuple[datetime, timedelta], ...]

    def read(self, shown: str) -> datetime | None:
        try:
            local = datetime.strptime(shown, self.format).replace(tzinfo=UTC)
        except ValueError:
            return None
        _, shift = min(self.shifts, key=lambda pair: abs(pair[0] - local))
        return local - shift


def clock_of(rows: Sequence[wire.Told]) -> Clock | None:
    """The one format that fits every pair of these rows; None when none or several with different times do."""
    pairs = [(cell.value, cell.shown) for row in rows for cell in (row.sys_created_on, row.sys_updated_on) if cell and cell.shown]
    for form in FORMATS:
        shifts = [_shift(value, shown, form) for value, shown in pairs]
        if shifts and None not in shifts:
            return Clock(form, tuple(one for one in shifts if one is not None))
    return None


def _shift(value: str, shown: str, form: str) -> tuple[datetime, timedelta] | None:
    at = query.moment(value)
    try:
        local = datetime.strptime(shown, form).replace(tzinfo=UTC)
    except ValueError:
        return None
    if at is None or abs(local - at) > _FAR:
        return None
    return at, local - at


def thread(row: wire.Told, clock: Clock | None, marks: Marks) -> tuple[MessageData, ...]:
    """The whole thread of a row, oldest first. Ids are made of what an entry says, and stay while it is displayed alike."""
    found: list[MessageData] = []
    times: Counter[str] = Counter()
    for element, cell in ((COMMENTS, row.comments), (NOTES, row.work_notes)):
        for at, shown, name, words in reversed(list(_entries(cell.words, clock))):
            moment = at or query.moment(row.sys_updated_on.value) or wire.NEVER
            said = f"{element}|{shown}|{name}|{words}"  # as displayed: which summer time a zone had is a guess
            times[said] += 1
            found.append(_message(row, element, moment, name, words, f"{said}|{times[said]}", marks))
    return tuple(sorted(found, key=lambda one: (one.created_at, one.remote_id)))


def _entries(text: str, clock: Clock | None) -> Iterator[tuple[datetime | None, str, str, str]]:
    """(time, the time as displayed, name, words) in the order of the text. What stands before the first head is one entry of nobody's."""
    heads = []
    for head in _HEAD.finditer(text):
        at = clock.read(head["at"]) if clock else None
        if at is not None and (head.start() == 0 or text[: head.start()].endswith("\n\n")):
            heads.append((head, at))
    begin = heads[0][0].start() if heads else len(text)
    if text[:begin].strip():
        yield None, "", "", text[:begin].strip()
    for index, (head, at) in enumerate(heads):
        end = heads[index + 1][0].start() if index + 1 < len(heads) else len(text)
        yield at, head["at"], head["name"], text[head.end() : end].strip("\n")


def _message(row: wire.Told, element: str, at: datetime, name: str, words: str, said: str, marks: Marks) -> MessageData:
    html, text, marked = unwrapped(words, row.sys_id, marks)
    author: Author = "agent" if marked or name else "system"
    author_id = marked
    if element == COMMENTS and not marked and name and name == row.customer.shown:
        author, author_id = "customer", row.customer.value or None
    return MessageData(
        remote_id=hashlib.sha256(f"{row.sys_id}|{said}".encode()).hexdigest()[:32], ticket_id=row.sys_id, author=author,
        author_id=author_id, author_email=None, visibility="public" if element == COMMENTS else "private", html=html, text=text,
        source="reply" if element == COMMENTS else "note", created_at=at, updated_at=at, raw_hash=digest([element, said]),
    )  # fmt: skip


