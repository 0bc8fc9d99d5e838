"""Freshdesk's JSON objects: every field of the contract's tables, nulls present, times in whole seconds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from simulators.clock import stamp
from simulators.freshdesk import linking
from simulators.freshdesk.records import (
    Agent,
    Article,
    Attachment,
    Category,
    Contact,
    Entry,
    Folder,
    Group,
    Profile,
    Ticket,
)
from simulators.freshdesk.world import World

Json = dict[str, Any]
_HOUR = 3600
_POLICY = {4: (2, 8), 3: (8, 24), 2: (24, 72), 1: (48, 120)}  # priority -> hours to the first answer and to the end
_DUE_AFTER = 3  # seconds until due dates are filled, without moving updated_at
_CODES = {"ja": "ja-JP", "zh": "zh-CN"}
_PRIORITIES = {"Low": 1, "Medium": 2, "High": 3, "Urgent": 4}
_SOURCES = {"Email": 1, "Portal": 2, "Phone": 3, "Chat": 7, "Feedback Widget": 9, "Outbound Email": 10}
_FOR_CUSTOMERS = {2: "Being Processed", 3: "Awaiting your Reply", 4: "This ticket has been Resolved"}


def code(language: str) -> str:
    """Freshdesk's spelling of a language."""
    return _CODES.get(language, language)


def language(spelled: str) -> str:
    """The inverse of `code`."""
    return next((short for short, long in _CODES.items() if long == spelled), spelled)


def ticket(world: World, row: Ticket, *, include: frozenset[str] = frozenset(), view: bool = False) -> Json:
    """A ticket as the list shows it, or as its own page does."""
    if view or "description" in include:
        world.showing.add(row.id)
    due = world.clock.now() - row.created_at >= _DUE_AFTER
    found: Json = {
        "cc_emails": [], "fwd_emails": [], "reply_cc_emails": [], "ticket_cc_emails": [], "ticket_bcc_emails": [],
        "fr_escalated": False, "nr_escalated": False, "is_escalated": False, "spam": row.feed == "spam",
        "email_config_id": None, "group_id": row.group_id, "priority": row.priority, "requester_id": row.requester_id,
        "responder_id": row.responder_id, "source": row.source, "company_id": row.company, "status": row.status,
        "subject": row.subject, "support_email": None, "to_emails": None, "product_id": row.product_id,
        "id": row.id, "type": row.type, "form_id": 298,
        "due_by": stamp(due_at(row)) if due else None,
        "fr_due_by": stamp(row.created_at + _POLICY[row.priority][0] * _HOUR) if due else None, "nr_due_by": None,
        "custom_fields": row.custom_fields, "tags": row.tags, "internal_agent_id": None, "internal_group_id": None,
        "created_at": stamp(row.created_at), "updated_at": stamp(row.updated_at),
    }  # fmt: skip
    found |= linking.payload(world, row, whole=view)
    if row.feed in ("deleted", "archived"):
        found[row.feed] = True
    if view or "description" in include:
        found |= {"description": row.description, "description_text": row.description_text}
    if view or world.switches.list_attachments:
        found["attachments"] = [attachment(world, one) for one in row.attachments]
    if "requester" in include:
        found["requester"] = _requester(world, row.requester_id)
    if "stats" in include:
        found["stats"] = _stats(row, world.entries(row.id))
    if "company" in include:
        found["company"] = {}
    return found


def due_at(row: Ticket) -> int:
    """The second by which the account promises to have solved it: urgent ones sooner."""
    return row.created_at + _POLICY[row.priority][1] * _HOUR


def _requester(world: World, contact_id: int) -> Json:
    contact = world.contact(contact_id)
    name, email = (contact.name, contact.email) if contact else ("", None)
    return {"id": contact_id, "name": name, "email": email, "mobile": None, "phone": None}


