"""Hard budgets: reserved in PostgreSQL before a model is asked, settled after (CAP-2, P20).

    held = reserve(feature="reply", models=("gpt",), asker=Asker(agent, groups), prompt=900, answer=1024)
    … the call …
    settle(held, calls=ended.calls, outcome="")

What is reserved is the most one call can cost. The budgets that apply are locked in one order, so of fifty calls that
come at once as many get through as the budgets have room for. A second call is made only when the first brought nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from django.db import DatabaseError, transaction
from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone

from apps.core.errors import AppError
from apps.llm.models import Budget, Price, Spend
from apps.llm.router import Spent

log = structlog.get_logger("deskhand.llm")


class OverBudget(AppError):
    """A budget has no room for the call. Codes: over_budget, price_missing."""

    code = "over_budget"
    status = 409


class LedgerDown(AppError):
    """Nobody can say what was spent: nothing is."""

    code = "ledger_down"
    status = 503
    retryable = True


@dataclass(frozen=True, slots=True)
class Asker:
    """Whose budgets a call counts for: the person, and our ids of the groups they work for."""

    agent: UUID | None = None
    groups: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """What was reserved, when, and in which budgets."""

    spend: UUID
    at: datetime
    tokens: int
    money: int
    budgets: tuple[UUID, ...]


def reserve(*, feature: str, models: Sequence[str], asker: Asker, prompt: int, answer: int) -> Held:
    """Reserve one call of the dearest of `models`, in its own transaction. Raises OverBudget, LedgerDown."""
    try:
        with transaction.atomic():
            return _reserve(feature, models, asker, prompt, answer)
    except DatabaseError as exc:
        raise LedgerDown("the ledger of what models cost cannot be reached") from exc


def _reserve(feature: str, models: Sequence[str], asker: Asker, prompt: int, answer: int) -> Held:
    budgets = list(_applying(feature, asker).select_for_update().order_by("pk"))
    now = timezone.now()  # after the wait for the locks
    prices = list(Price.objects.filter(model__in=models))
    if any(one.unit == Budget.Unit.MONEY for one in budgets) and len(prices) < len(set(models)):
        raise OverBudget("a model has no price, so a budget of money has no room for it", code="price_missing")
    tokens = prompt + answer
    money = max((one.cost(prompt, answer) for one in prices), default=0)
    for one in budgets:
        one.roll(now)
        one.used += _in(one.unit, tokens, money)
        if one.used > one.limit:
            raise OverBudget("a budget for models has no room for this")
    Budget.objects.bulk_update(budgets, ["used", "starts"])
    spend = Spend.objects.create(
        at=now, feature=feature, agent=asker.agent, groups=[str(one) for one in asker.groups], model=models[0],
        tokens=tokens, money=money,
    )  # fmt: skip
    return Held(spend.pk, now, tokens, money, tuple(one.pk for one in budgets))


def settle(held: Held, *, calls: Sequence[Spent], outcome: str) -> None:
    """Put what the calls used in the place of what was reserved. What cannot be written stays as it was reserved."""
    try:
        with transaction.atomic():
            tokens, money = _used(calls)
            settled = Spend.objects.filter(pk=held.spend, settled=False).update(
                tokens=tokens, money=money, calls=len(calls), settled=True, outcome=outcome
            )
            if not settled:
                return
            # A budget that began anew meanwhile does not hold the reservation any more.
            mine = Budget.objects.filter(pk__in=held.budgets, starts__lte=held.at)
            for budget in mine.select_for_update().order_by("pk"):
                change = _in(budget.unit, tokens, money) - _in(budget.unit, held.tokens, held.money)
                Budget.objects.filter(pk=budget.pk).update(used=F("used") + change)
    except DatabaseError:
        log.warning("spend_unsettled")


def _used(calls: Sequence[Spent]) -> tuple[int, int]:
    prices = {one.model: one for one in Price.objects.filter(model__in={one.model for one in calls})}
    tokens = sum(one.usage.prompt + one.usage.answer for one in calls)
    money = sum(prices[one.model].cost(one.usage.prompt, one.usage.answer) for one in calls if one.model in prices)
    return tokens, money


def recount(budget: Budget) -> None:
    """Begin a budget with what its day or month has in the ledger already; the caller saves it."""
    budget.starts = budget.begin(timezone.now())
    column = "money" if budget.unit == Budget.Unit.MONEY else "tokens"
    budget.used = Spend.objects.under(budget).filter(at__gte=budget.starts).aggregate(sum=Sum(column))["sum"] or 0


def _applying(feature: str, asker: Asker) -> QuerySet[Budget]:
    return Budget.objects.filter(
        Q(scope=Budget.Scope.COMPANY) | Q(scope=Budget.Scope.FEATURE, feature=feature)
        | Q(scope=Budget.Scope.AGENT, agent=asker.agent) | Q(scope=Budget.Scope.GROUP, group__in=asker.groups)
    )  # fmt: skip


def _in(unit: str, tokens: int, money: int) -> int:
    return money if unit == Budget.Unit.MONEY else tokens
