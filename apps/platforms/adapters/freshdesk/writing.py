"""Writes to one Freshdesk account (contract 2.6). None is safe to repeat: the account knows no key of ours."""

from __future__ import annotations

from typing import Any

from apps.core.errors import BadInput
from apps.platforms.adapters.freshdesk import payloads as wire
from apps.platforms.adapters.freshdesk.client import FreshdeskClient
from apps.platforms.changes import TicketChange


async def post_note(client: FreshdeskClient, ticket: int, html: str, *, private: bool, agent_id: str) -> wire.Conversation:
    body = {"body": html, "private": private, "user_id": int(agent_id)}
    return await client.write("POST", f"/tickets/{ticket}/notes", body, wire.Conversation)


async def post_reply(client: FreshdeskClient, ticket: int, html: str, *, agent_id: str) -> wire.Conversation:
    """The answer to a reply leaves out what every reply is: public, and outgoing."""
    body = {"body": html, "user_id": int(agent_id)}
    row = await client.write("POST", f"/tickets/{ticket}/reply", body, wire.Conversation)
    author = row.user_id or int(agent_id)
    return row.model_copy(update={"private": False, "incoming": False, "source": 0, "user_id": author})


async def update_ticket(client: FreshdeskClient, ticket: int, change: TicketChange) -> wire.Ticket:
    return await client.write("PUT", f"/tickets/{ticket}", _fields(change), wire.Ticket)


def _fields(change: TicketChange) -> dict[str, Any]:
    """Freshdesk's names. Raises BadInput for a value that is no number where Freshdesk has numbers."""
    try:
        named = {
            "status": None if change.status is None else int(change.status),
            "priority": change.priority,
            "group_id": None if change.group_id is None else int(change.group_id),
            "responder_id": None if change.agent_id is None else int(change.agent_id),
            "tags": None if change.tags is None else list(change.tags),
        }
    except ValueError as exc:
        raise BadInput("Freshdesk knows statuses, groups and agents by number.", code="change_invalid") from exc
    return {name: value for name, value in named.items() if value is not None}
