"""What a probe reads of an account, in a fixed order and for a fixed price."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from apps.core.egress import Answer
from apps.platforms.adapters.answers import date_of
from apps.platforms.adapters.freshdesk.probing.reader import Reader, json_of
from apps.platforms.probing import Tell

VIEWS, FRESH, GAPS, OLDEST = 10, 2, 4, 3
_NOWHERE = 9_000_000_000_000_000  # no ticket has this number
_EVER = "2000-01-01T00:00:00Z"
_NUMBERS_MOST = 200_000
_CODE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z]{2,4})?")
# Steps as a person reads them, with calls and credits at most.
PLAN: tuple[tuple[str, int, int], ...] = (
    ("who the key belongs to, and the account's settings", 4, 4),
    ("the newest tickets, two of them alone, and the list again", 5, 7),
    ("the oldest tickets, thrice, and by number", 4, 4),
    ("trash and spam", 2, 2),
    ("one list call with two includes, for its price", 1, 5),
    (f"{VIEWS - FRESH} tickets with the beginning of their threads", VIEWS - FRESH, 2 * (VIEWS - FRESH)),
    (f"{GAPS} numbers that no list shows, in the archive and alone", 2 * GAPS, 2 * GAPS),
    ("a number and an address that do not exist, and an address that takes no GET", 3, 3),
    ("yesterday's file of activities, and the articles' languages", 3, 3),
)
CALLS = sum(calls for _, calls, _ in PLAN)
CREDITS = sum(credits for *_, credits in PLAN) + 5  # a call that was told to wait is made again


def price() -> tuple[int, int]:
    """Calls and credits of a probe, at most."""
    return CALLS + 2, CREDITS


@dataclass(slots=True)
class Listing:
    """One page of a list of tickets, as it came."""

    answer: Answer | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Seen:
    """Everything a probe has read. What was not come to is empty."""

    scope: int = 0
    settings: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)  # of single calls, by name
    newest: Listing = field(default_factory=Listing)
    again: Listing = field(default_factory=Listing)  # the newest list, after single views
    oldest: list[Listing] = field(default_factory=list)
    numbered: Listing = field(default_factory=Listing)
    trash: Listing = field(default_factory=Listing)
    spam: Listing = field(default_factory=Listing)
    views: list[dict[str, Any]] = field(default_factory=list)
    beyond: int = 0  # status of the ticket after the highest number a list shows
    archive: list[int] = field(default_factory=list)  # statuses of numbers that no list shows
    alone: list[int] = field(default_factory=list)
    activities: list[dict[str, Any]] = field(default_factory=list)
    activities_file: int = 0  # its status; 0: not come to

    def listed(self) -> list[Listing]:
        """Every list that was read."""
        return [self.newest, self.again, *self.oldest, self.numbered, self.trash, self.spam]

    def rows(self) -> list[dict[str, Any]]:
        return [row for one in self.listed() for row in one.rows]


async def gather(reader: Reader, seen: Seen, tell: Tell) -> None:
    """Read the account; what is read lies in `seen` even when the reader was stopped in between."""
    for (words, *_), step in zip(PLAN, _STEPS, strict=True):
        tell(words)
        await step(reader, seen)


async def _who(reader: Reader, seen: Seen) -> None:
    for name in ("/agents/me", "/account", "/settings/helpdesk"):
        seen.answers[name] = await reader.get(name)
    seen.answers["/agents"] = await reader.get("/agents", per_page=1)
    me, settings = json_of(seen.answers["/agents/me"]), json_of(seen.answers["/settings/helpdesk"])
    seen.scope = me.get("ticket_scope", 0) if isinstance(me, dict) else 0
    seen.settings = settings if isinstance(settings, dict) else {}


async def _newest(reader: Reader, seen: Seen) -> None:
    """As close together as can be: what changes between two of these calls is not told apart from a list that lags."""
    seen.newest = await _list(reader, order_type="desc")
    await _view(reader, seen, seen.newest.rows[:FRESH])
    top = max(_numbers(seen.newest.rows), default=0)
    seen.beyond = (await reader.get(f"/tickets/{top + 1}")).status if top else 0
    seen.again = await _list(reader, order_type="desc")


async def _oldest(reader: Reader, seen: Seen) -> None:
    for _ in range(OLDEST):
        seen.oldest.append(await _list(reader, order_type="asc"))
    seen.numbered = await _list(reader, order_by="created_at", order_type="asc")


async def _hidden(reader: Reader, seen: Seen) -> None:
    seen.trash = await _list(reader, order_type="desc", filter="deleted")
    seen.spam = await _list(reader, order_type="desc", filter="spam")


async def _price(reader: Reader, seen: Seen) -> None:
    seen.answers["includes"] = await reader.get("/tickets", include="requester,stats", per_page=1)


async def _views(reader: Reader, seen: Seen) -> None:
    await _view(reader, seen, seen.newest.rows[FRESH:VIEWS])


async def _gaps(reader: Reader, seen: Seen) -> None:
    known = set(_numbers(seen.rows()))
    below = range(1, max(_numbers(seen.numbered.rows), default=0))
    missing = list(islice((number for number in below if number not in known), _NUMBERS_MOST))
    for number in missing[:: max(1, len(missing) // GAPS)][:GAPS]:
        seen.archive.append((await reader.get(f"/tickets/archived/{number}")).status)
        if seen.scope != 1:
            seen.alone.append((await reader.get(f"/tickets/{number}")).status)


async def _refusals(reader: Reader, seen: Seen) -> None:
    seen.answers["missing"] = await reader.get(f"/tickets/{_NOWHERE}")
    seen.answers["no_address"] = await reader.get("/deskhand_asks_for_nothing")
    seen.answers["wrong_verb"] = await reader.get(f"/tickets/{_NOWHERE}/notes")


async def _activities(reader: Reader, seen: Seen) -> None:
    now = date_of(seen.answers["/agents/me"].headers.get("date"))
    if now is not None:
        day = (now - timedelta(days=1)).date().isoformat()
        answer = seen.answers["activities"] = await reader.get("/export/ticket_activities", created_at=day)
        url = _link(json_of(answer))
        found = await reader.file(url) if url else None
        if found is not None:
            seen.activities_file = found.status
            told = json_of(found)
            rows = told.get("activities_data") if isinstance(told, dict) else None
            seen.activities = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    codes = [code for code in seen.settings.get("supported_languages") or [] if _CODE.fullmatch(str(code))]
    seen.answers["categories"] = await reader.get("/solutions/categories")
    if codes:
        seen.answers["translated"] = await reader.get(f"/solutions/categories/{codes[0]}")


_STEPS = (_who, _newest, _oldest, _hidden, _price, _views, _gaps, _refusals, _activities)


async def _list(reader: Reader, **params: str | int) -> Listing:
    asked: dict[str, str | int] = {"updated_since": _EVER, "order_by": "updated_at", "per_page": 100}
    answer = await reader.get("/tickets", **(asked | params))
    rows = json_of(answer)
    good = [row for row in rows if isinstance(row, dict)] if answer.status == 200 and isinstance(rows, list) else []
    return Listing(answer, [row for row in good if isinstance(row.get("id"), int) and time_of(row, "updated_at")])


async def _view(reader: Reader, seen: Seen, rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        answer = await reader.get(f"/tickets/{row['id']}", include="conversations")
        found = json_of(answer)
        if answer.status == 200 and isinstance(found, dict) and isinstance(found.get("id"), int) and time_of(found, "updated_at"):
            seen.views.append(found)


def _link(value: Any) -> str:
    """The file's address, in either of the two shapes seen."""
    export = value.get("export") if isinstance(value, dict) else None
    first = export[0] if isinstance(export, list) and export else export
    url = first.get("url") if isinstance(first, dict) else None
    return url if isinstance(url, str) else ""


def _numbers(rows: Iterable[dict[str, Any]]) -> list[int]:
    return [row["id"] for row in rows]


def time_of(row: dict[str, Any], name: str) -> datetime | None:
    """A time of the row. None: missing, empty, or not one."""
    try:
        found = datetime.fromisoformat(str(row.get(name)))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None

