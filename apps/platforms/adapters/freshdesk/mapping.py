"""Freshdesk's wire shapes to the items of the port."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from email.utils import parseaddr
from typing import Any

from apps.platforms.adapters.answers import digest
from apps.platforms.adapters.freshdesk import links
from apps.platforms.adapters.freshdesk import payloads as wire
from apps.platforms.base import (
    AgentData,
    ArticleData,
    AttachmentData,
    Author,
    GroupData,
    MessageData,
    PersonData,
    Scope,
    StatusCategory,
    StatusData,
    TicketData,
    TicketFeed,
    TicketState,
    Visibility,
)
from apps.platforms.productdata import ProductData

# 6 and 7 come with the product, "waiting on customer" and "on third party"; 8 and up are the account's own and
# count as open, because work forgotten is worse than work shown twice.
_CATEGORIES: dict[int, StatusCategory] = {2: "open", 3: "pending", 4: "solved", 5: "closed", 6: "pending", 7: "pending"}
_LABELS = {2: "Open", 3: "Pending", 4: "Resolved", 5: "Closed", 6: "Waiting on Customer", 7: "Waiting on Third Party"}
_TICKET_SOURCES = {
    1: "email", 2: "portal", 3: "phone", 4: "forum", 5: "twitter", 6: "facebook", 7: "chat", 9: "widget",
    10: "outbound", 11: "shop", 12: "bot", 13: "whatsapp", 15: "chat",
}  # fmt: skip
_MESSAGE_SOURCES = {
    0: "reply", 2: "note", 5: "twitter", 6: "survey", 7: "facebook", 8: "forward", 9: "phone", 11: "shop", 15: "chat",
    20: "chat",
}  # fmt: skip
_FOLDER_VISIBILITIES: dict[int, Visibility] = {1: "public", 3: "private"}
_SCOPES: dict[int, Scope] = {1: "all", 2: "group", 3: "restricted"}
_LANGUAGES = {"ja-JP": "ja", "zh-CN": "zh"}  # Freshdesk's codes where ours differ

BESIDE = {"product_id"}  # of a ticket: no thread is read again when it changes

Statuses = dict[int, StatusData]


def language(code: str) -> str:
    """Our code of a Freshdesk language; others stay as they are, so that no two fall together."""
    return _LANGUAGES.get(code, code)


def statuses(fields: Iterable[wire.TicketField]) -> Statuses:
    """Every status of the account, from the choices of its status field: {"2": ["Open", "Being Processed"], ...}."""
    found = dict(_LABELS)
    for field in fields:
        if field.type == "default_status" and isinstance(field.choices, dict):
            found = {int(value): _label(names) for value, names in field.choices.items() if str(value).isdigit()}
    return {value: status(value, label) for value, label in found.items()}


def _label(names: Any) -> str:
    return str(names[0] if isinstance(names, list) and names else names)


def status(value: int, label: str | None = None) -> StatusData:
    """A status by its code; one that nobody named counts as open."""
    return StatusData(
        value=value, label=label or _LABELS.get(value, str(value)), category=_CATEGORIES.get(value, "open")
    )


def ticket(
    row: wire.Ticket, known: Statuses, feed: TicketFeed = "live", *, settled: bool = True, listed: bool = False
) -> TicketData:
    """`description_*` stay None when the answer did not carry them. `listed`: its own view may tell more.

    `settled` is False while the second that updated_at names was hardly over when the row was read: more may
    have happened in it later, so the hash of such a row differs from that of the same row read again.
    """
    read = bool({"description", "description_text"} & row.model_fields_set)
    fields: dict[str, Any] = {
        "remote_id": str(row.id),
        "subject": row.subject,
        "description_html": (row.description or "") if read else None,
        "description_text": (row.description_text or "") if read else None,
        "visibility": "public",
        "state": _state(row, feed),
        "status": known.get(row.status) or status(row.status),
        "priority": min(max(row.priority, 1), 4),
        "source": _TICKET_SOURCES.get(row.source, "other"),
        "type": row.type,
        "group_id": _text(row.group_id),
        "agent_id": _text(row.responder_id),
        "product_id": (_text(row.product_id) or "") if "product_id" in row.model_fields_set else None,
        "customer": _customer(row),
        "tags": row.tags,
        "attachments": tuple(map(attachment, row.attachments)) if "attachments" in row.model_fields_set else None,
        "due_by": row.due_by,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "firm_id": _text(row.company_id),
        **links.told(row, listed=listed),
    }
    return TicketData(**fields, raw_hash=_hash_of_ticket(row, fields["state"], fields["status"].model_dump(), settled))


def _hash_of_ticket(row: wire.Ticket, *beside: object) -> str:
    """Views carry the first message's files and lists do not: they are no change of the ticket. Nor is who asks: some lists
    are read without their names; nor what it hangs together with."""
    plain = row.model_copy(update={"attachments": (), "requester": None})
    without = links.FIELDS | BESIDE | (set() if row.company_id else {"company_id"})  # as before there were companies
    return digest([plain.model_dump(mode="json", exclude=without), *beside])


def _state(row: wire.Ticket, feed: TicketFeed) -> TicketState:
    """The row's own flags first: a list that lags may still show what moved away."""
    if row.deleted:
        return "trashed"
    if row.spam:
        return "spam"
    if row.archived:
        return "archived"
    return feed


