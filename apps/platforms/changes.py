"""What may be changed of a ticket in its helpdesk: plain data, no Django. What is None stays as it is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class TicketChange(BaseModel):
    """The fields to set. `status` is the platform's own value as text, `tags` takes the place of the whole list; a group or
    agent that is empty is none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: str | None = None
    priority: int | None = None  # 1 low .. 4 urgent
    group_id: str | None = None
    agent_id: str | None = None
    tags: tuple[str, ...] | None = None
