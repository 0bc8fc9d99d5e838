"""Writes to an instance (contract 3.7): entries are added by changing the ticket, in the name of our user there."""

from __future__ import annotations

from typing import Any

from apps.core.errors import AppError, BadInput, EffectUnknown, ExternalError, NotFound
from apps.platforms.adapters.servicenow import payloads as wire
from apps.platforms.adapters.servicenow import query
from apps.platforms.adapters.servicenow.client import ServiceNowClient
from apps.platforms.adapters.servicenow.config import CASE
from apps.platforms.adapters.servicenow.journals import COMMENTS, NOTES, Marks
from apps.platforms.adapters.servicenow.threads import Threads
from apps.platforms.adapters.servicenow.tickets import SHAPES
from apps.platforms.base import MessageData
from apps.platforms.changes import TicketChange

# Priority is what impact and urgency make of it: 1 low .. 4 urgent
_LEVELS = {4: ("1", "1", "1"), 3: ("1", "2", "2"), 2: ("2", "2", "3"), 1: ("2", "3", "4")}


async def post(
    client: ServiceNowClient, threads: Threads, marks: Marks, table: str, ticket_id: str, html: str, *, private: bool, agent_id: str
) -> MessageData:
    """The answer to a write holds no entries, so the thread is read for it. Not to find it there is no proof that it is not."""
    if not query.is_id(agent_id):
        raise BadInput("ServiceNow knows its agents by sys_id.", code="change_invalid")
    value = f"[code]{marks.put(_plain(html), ticket_id, agent_id)}[/code]"
    await client.write(f"/api/now/v2/table/{table}/{ticket_id}", {NOTES if private else COMMENTS: value}, SHAPES[table])
    try:
        found = await threads.read([ticket_id])
    except AppError as exc:
        raise EffectUnknown("it was written, and could not be read") from exc
    wanted = _plain(html)
    mine = [
        one for thread in found for one in thread.messages or ()
        if (one.author_id, one.visibility, one.html) == (agent_id, "private" if private else "public", wanted)
    ]  # fmt: skip
    if not mine:
        raise EffectUnknown("it was written, and is not in the thread yet")
    return mine[-1]


def _plain(html: str) -> str:
    """Nothing of a text ends the block it stands in."""
    return html.replace("[/code]", "[/ code]").replace("[/CODE]", "[/ CODE]")


async def update(client: ServiceNowClient, table: str, ticket_id: str, change: TicketChange) -> wire.Incident | wire.Case:
    return await client.write(f"/api/now/v2/table/{table}/{ticket_id}", fields_of(change), SHAPES[table])


def fields_of(change: TicketChange) -> dict[str, Any]:
    """(pure) ServiceNow's names of what is set. Raises BadInput for tags: they are no field of a ticket there."""
    if change.tags is not None:
        raise BadInput("ServiceNow takes no tags.", code="change_invalid")
    told: dict[str, Any] = {}
    if change.status is not None:
        told["state"] = change.status
    if change.priority is not None:
        if change.priority not in _LEVELS:
            raise BadInput("Priority is 1 to 4.", code="change_invalid")
        told["impact"], told["urgency"], told["priority"] = _LEVELS[change.priority]
    for name, value in (("assignment_group", change.group_id), ("assigned_to", change.agent_id)):
        if value is not None:
            if value and not query.is_id(value):
                raise BadInput("ServiceNow knows groups and agents by sys_id.", code="change_invalid")
            told[name] = value
    return told


async def table_of(client: ServiceNowClient, ticket_id: str, tables: tuple[str, ...]) -> str:
    """The table that holds it. Raises NotFound."""
    if not query.is_id(ticket_id):
        raise NotFound("ServiceNow knows tickets by sys_id")
    for table in tables:
        try:
            await client.row(table, ticket_id, wire.Record)
        except NotFound:
            continue
        except ExternalError as exc:
            if table == CASE and exc.code in ("table_unknown", "access_denied"):
                continue
            raise
        return table
    raise NotFound("the helpdesk has nothing there for this key")


