"""Which abilities an account has for the key we hold: what can be tried by one small read is tried."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from apps.core.errors import CredentialsRejected, ExternalError, NotFound
from apps.platforms.abilities import Ability, AbilityName
from apps.platforms.adapters.freshdesk import payloads as wire
from apps.platforms.adapters.freshdesk.activities import PATH as ACTIVITIES
from apps.platforms.adapters.freshdesk.client import FreshdeskClient, Params

REFUSALS = ("access_denied", "require_feature")  # of one call; every other refusal is of the key
_ALL = "\"created_at:>'2000-01-01'\""
_TRASH: Params = {"filter": "deleted", "updated_since": "2000-01-01T00:00:00Z", "per_page": 1}


async def abilities(
    client: FreshdeskClient, settings: wire.HelpdeskSettings, *, account_readable: bool
) -> tuple[Ability, ...]:
    """Every ability of the contract. Nine credits. Raises like any call when the account cannot be asked at all."""
    others = [code for code in settings.supported_languages if code != settings.primary_language]
    return (
        Ability(name="bulk_export", state="no", reason="not_used"),  # nobody has seen the file of a finished one
        Ability(name="thread_feed", state="no", reason="not_offered"),
        await _tried(client, "delete_feed", "/tickets", _TRASH),
        Ability(name="kb_feed", state="no", reason="not_offered"),
        Ability(name="signed_push", state="no", reason="not_offered"),
        Ability(name="archive_lookup", state="yes", reason="documented"),
        Ability(name="per_ticket_thread_cost", state="yes", reason="documented", value=1),
        Ability(name="account", state="yes" if account_readable else "no", reason="tried" if account_readable else "refused"),
        await _tried(client, "agents", "/agents", {"per_page": 1}),
        await _tried(client, "articles", "/solutions/categories"),
        await _translations(client, others),
        await _tried(client, "products", "/products", {"per_page": 1}),
        await _tried(client, "canned_responses", "/canned_response_folders", {"per_page": 1}),
        await _tried(client, "ratings", "/surveys/satisfaction_ratings", {"per_page": 1}),
        await _tried(client, "time_entries", "/time_entries", {"per_page": 1}),
        await _activities(client),
        Ability(name="cases", state="no", reason="not_offered"),
    )


async def count_tickets(client: FreshdeskClient) -> int | None:
    """How many live tickets a search over all of them counts: without archive, spam and trash, late by minutes. One credit."""
    try:
        return (await client.one("/search/tickets", wire.Total, {"query": _ALL})).total
    except CredentialsRejected as exc:
        if exc.code not in REFUSALS:
            raise
    except (NotFound, ExternalError) as exc:
        if exc.retryable:
            raise
    return None


async def _translations(client: FreshdeskClient, others: list[str]) -> Ability:
    if not others:
        return Ability(name="translations", state="no", reason="one_language")
    found = await _tried(client, "translations", f"/solutions/categories/{others[0]}")
    # 404: this list has no translation, the account has them
    return found if found.reason != "not_found" else Ability(name="translations", state="yes", reason="tried")


async def _activities(client: FreshdeskClient) -> Ability:
    """A day whose file has been there for a day, if there are any."""
    day = (client.server_time - timedelta(days=2)).date()
    found = await _tried(client, "activities", ACTIVITIES, {"created_at": day.isoformat()}, dict[str, Any])
    return found if found.reason != "not_found" else Ability(name="activities", state="no", reason="not_exported")


async def _tried(client: FreshdeskClient, name: AbilityName, path: str, params: Params | None = None, shape: Any = list[dict[str, Any]]) -> Ability:
    try:
        await client.one(path, shape, params)
    except CredentialsRejected as exc:
        if exc.code not in REFUSALS:
            raise
        return Ability(name=name, state="no", reason=exc.code)
    except NotFound as exc:
        return Ability(name=name, state="no", reason=exc.code)
    except ExternalError as exc:
        if exc.retryable:
            raise
        return Ability(name=name, state="unknown", reason=exc.code)
    return Ability(name=name, state="yes", reason="tried")