def _stats(row: Ticket, entries: list[Entry]) -> Json:
    answers = [entry.created_at for entry in entries if not entry.incoming and not entry.private]
    asks = [entry.created_at for entry in entries if entry.incoming]
    solved = row.status in (4, 5)
    return {
        "agent_responded_at": stamp(answers[-1] if answers else None),
        "requester_responded_at": stamp(asks[-1] if asks else None),
        "first_responded_at": stamp(answers[0] if answers else None),
        "status_updated_at": stamp(row.status_at or row.created_at),
        "reopened_at": None,
        "resolved_at": stamp(row.status_at) if solved else None,
        "closed_at": stamp(row.status_at) if row.status == 5 else None,
        "pending_since": stamp(row.status_at) if row.status == 3 else None,
    }


def attachment(world: World, row: Attachment) -> Json:
    """A file with a link of this moment, which lives for five minutes."""
    born = stamp(row.created_at)
    return {
        "id": row.id, "name": row.name, "content_type": row.content_type, "size": row.size,
        "attachment_url": world.storage.link(row), "created_at": born, "updated_at": born,
    }  # fmt: skip


def conversation(world: World, row: Entry, ticket_id: int) -> Json:
    """One entry of a thread."""
    return {
        "body": row.body, "body_text": row.body_text, "id": row.id, "incoming": row.incoming, "private": row.private,
        "user_id": row.user_id, "support_email": None, "source": row.source, "category": _category(row),
        "ticket_id": ticket_id, "to_emails": row.to_emails, "from_email": row.from_email, "cc_emails": [],
        "bcc_emails": [], "email_failure_count": None, "outgoing_failures": None, "thread_id": None,
        "thread_message_id": None, "created_at": stamp(row.created_at), "updated_at": stamp(row.updated_at),
        "last_edited_at": stamp(row.last_edited_at), "last_edited_user_id": row.last_edited_user_id,
        "attachments": [attachment(world, one) for one in row.attachments], "cloud_files": [],
        "has_quoted_text": row.has_quoted_text, "deleted": row.deleted,
        "structured_body": None, "source_additional_info": None,
    }  # fmt: skip


def _category(row: Entry) -> int:
    if row.incoming:
        return 1
    return 2 if row.private else 3


def contact(row: Contact) -> Json:
    return {
        "active": True, "address": None, "company_id": None, "description": None, "email": row.email, "id": row.id,
        "job_title": None, "language": code(row.language), "mobile": None, "name": row.name, "phone": None,
        "time_zone": "UTC", "twitter_id": None, "facebook_id": None, "unique_external_id": None, "other_emails": [],
        "other_companies": [], "view_all_tickets": False, "preferred_source": None, "custom_fields": {}, "tags": [],
        "avatar": None, "deleted": False, "created_at": stamp(row.created_at), "updated_at": stamp(row.created_at),
    }  # fmt: skip


def agent(row: Agent) -> Json:
    born = stamp(row.created_at)
    return {
        "available": True, "occasional": False, "id": row.id, "ticket_scope": row.scope, "signature": None,
        "group_ids": list(row.group_ids), "role_ids": [], "skill_ids": [], "type": "support_agent",
        "available_since": None, "last_active_at": born, "deactivated": not row.active, "focus_mode": True,
        "created_at": born, "updated_at": born,
        "contact": {
            "active": True, "email": row.email, "job_title": None, "language": code(row.language),
            "last_login_at": born, "mobile": None, "name": row.name, "phone": None, "time_zone": "UTC",
            "created_at": born, "updated_at": born,
        },
    }  # fmt: skip


def group(row: Group) -> Json:
    born = stamp(row.created_at)
    return {
        "id": row.id, "name": row.name, "description": None, "escalate_to": None, "unassigned_for": None,
        "business_hour_id": None, "group_type": "support_agent_group", "auto_ticket_assign": False,
        "created_at": born, "updated_at": born,
    }  # fmt: skip


