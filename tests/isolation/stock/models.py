"""Customers with schemas of their own, and their tickets."""

from __future__ import annotations

from django.db import models
from django_tenants.models import DomainMixin, TenantMixin


class Customer(TenantMixin):
    auto_create_schema = False

    class Meta:
        app_label = "stock"


class Host(DomainMixin):
    class Meta:
        app_label = "stock"


class Ticket(models.Model):
    subject = models.TextField()

    class Meta:
        app_label = "stock"
