"""Threads as a helpdesk tells them, one by one or, where it can sweep them by table, many in one answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BeforeValidator

from apps.platforms.items import Item


def _known_or_private(value: object) -> object:
    """What we cannot name must not reach a customer (contract 4)."""
    return value if value in ("public", "private", "restricted") else "private"


# Required on every item, never defaulted: public = the customer may read it, private = agents only,
# restricted = some customers or some agents only.
Visibility = Annotated[Literal["public", "private", "restricted"], BeforeValidator(_known_or_private)]
Author = Literal["customer", "agent", "system"]


class AttachmentData(Item):
    """A file's metadata. Its URL is never kept: it is signed and short-lived (contract 2.5)."""

    remote_id: str
    name: str
    content_type: str = ""
    size: int = 0


class MessageData(Item):
    """One entry of a thread after the description."""

    remote_id: str
    ticket_id: str
    author: Author
    author_id: str | None
    author_email: str | None
    visibility: Visibility
    html: str
    text: str  # the platform's own plain text
    source: str  # reply, note, forward, ...
    attachments: tuple[AttachmentData, ...] = ()
    created_at: AwareDatetime
    updated_at: AwareDatetime
    edited_at: AwareDatetime | None = None
    merged_into: str | None = None  # the number of the ticket that this note says its own one went into
    raw_hash: str


class ThreadData(Item):
    """What is known of one ticket's thread. None: this answer does not tell; both None: it changed, and must be read."""

    ticket_id: str
    messages: tuple[MessageData, ...] | None = None  # whole, oldest first
    files: tuple[AttachmentData, ...] | None = None  # of the ticket itself, whole


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """One answer of the walk over threads; `next` and `more` as of any page.

    Of every ticket whose remote id r has `after` < r <= `upto` (compared as bytes) the page told all entries it has:
    one that it does not name has none. `after` and `upto` None: nothing follows from silence.
    """

    items: Sequence[ThreadData]
    next: Any  # a Cursor
    more: bool
    after: str | None = None
    upto: str | None = None
