"""Which models a company uses for what, what they cost, how much may be spent, and what was."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from math import ceil
from typing import ClassVar

import orjson
from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.crypto import seal, unseal
from apps.core.fields import SealedField
from apps.core.ids import uuid7
from apps.core.privacy import NONE, SECRET, DataClass
from apps.tenancy.context import current_company
from apps.tenancy.models import CompanyModel

MILLION = 1_000_000


class Feature(models.TextChoices):
    """What a model may be asked for."""

    SUMMARY = "summary", _("Summaries")
    REPLY = "reply", _("Suggested replies")
    ASK = "ask", _("Questions")
    TRIAGE = "triage", _("Triage")
    WRITING = "writing", _("Writing tools")


class ModelConnection(CompanyModel):
    """One account of the company at a provider of models. The key lies sealed for this company."""

    class Provider(models.TextChoices):
        OPENAI = "openai", _("OpenAI-compatible")

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        REJECTED = "rejected", _("Refused")  # nothing works until an admin has tested it again

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "label": NONE, "provider": NONE, "base_url": NONE, "region": NONE,
        "credentials": SECRET, "names": NONE, "state": NONE, "last_error": NONE, "checked_at": NONE, "created_at": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    label = models.CharField(_("label"), max_length=60, unique=True)
    provider = models.CharField(_("provider"), max_length=20, choices=Provider, default=Provider.OPENAI)
    base_url = models.CharField(_("address"), max_length=300)
    region = models.CharField(_("region"), max_length=40)  # where it processes; the company's own
    credentials = SealedField()
    names = models.JSONField(_("models"), default=list)  # of models; the first is the one that is tested
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ACTIVE)
    last_error = models.CharField(_("last error"), max_length=60, blank=True)  # a stable code, never the provider's words
    checked_at = models.DateTimeField(_("checked"), null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("connection to models")
        verbose_name_plural = _("connections to models")

    def __str__(self) -> str:
        return self.label

    def set_key(self, api_key: str) -> None:
        """Seal the key for this company."""
        sealed = orjson.dumps({"api_key": api_key})
        self.credentials = seal(sealed, company_id=current_company().company_id, field="llm.modelconnection.credentials")

    def key(self) -> str:
        """Raises SealBroken when it was sealed elsewhere, KeyDestroyed when no key opens it."""
        plain = unseal(
            self.credentials, company_id=current_company().company_id, field="llm.modelconnection.credentials"
        )
        return str(orjson.loads(plain)["api_key"])


class FeatureChoice(CompanyModel):
    """The model a feature uses, and the one that is asked when it does not answer. No row: none, and words are quoted."""

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "feature": NONE, "connection": NONE, "model": NONE, "second": NONE, "second_model": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    feature = models.CharField(_("used for"), max_length=10, choices=Feature, unique=True)
    connection = models.ForeignKey(
        ModelConnection, on_delete=models.CASCADE, related_name="choices", verbose_name=_("connection to models")
    )
    model = models.CharField(_("model"), max_length=120)
    second = models.ForeignKey(
        ModelConnection, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("when it does not answer")
    )
    second_model = models.CharField(_("its model"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("choice of a model")
        verbose_name_plural = _("choices of models")

    def __str__(self) -> str:
        return str(self.get_feature_display())


class Price(CompanyModel):
    """What a model costs, in the company's currency. A budget of money needs it."""

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "model": NONE, "prompt": NONE, "answer": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    model = models.CharField(_("model"), max_length=120, unique=True)
    prompt = models.DecimalField(
        _("a million tokens of prompts"), max_digits=12, decimal_places=4, validators=[MinValueValidator(Decimal(0))]
    )
    answer = models.DecimalField(
        _("a million tokens of answers"), max_digits=12, decimal_places=4, validators=[MinValueValidator(Decimal(0))]
    )

    class Meta:
        verbose_name = _("price of a model")
        verbose_name_plural = _("prices of models")

    def __str__(self) -> str:
        return self.model

    def cost(self, prompt: int, answer: int) -> int:
        """Millionths of the currency, rounded up."""
        return ceil(self.prompt * prompt + self.answer * answer)