def ticket_fields(profile: Profile) -> list[Json]:
    """The fields whose choices the account decides."""
    born = stamp(profile.groups[0].created_at)
    kinds: dict[str, tuple[str, str, Any]] = {
        "subject": ("Subject", "default_subject", None),
        "ticket_type": ("Type", "default_ticket_type", ["Question", "Incident", "Problem", "Feature Request"]),
        "source": ("Source", "default_source", _SOURCES),
        "status": ("Status", "default_status", _status_choices(profile.statuses)),
        "priority": ("Priority", "default_priority", _PRIORITIES),
        "group": ("Group", "default_group", {row.name: row.id for row in profile.groups}),
        "agent": ("Agent", "default_agent", {row.name: row.id for row in profile.agents}),
        "description": ("Description", "default_description", None),
    }
    kinds |= {
        name: (name.removeprefix("cf_").replace("_", " ").capitalize(), _custom_kind(name), None)
        for name in profile.custom_fields
    }
    return [
        {
            "id": 67_000_000_000 + number, "name": name, "label": label, "description": None, "position": number,
            "required_for_closure": False, "required_for_agents": False, "type": kind, "default": kind.startswith("default_"),
            "customers_can_edit": False, "label_for_customers": label, "required_for_customers": False,
            "displayed_to_customers": True, "created_at": born, "updated_at": born,
        } | ({} if choices is None else {"choices": choices})
        for number, (name, (label, kind, choices)) in enumerate(kinds.items(), 1)
    ]  # fmt: skip


def _custom_kind(name: str) -> str:
    """Names that ask a question are boxes to tick, all others are lines of text."""
    return "custom_checkbox" if name == "cf_callback" else "custom_text"


def _status_choices(statuses: Iterable[tuple[int, str]]) -> Json:
    """Agent's label, customer's label."""
    return {str(value): [label, _FOR_CUSTOMERS.get(value, label)] for value, label in statuses}


def account(profile: Profile) -> Json:
    return {
        "organisation_id": 1, "organisation_name": profile.name, "account_id": 1, "account_name": profile.name,
        "account_domain": f"{profile.key}.freshdesk.example", "bundle_id": None, "bundle_name": None,
        "hipaa_compliant": False, "timezone": "UTC", "data_center": "EU", "tier_type": "Paid",
        "total_agents": {"full_time": len(profile.agents), "occasional": 0, "field_service": 0, "collaborators": 0},
        "contact_person": {"firstname": "", "lastname": "", "email": profile.agents[0].email},
        "address": {"street": None, "city": None, "state": None, "country": None, "postalcode": None},
    }  # fmt: skip


def helpdesk_settings(profile: Profile) -> Json:
    others = [code(short) for short in profile.languages if short != profile.primary_language]
    return {
        "primary_language": code(profile.primary_language),
        "supported_languages": others,
        "portal_languages": others,
        "help_widget_languages": others,
    }


def category(world: World, row: Category) -> Json:
    """Its portals are named where the account has several."""
    born, portals = stamp(row.created_at), world.portals.get(row.id, [1])
    found = {"id": row.id, "name": row.name, "description": None, "created_at": born, "updated_at": born}
    return found | ({"visible_in_portals": portals} if portals else {})


def folder(row: Folder, *, articles: int, sub_folders: int) -> Json:
    born = stamp(row.created_at)
    return {
        "id": row.id, "name": row.name, "description": None, "parent_folder_id": row.parent_id,
        "category_id": row.category_id, "visibility": row.visibility, "hierarchy": [], "articles_count": articles,
        "sub_folders_count": sub_folders, "created_at": born, "updated_at": born,
    }  # fmt: skip


def article(world: World, row: Article, short: str) -> Json:
    """One language of an article; the id is the same in all."""
    text = row.texts[short]
    home = next(one for one in world.profile.folders if one.id == row.folder_id)
    place = {"level": 1, "type": "folder", "data": {"id": home.id, "name": home.name, "language": code(short)}}
    return {
        "id": row.id, "type": 1, "status": row.status, "agent_id": row.agent_id, "category_id": home.category_id,
        "folder_id": home.id, "title": text.title, "description": text.description,
        "description_text": text.description_text, "hierarchy": [place], "thumbs_up": 0, "thumbs_down": 0, "hits": 0,
        "suggested": 0, "feedback_count": 0, "tags": row.tags, "attachments": [], "cloud_files": [],
        "seo_data": {"meta_title": text.title, "meta_description": "", "meta_keywords": ""},
        "created_at": stamp(row.created_at), "updated_at": stamp(text.updated_at),
    }  # fmt: skip
