"""Lines of a store as items of the port."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

import orjson

from apps.core.text import html_to_text
from apps.platforms.adapters.json_store.lines import (
    AgentLine,
    ArticleLine,
    CompanyFile,
    FileLine,
    GroupLine,
    Line,
    MessageLine,
    PersonLine,
    ThreadLine,
    TicketLine,
)  # fmt: skip
from apps.platforms.base import (
    AgentData,
    ArticleData,
    AttachmentData,
    GroupData,
    MessageData,
    PersonData,
    StatusData,
    TicketData,
)


def statuses(company: CompanyFile) -> tuple[StatusData, ...]:
    return tuple([StatusData(value=one.value, label=one.label, category=one.category) for one in company.statuses])


def ticket(line: TicketLine, known: dict[str, StatusData], person: Callable[[str], PersonData]) -> TicketData:
    """`person` names a customer. A status that company.json does not list counts as open."""
    return TicketData(
        remote_id=line.id,
        subject=line.subject,
        description_html=line.description_html,
        description_text=_text(line.description_text, line.description_html),
        visibility="public",
        state=line.state,
        status=known.get(line.status) or StatusData(value=line.status, label=line.status, category="open"),
        priority=line.priority,
        source=line.source,
        type=line.type,
        group_id=line.group_id,
        agent_id=line.agent_id,
        customer=person(line.customer_id) if line.customer_id else None,
        tags=line.tags,
        attachments=tuple(map(attachment, line.attachments)),
        language=line.language,
        due_by=line.due_by,
        created_at=line.created_at,
        updated_at=_second(line.updated_at),
        raw_hash=_hash(line),
    )


def thread(line: ThreadLine) -> list[MessageData]:
    """Entries in reading order, each id once: a later one counts."""
    kept = {one.id: one for one in line.messages}
    ordered = sorted(kept.values(), key=lambda one: (one.created_at, one.id))
    return [_message(one, line.ticket_id) for one in ordered]


def _message(line: MessageLine, ticket_id: str) -> MessageData:
    return MessageData(
        remote_id=line.id,
        ticket_id=ticket_id,
        author=line.author,
        author_id=line.author_id,
        author_email=line.author_email,
        visibility=line.visibility,
        html=line.html,
        text=_text(line.text, line.html),
        source=line.source,
        attachments=tuple(map(attachment, line.attachments)),
        created_at=line.created_at,
        updated_at=line.updated_at or line.created_at,
        raw_hash=_hash(line),
    )


def article(line: ArticleLine) -> ArticleData:
    return ArticleData(
        remote_id=line.id,
        language=line.language,
        title=line.title,
        html=line.html,
        text=_text(line.text, line.html),
        published=line.published,
        status_value="published" if line.published else "draft",
        visibility=line.visibility,
        category_id=line.category_id or "",
        category=line.category,
        folder_id=line.folder_id or "",
        folder=line.folder,
        tags=line.tags,
        created_at=line.created_at,
        updated_at=_second(line.updated_at),
        raw_hash=_hash(line),
    )


def person(line: PersonLine) -> PersonData:
    return PersonData(remote_id=line.id, name=line.name, email=line.email, language=line.language)


def agent(line: AgentLine) -> AgentData:
    return AgentData(
        remote_id=line.id, name=line.name, email=line.email, language=line.language, scope=line.scope,
        group_ids=line.group_ids, active=line.active,
    )  # fmt: skip


def group(line: GroupLine) -> GroupData:
    return GroupData(remote_id=line.id, name=line.name)


def attachment(line: FileLine) -> AttachmentData:
    return AttachmentData(remote_id=line.id, name=line.name, content_type=line.content_type, size=line.size)


def _text(text: str, html: str) -> str:
    return text or (html_to_text(html) if html else "")


def _second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _hash(line: Line | MessageLine) -> str:
    """Of the fields we read: a field nobody reads is no change."""
    plain = line.model_dump(mode="json", include=set(type(line).model_fields))
    return hashlib.sha256(orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)).hexdigest()
