"""ServiceNow's wire shapes to the items of the port."""

from __future__ import annotations

from apps.platforms.adapters.answers import digest
from apps.platforms.adapters.servicenow import payloads as wire
from apps.platforms.adapters.servicenow.config import CASE, INCIDENT
from apps.platforms.base import AttachmentData, PersonData, StatusCategory, StatusData, TicketData, TicketState
from apps.platforms.markup import to_html

# Customers rename states and add their own: those count as open, because work forgotten is worse than work shown twice.
_CATEGORIES: dict[str, dict[str, StatusCategory]] = {
    INCIDENT: {"1": "open", "2": "open", "3": "pending", "6": "solved", "7": "closed", "8": "closed"},
    CASE: {"1": "open", "10": "open", "18": "pending", "6": "solved", "3": "closed"},
}
LABELS = {
    INCIDENT: {"1": "New", "2": "In Progress", "3": "On Hold", "6": "Resolved", "7": "Closed", "8": "Canceled"},
    CASE: {"1": "New", "10": "Open", "18": "Awaiting Info", "6": "Resolved", "3": "Closed"},
}
_PRIORITIES = {"1": 4, "2": 3, "3": 2, "4": 1, "5": 1}  # 1 critical .. 5 planning
_SOURCES = {
    "email": "email", "phone": "phone", "self-service": "portal", "web": "portal", "chat": "chat", "virtual_agent": "chat",
    "social": "other", "walk-in": "other", "event": "other",
}  # fmt: skip


def status(table: str, value: str, label: str = "") -> StatusData:
    """A state by its code. That of a case is another one than an incident's of the same number."""
    named = label if label and label != value else LABELS[table].get(value, value)
    return StatusData(value=value, label=named, category=_CATEGORIES[table].get(value, "open"))


def ticket(row: wire.Incident | wire.Case, *, state: TicketState = "live") -> TicketData:
    table = CASE if isinstance(row, wire.Case) else INCIDENT
    return TicketData(
        remote_id=row.sys_id,
        number=row.number,
        subject=row.short_description,
        description_html=to_html(row.description) if row.description else "",
        description_text=row.description,
        visibility="public",
        state=state,
        status=status(table, row.state.value, row.state.shown),
        priority=_PRIORITIES.get(row.priority, 2),
        source=_SOURCES.get(row.contact_type, "other"),
        type=row.category.words or None,
        group_id=row.assignment_group or None,
        agent_id=row.assigned_to or None,
        customer=_customer(row.contact if isinstance(row, wire.Case) else row.caller_id, row.customer_email),
        tags=tuple(part.strip() for part in row.sys_tags.words.split(",") if part.strip()),
        due_by=row.due_date,
        created_at=row.sys_created_on,
        updated_at=row.sys_updated_on,
        # with sys_mod_count: an entry of the thread changes no other field
        raw_hash=digest([row.model_dump(mode="json"), state]),
    )


def _customer(cell: wire.Cell, email: str) -> PersonData | None:
    return PersonData(remote_id=cell.value, name=cell.shown or None, email=email or None) if cell else None


def attachment(row: wire.Attachment) -> AttachmentData:
    return AttachmentData(
        remote_id=row.sys_id, name=row.file_name, content_type=row.content_type,
        size=int(row.size_bytes) if row.size_bytes.isdecimal() else 0,
    )  # fmt: skip
