"""What an account lets us do, ability by ability (contract 4): plain data, no Django."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

AbilityName = Literal[
    "bulk_export", "thread_feed", "delete_feed", "kb_feed", "signed_push", "archive_lookup", "per_ticket_thread_cost",
    "account", "agents", "articles", "translations", "products", "canned_responses", "ratings", "time_entries",
    "activities", "cases",
]  # fmt: skip
ABILITIES: tuple[AbilityName, ...] = get_args(AbilityName)


class Ability(BaseModel):
    """One of them. `reason` is a stable code: `tried` and `documented` say how we know that it can, `not_offered` (by
    the helpdesk), `not_used` (by us), `not_exported` (but could be) and the helpdesk's own codes why it cannot. `value` is the
    cost, where it is one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: AbilityName
    state: Literal["yes", "no", "unknown"]
    reason: str
    value: int | None = None
