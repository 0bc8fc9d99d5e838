"""Connections to models: tested with a live call before they are stored, stopped when the provider refuses them."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from apps.core.audit import record_on_commit
from apps.core.egress import EgressPolicy
from apps.core.errors import BadInput
from apps.llm.base import Ask, ChatProvider, Deadlines, Done, Said, Usage
from apps.llm.models import Budget, ModelConnection
from apps.tenancy.context import current_company

log = structlog.get_logger("deskhand.llm")
# Imported at the first use: a process that asks no model does not pay for the client.
PROVIDERS = {ModelConnection.Provider.OPENAI.value: "apps.llm.providers.openai_compatible.OpenAICompatible"}
STOPS = frozenset({"key_refused", "forbidden", "quota_spent", "model_gone", "address_refused"})
TEST = Ask((Said("system", "You are being tested."), Said("user", "Answer with one word: ready")), most_tokens=16, temperature=0)


@dataclass(frozen=True, slots=True)
class Trial:
    """One live call: seconds to the first token and to the end, and what it counted."""

    model: str
    first_token_s: float
    seconds: float
    usage: Usage | None


def provider_of(*, provider: str, base_url: str, api_key: str) -> ChatProvider:
    """The account, ready to be asked. Raises BadInput(code="address_refused")."""
    policy = EgressPolicy(suffixes=settings.LLM_SUFFIXES, allow_hosts=settings.EGRESS_ALLOW_HOSTS)
    policy.target(base_url)
    made: ChatProvider = import_string(PROVIDERS[provider])(base_url=base_url, policy=policy, api_key=api_key)
    return made


def try_account(*, provider: str, base_url: str, region: str, api_key: str, model: str) -> Trial:
    """One live call, outside any transaction. Raises BadInput (address, region) and the errors of `apps.llm.errors`."""
    if region != current_company().region:
        raise BadInput("the provider must process where the company's data is kept", code="region_refused")
    opened = provider_of(provider=provider, base_url=base_url, api_key=api_key)
    return asyncio.run(_call(opened, model))


async def _call(provider: ChatProvider, model: str) -> Trial:
    began, first, usage = time.monotonic(), None, None
    async with aclosing(provider.stream(model, TEST, replace(Deadlines(), first=15.0))) as pieces:
        async for piece in pieces:
            first = first if first is not None else time.monotonic() - began
            usage = piece.usage if isinstance(piece, Done) else None
    return Trial(model, round(first or 0.0, 3), round(time.monotonic() - began, 3), usage)


def store(connection: ModelConnection, *, api_key: str = "") -> None:
    """Keep a connection that was tested; without `api_key` the one it has. One transaction, with its audit entry."""
    if api_key:
        connection.set_key(api_key)
    connection.state, connection.last_error, connection.checked_at = ModelConnection.State.ACTIVE, "", timezone.now()
    with transaction.atomic():
        connection.save()
        record_on_commit("model_connected", subject=f"model:{connection.pk}")


def refuse(connection_id: UUID, code: str) -> None:
    """Stop a connection, with one notice however many calls find out."""
    with transaction.atomic():
        active = ModelConnection.objects.filter(pk=connection_id).exclude(state=ModelConnection.State.REJECTED)
        if active.update(state=ModelConnection.State.REJECTED, last_error=code[:60]):
            record_on_commit("model_refused", subject=f"model:{connection_id}", code=code[:60])
            log.error("model_refused", connection=str(connection_id), code=code[:60])


def status() -> dict[str, Any]:
    """What is connected, chosen and spent, for people who run it; no secret."""
    budgets = list(Budget.objects.order_by("pk"))
    for one in budgets:
        one.roll(timezone.now())
    connections = ModelConnection.objects.prefetch_related("choices").order_by("label")
    return {
        "connections": [
            {
                "label": one.label, "provider": one.provider, "address": one.base_url, "region": one.region, "state": one.state,
                "last_error": one.last_error, "checked_at": one.checked_at, "models": one.names,
                "used_for": sorted(choice.feature for choice in one.choices.all()),
            }
            for one in connections
        ],
        "budgets": [
            {"scope": one.scope, "unit": one.unit, "period": one.period, "most": one.limit, "used": one.used} for one in budgets
        ],
    }  # fmt: skip
