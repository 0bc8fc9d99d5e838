"""Entries of a thread, by table or as the instance displays them, to messages of the port.

An entry names its writer by the name they sign in with. What Deskhand writes is all written under one such name: the agent
is told in a mark that only we can make (decision 0074).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from apps.core.text import html_to_text
from apps.platforms.adapters.answers import digest
from apps.platforms.adapters.servicenow import payloads as wire
from apps.platforms.adapters.servicenow.config import ServiceNowConfig
from apps.platforms.base import Author, MessageData, Visibility
from apps.platforms.markup import to_html

COMMENTS, NOTES = "comments", "work_notes"
ELEMENTS = (COMMENTS, NOTES)
_CODE = re.compile(r"\[code\](.*?)\[/code\]", re.DOTALL | re.IGNORECASE)
_MARK = re.compile(r"<!-- deskhand ([0-9a-zA-Z_-]{1,64}) ([0-9a-f]{32}) -->")
_VISIBILITIES: dict[str, Visibility] = {COMMENTS: "public", NOTES: "private"}


@dataclass(frozen=True, slots=True)
class Marks:
    """Says in a text which agent it is from, so that nobody else can say so."""

    key: bytes = field(repr=False)

    @classmethod
    def of(cls, config: ServiceNowConfig) -> Marks:
        secrets = "\0".join(config.plain(name) for name in ("password", "client_secret", "api_key"))
        return cls(hashlib.sha256(f"deskhand marks\0{secrets}".encode()).digest())

    def put(self, html: str, ticket_id: str, agent_id: str) -> str:
        return f"{html}<!-- deskhand {agent_id} {self._sign(html, ticket_id, agent_id)} -->"

    def take(self, html: str, ticket_id: str) -> tuple[str, str | None]:
        """The text without a mark, and whose it is if the mark is ours and of this very text."""
        found = _MARK.search(html)
        if found is None:
            return html, None
        bare = _MARK.sub("", html)
        agent = found.group(1)
        ours = hmac.compare_digest(found.group(2), self._sign(bare, ticket_id, agent))
        return bare, agent if ours else None

    def _sign(self, html: str, ticket_id: str, agent_id: str) -> str:
        told = "\0".join((ticket_id, agent_id, html)).encode()
        return hmac.new(self.key, told, hashlib.sha256).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Writers:
    """Who writes under which name. `callers`: {ticket: (its customer's name, the customer)}; `staff`: {name: person}."""

    marks: Marks
    callers: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    staff: Mapping[str, str] = field(default_factory=dict)

    def of(self, ticket_id: str, element: str, login: str) -> tuple[Author, str | None]:
        name, customer = self.callers.get(ticket_id, ("", ""))
        if element == COMMENTS and login and login == name:
            return "customer", customer or None
        return ("system", None) if login in ("", "system") else ("agent", self.staff.get(login))


def thread(rows: Sequence[wire.Journal], writers: Writers) -> tuple[MessageData, ...]:
    """Entries in reading order, each once."""
    kept = {row.sys_id: row for row in rows if row.element in ELEMENTS}
    return tuple(message(row, writers) for row in sorted(kept.values(), key=lambda row: (row.sys_created_on, row.sys_id)))


def message(row: wire.Journal, writers: Writers) -> MessageData:
    html, text, marked = unwrapped(row.value, row.element_id, writers.marks)
    author, author_id = ("agent", marked) if marked else writers.of(row.element_id, row.element, row.sys_created_by)
    return MessageData(
        remote_id=row.sys_id, ticket_id=row.element_id, author=author, author_id=author_id, author_email=None,
        visibility=_VISIBILITIES.get(row.element, "private"), html=html, text=text,
        source="reply" if row.element == COMMENTS else "note", created_at=row.sys_created_on, updated_at=row.sys_created_on,
        raw_hash=digest(row.model_dump(mode="json")),
    )  # fmt: skip


def unwrapped(value: str, ticket_id: str, marks: Marks) -> tuple[str, str, str | None]:
    """HTML and text of an entry, and the agent its mark names. HTML stands in [code]…[/code], all else is plain text."""
    parts = _CODE.split(value)
    if len(parts) == 1:
        return to_html(value), value, None
    html, agent = [], None
    for index, part in enumerate(parts):
        if index % 2:
            bare, found = marks.take(part, ticket_id)
            agent = found or agent
            html.append(bare)
        elif part.strip():
            html.append(to_html(part))
    # a mark is of a whole entry: beside other words it says nothing
    alone = len([part for part in parts if part.strip()]) == 1
    text = _CODE.sub(lambda found: html_to_text(_MARK.sub("", found[1])), value)
    return "".join(html), text, agent if alone else None
