"""Writes to one Freshdesk account (contract 2.6). None is safe to repeat: the account knows no key of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apps.core.errors import BadInput
from apps.platforms.adapters.freshdesk import payloads as wire
from apps.platforms.adapters.freshdesk.client import FreshdeskClient
from apps.platforms.changes import TicketChange

_NAMES = {"status": "status", "priority": "priority", "group_id": "group_id", "agent_id": "responder_id", "tags": "tags"}


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
    """Freshdesk's names of what is set; null for no group or no agent (contract 2.6). Raises BadInput for a value that is
    no number where Freshdesk has numbers."""
    told = change.model_dump(exclude_none=True)
    try:
        return {_NAMES[name]: _WRITTEN[name](value) for name, value in told.items()}
    except ValueError as exc:
        raise BadInput("Freshdesk knows statuses, groups and agents by number.", code="change_invalid") from exc


def _number_or_none(value: str) -> int | None:
    return int(value) if value else None


_WRITTEN: dict[str, Callable[[Any], Any]] = {
    "status": int, "priority": int, "group_id": _number_or_none, "agent_id": _number_or_none, "tags": list,
}  # fmt: skip