class Budget(CompanyModel):
    """A hard limit. `used` counts what is reserved and what was spent since `starts`, in tokens or millionths of money."""

    class Scope(models.TextChoices):
        COMPANY = "company", _("Everybody together")
        GROUP = "group", _("One group")
        AGENT = "agent", _("One person")
        FEATURE = "feature", _("One use")

    class Unit(models.TextChoices):
        TOKENS = "tokens", _("Tokens")
        MONEY = "money", _("Money")

    class Period(models.TextChoices):
        DAY = "day", _("A day")
        MONTH = "month", _("A month")

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "scope": NONE, "group": NONE, "agent": NONE, "feature": NONE, "unit": NONE,
        "period": NONE, "most": NONE, "used": NONE, "starts": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    scope = models.CharField(_("for whom"), max_length=10, choices=Scope, default=Scope.COMPANY)
    group = models.UUIDField(_("id of the group"), null=True, blank=True)
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("person")
    )
    feature = models.CharField(_("used for"), max_length=10, choices=Feature, blank=True)
    unit = models.CharField(_("counted in"), max_length=10, choices=Unit, default=Unit.TOKENS)
    period = models.CharField(_("limit for"), max_length=10, choices=Period, default=Period.MONTH)
    most = models.DecimalField(_("at most"), max_digits=14, decimal_places=2, validators=[MinValueValidator(Decimal(0))])
    used = models.BigIntegerField(default=0, editable=False)
    starts = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("budget for models")
        verbose_name_plural = _("budgets for models")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["scope", "group", "agent", "feature", "unit", "period"], name="llm_budget_one", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_scope_display()}: {self.most} {self.get_unit_display()} / {self.get_period_display()}"

    @property
    def limit(self) -> int:
        """In what `used` counts."""
        return int(self.most * (MILLION if self.unit == self.Unit.MONEY else 1))

    def roll(self, now: datetime) -> None:
        """Begin a new day or month (UTC) when the one that is counted is over."""
        if (begin := self.begin(now)) > self.starts:
            self.used, self.starts = 0, begin

    def begin(self, now: datetime) -> datetime:
        """Of the day or month that `now` is in."""
        day = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return day if self.period == self.Period.DAY else day.replace(day=1)


class SpendQuerySet(models.QuerySet["Spend"]):
    def under(self, budget: Budget) -> SpendQuerySet:
        """What counts for a budget."""
        narrowed = {
            Budget.Scope.COMPANY: Q(),
            Budget.Scope.GROUP: Q(groups__contains=[str(budget.group)]),
            Budget.Scope.AGENT: Q(agent=budget.agent_id),
            Budget.Scope.FEATURE: Q(feature=budget.feature),
        }
        return self.filter(narrowed[Budget.Scope(budget.scope)])


class Spend(CompanyModel):
    """The ledger: a row an answer. Reserved before a model is asked, with the most it can cost; settled with what it did.

    One that is never settled (its process died) stays as it was reserved: too much is counted, never too little.
    """

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "at": NONE, "feature": NONE, "agent": NONE, "groups": NONE, "model": NONE,
        "tokens": NONE, "money": NONE, "calls": NONE, "settled": NONE, "outcome": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    feature = models.CharField(max_length=10, choices=Feature)
    agent = models.UUIDField(null=True)  # who asked; the row outlives the person
    groups = models.JSONField(default=list)  # our ids of the groups they ask for
    model = models.CharField(max_length=120)
    tokens = models.BigIntegerField()
    money = models.BigIntegerField(default=0)  # millionths
    calls = models.PositiveSmallIntegerField(default=0)  # that were made of the provider
    settled = models.BooleanField(default=False)
    outcome = models.CharField(max_length=20, blank=True)  # a Reason, or empty: answered

    objects = SpendQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.feature} {self.at:%Y-%m-%d}"
