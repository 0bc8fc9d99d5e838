"""Bind a schema's company on the migrating login, so that data migrations pass the walls (decisions 8)."""

from __future__ import annotations

from typing import Any

from django.db.backends.signals import connection_created

PUBLIC = "public"


def company_of(schema: str) -> str:
    """The company id of a schema; '' for public. Underscores stand for '-': ids hold no underscore."""
    return "" if schema == PUBLIC or not schema.startswith("c_") else schema.removeprefix("c_").replace("_", "-")


def bind_schema(connection: Any, tenant: Any) -> None:
    """django-tenants calls this whenever the migrating connection turns to a schema."""
    if connection.connection is not None:
        _set(connection, tenant.schema_name)


def _bind_new(sender: Any, connection: Any, **kwargs: Any) -> None:
    if type(connection).__module__.startswith("django_tenants."):
        _set(connection, connection.schema_name)


def _set(connection: Any, schema: str) -> None:
    with connection.connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.company_id', %s, false)", [company_of(schema)])


connection_created.connect(_bind_new, dispatch_uid="deskhand.tenancy.migrating")
