"""The registry of companies (public schema) and the base of every model that belongs to one."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Func, TextField
from django_tenants.models import DomainMixin, TenantMixin

from apps.core.errors import TenantLeak
from apps.core.privacy import CONTACT, NONE, DataClass
from apps.tenancy.alarms import alarm
from apps.tenancy.context import Binding, current_binding


class Company(TenantMixin):
    """A tenant. The id is fixed for ever; everything a company owns lies in its schema."""

    class Status(models.TextChoices):
        PROVISIONING = "provisioning"
        ACTIVE = "active"
        SUSPENDED = "suspended"
        CLOSED = "closed"

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "schema_name": NONE, "company_id": NONE, "name": CONTACT, "region": NONE, "status": NONE,
        "language": NONE, "created_at": NONE,
    }  # fmt: skip

    company_id = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    region = models.CharField(max_length=40)
    language = models.CharField(max_length=12, default="en")
    status = models.CharField(max_length=16, choices=Status, default=Status.PROVISIONING)
    created_at = models.DateTimeField(auto_now_add=True)

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
