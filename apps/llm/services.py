"""Ask the model a company has chosen for something, within its budgets. The one door for the rest of the product.

    ended = ask_model(feature="reply", ask=Ask(…), asker=Asker(person.pk, groups))
    ended.answered, ended.text, ended.value; else ended.reason says why words are to be quoted instead

For a stream: `prepare` (short, synchronous), then `router.stream(prepared.targets, ask, calls)` with no database
connection held, then `finish`, also when the reader has left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import DatabaseError

from apps.core.errors import BadInput, SealBroken
from apps.llm.base import Ask
from apps.llm.budget import Asker, Held, LedgerDown, OverBudget, reserve, settle
from apps.llm.connecting import STOPS, provider_of, refuse
from apps.llm.models import FeatureChoice, ModelConnection
from apps.llm.router import Ended, Reason, Router, Spent, Target
from apps.llm.tokens import count_ask
from apps.tenancy.context import current_company

# What this process has learnt of its models, by connection: one belongs to one company.
router = Router()


@dataclass(frozen=True, slots=True)
class Prepared:
    """Whom to ask, and what was reserved for it; or why nobody is asked."""

    targets: tuple[Target, ...] = ()
    held: Held | None = None
    refusal: Ended | None = None


def ask_model(*, feature: str, ask: Ask, asker: Asker) -> Ended:
    """The whole answer, or why there is none. Call it outside a transaction. Raises NoCompany."""
    prepared = prepare(feature=feature, ask=ask, asker=asker)
    if prepared.refusal is not None:
        return prepared.refusal
    ended = asyncio.run(router.chat(prepared.targets, ask))
    finish(prepared, calls=ended.calls, outcome=ended.reason or "")
    return ended


def prepare(*, feature: str, ask: Ask, asker: Asker) -> Prepared:
    """Choose and reserve; two short transactions. Raises NoCompany."""
    try:
        choice = FeatureChoice.objects.filter(feature=feature).select_related("connection", "second").first()
        if choice is None:
            return Prepared(refusal=Ended(reason=Reason.OFF))
        targets = targets_of(choice)
        if not targets:
            return Prepared(refusal=Ended(reason=Reason.REJECTED, code=choice.connection.last_error))
        models = [one.model for one in targets]
        held = reserve(feature=feature, models=models, asker=asker, prompt=count_ask(ask), answer=ask.most_tokens)
    except OverBudget as exc:
        return Prepared(refusal=Ended(reason=Reason.OVER_BUDGET, code=exc.code))
    except (LedgerDown, DatabaseError):
        return Prepared(refusal=Ended(reason=Reason.LEDGER_DOWN, code="ledger_down"))
    return Prepared(tuple(targets), held)


def finish(prepared: Prepared, *, calls: Sequence[Spent], outcome: str) -> None:
    """Settle what was reserved, and stop connections the provider refused."""
    if prepared.held is not None:
        settle(prepared.held, calls=calls, outcome=outcome)
    for one in calls:
        if one.code in STOPS:
            refuse(UUID(one.target.partition("/")[0]), one.code)


def targets_of(choice: FeatureChoice) -> list[Target]:
    """The chosen model and its second, those that work and process where the company's data is kept."""
    pairs = [(choice.connection, choice.model), (choice.second, choice.second_model)]
    return [made for one, model in pairs if one is not None and model and (made := _target(one, model)) is not None]


def _target(connection: ModelConnection, model: str) -> Target | None:
    if connection.state != ModelConnection.State.ACTIVE or connection.region != current_company().region:
        return None
    try:
        provider = provider_of(provider=connection.provider, base_url=connection.base_url, api_key=connection.key())
    except (BadInput, SealBroken) as exc:
        refuse(connection.pk, exc.code)
        return None
    return Target(f"{connection.pk}/{model}", connection.region, model, provider)
