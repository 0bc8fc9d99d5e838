"""The registry of companies (public schema) and the base of every model that belongs to one."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Func, TextField
from django.utils import timezone
from django_tenants.models import DomainMixin, TenantMixin

from apps.core.errors import TenantLeak
from apps.core.ids import uuid7
from apps.core.privacy import CONTACT, NONE, DataClass
from apps.tenancy.alarms import alarm
from apps.tenancy.context import Binding, current_binding


class Company(TenantMixin):
    """A tenant. The id is fixed for ever; everything a company owns lies in its schema."""

    class Status(models.TextChoices):
        PROVISIONING = "provisioning"
        ACTIVE = "active"
        SUSPENDED = "suspended"
        CLOSING = "closing"
        CLOSED = "closed"  # a tombstone: nothing of the company is left but its id, which nobody gets again

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "schema_name": NONE, "company_id": NONE, "name": CONTACT, "region": NONE, "status": NONE,
        "language": NONE, "created_at": NONE, "closed_at": NONE,
    }  # fmt: skip

    company_id = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    region = models.CharField(max_length=40)
    language = models.CharField(max_length=12, default="en")
    status = models.CharField(max_length=16, choices=Status, default=Status.PROVISIONING)
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    auto_create_schema = False  # provisioning replays the template; nothing is made by saving a row

    class Meta:
        db_table = '"public"."tenancy_company"'
        verbose_name = "company"
        verbose_name_plural = "companies"

    def __str__(self) -> str:
        return self.company_id

    def binding(self, principal: str = "") -> Binding:
        """What to bind to work inside this company."""
        return Binding(self.schema_name, self.company_id, self.region, principal)


class Domain(DomainMixin):
    """A host name a company is reached at, lower-case, without port. A name of the company's own serves once verified."""

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "domain": NONE, "tenant": NONE, "is_primary": NONE, "verified_at": NONE,
    }  # fmt: skip

    verified_at = models.DateTimeField(null=True, blank=True)  # null: nobody has shown that the name is theirs

    class Meta:
        db_table = '"public"."tenancy_domain"'


class Order(models.Model):
    """Something the provisioning worker is to do with a company. Operators alone see and give orders (row security).

    `steps` names what is done already: an order that was cut goes on after the last of them.
    """

    class Kind(models.TextChoices):
        OPEN = "open"
        SUSPEND = "suspend"
        RESUME = "resume"
        CLOSE = "close"

    class State(models.TextChoices):
        ASKED = "asked"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"  # `code` says why; asking again is a new order

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "kind": NONE, "company_id": NONE, "facts": CONTACT, "state": NONE, "code": NONE, "steps": NONE,
        "attempts": NONE, "asked_by": NONE, "asked_at": NONE, "next_at": NONE, "finished_at": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    company_id = models.CharField(max_length=40)
    facts = models.JSONField(default=dict)  # of an opening: name, language, region; emptied when it is done
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    code = models.CharField(max_length=60, blank=True)
    steps = models.JSONField(default=list)
    attempts = models.PositiveIntegerField(default=0)
    asked_by = models.CharField(max_length=60, blank=True)  # user:<uuid> of an operator; empty: the command line
    asked_at = models.DateTimeField(default=timezone.now)
    next_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = '"public"."tenancy_order"'
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["company_id"], condition=models.Q(state__in=["asked", "running"]), name="tenancy_order_one_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.company_id}: {self.state}"

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.ASKED, self.State.RUNNING)


class BoundCompany(Func):
    """The database's own idea of the bound company; NULL (and so an error on insert) without one."""

    template = "nullif(current_setting('app.company_id', true), '')"
    output_field = TextField()


class CompanyModel(models.Model):
    """A row of one company. The column is filled by the database and checked on every read (wall W5)."""

    company_id = models.TextField(db_default=BoundCompany(), editable=False)

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db: str | None, field_names: Any, values: Any) -> Self:
        instance = super().from_db(db, field_names, values)
        owner = instance.__dict__.get("company_id")
        binding = current_binding()
        if owner is not None and (binding is None or binding.company_id != owner):
            alarm("row", model=cls.__name__)
            raise TenantLeak(f"{cls.__name__} of another company was read")
        return instance