def _customer(row: wire.Ticket) -> PersonData | None:
    if row.requester is not None:
        return PersonData(remote_id=str(row.requester.id), name=row.requester.name, email=row.requester.email)
    return PersonData(remote_id=str(row.requester_id), name=None) if row.requester_id else None


def contact(row: wire.Contact) -> PersonData:
    code = language(row.language) if row.language else None
    return PersonData(remote_id=str(row.id), name=row.name, email=row.email, language=code)


def message(row: wire.Conversation, ticket_id: str) -> MessageData:
    """An entry of the thread; only `private: false` said aloud makes it public."""
    return MessageData(
        remote_id=str(row.id),
        ticket_id=ticket_id,
        author=_author(row),
        author_id=_text(row.user_id),
        author_email=parseaddr(row.from_email or "")[1] or None,
        visibility="public" if row.private is False else "private",
        html=row.body,
        text=row.body_text,
        source=_MESSAGE_SOURCES.get(row.source, "other"),
        attachments=tuple(map(attachment, row.attachments)),
        created_at=row.created_at,
        updated_at=row.updated_at,
        edited_at=row.last_edited_at,
        merged_into=links.merged_into(row),
        raw_hash=_hash(row),
    )


def thread(rows: Sequence[wire.Conversation], number: int) -> list[MessageData]:
    """Entries in reading order, each once, without those that were deleted."""
    kept = {row.id: row for row in rows if not row.deleted}
    ordered = sorted(kept.values(), key=lambda row: (row.created_at, row.id))  # equal times are common
    return [message(row, str(number)) for row in ordered]


def _author(row: wire.Conversation) -> Author:
    if row.incoming:
        return "customer"
    return "agent" if row.user_id else "system"  # bots have no user (contract 2.2)


def attachment(row: wire.Attachment) -> AttachmentData:
    return AttachmentData(
        remote_id=str(row.id), name=row.name, content_type=row.content_type, size=row.size or row.file_size
    )


def article(
    row: wire.SolutionArticle, *, code: str, category: str, folder: str, visibility: int | None, portals: Sequence[int] = ()
) -> ArticleData:
    """`code` is Freshdesk's language of the listing; the folder's visibility is the article's, the category's portals too."""
    return ArticleData(
        remote_id=str(row.id),
        language=language(code),
        title=row.title,
        html=row.description,
        text=row.description_text,
        published=row.status == 2,
        status_value=row.status,
        visibility=folder_visibility(visibility),
        category_id=_text(row.category_id) or "",
        category=category,
        portals=tuple(map(str, sorted(portals))),
        folder_id=_text(row.folder_id) or "",
        folder=folder,
        tags=row.tags,
        author_id=_text(row.agent_id),
        created_at=row.created_at,
        updated_at=row.updated_at,
        raw_hash=_hash(row, category, folder, visibility, *([sorted(portals)] if portals else [])),
    )


def folder_visibility(value: int | None) -> Visibility:
    """1 everybody, 3 agents; signed-in customers, chosen companies, segments and bots are some people only."""
    if value is None:
        return "private"
    return _FOLDER_VISIBILITIES.get(value, "restricted" if 2 <= value <= 7 else "private")


def scope(value: int) -> Scope:
    """Which tickets the helpdesk shows an agent; a number nobody has told us of is unknown."""
    return _SCOPES.get(value, "unknown")


def agent(row: wire.Agent) -> AgentData:
    return AgentData(
        remote_id=str(row.id),
        name=row.contact.name,
        email=row.contact.email,
        language=language(row.contact.language) if row.contact.language else None,
        scope=scope(row.ticket_scope),
        group_ids=tuple(map(str, row.group_ids)),
        active=row.contact.active and not row.deactivated,
    )


def group(row: wire.Group) -> GroupData:
    return GroupData(remote_id=str(row.id), name=row.name)


def product(row: wire.Product) -> ProductData:
    return ProductData(remote_id=str(row.id), name=row.name)


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)


def _hash(row: wire.Wire, *beside: object) -> str:
    """Of the fields we read, so that a new field of the vendor's does not look like a change of every row."""
    return digest([row.model_dump(mode="json"), *beside])
