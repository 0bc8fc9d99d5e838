"""migrate_database: bring the registry and every company's schema to this release."""

from __future__ import annotations

from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandParser
from django.db.migrations.loader import MigrationLoader

from apps.tenancy.commands import JsonCommand
from apps.tenancy.migrating import company_of
from apps.tenancy.rls import wall

_STATES = r"""
SELECT n.nspname FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'django_migrations'
WHERE n.nspname LIKE 'c\_%' ORDER BY 1
"""


class Command(JsonCommand):
    help = "Migrate the public schema and every company's schema that is behind, then put walls around new tables."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)

    def perform(self, **options: Any) -> dict[str, Any]:
        verbosity = max(0, options["verbosity"] - 1)
        call_command("migrate_schemas", schema_name="public", verbosity=verbosity, interactive=False)
        with psycopg.connect(settings.MIGRATE_DATABASE_URL) as connection:
            connection.execute("GRANT USAGE ON SCHEMA public TO deskhand_app")
            connection.execute("GRANT SELECT ON public.tenancy_company, public.tenancy_domain TO deskhand_app")
            behind = _behind(connection)
        for number, schema in enumerate(behind, start=1):
            self.stderr.write(f"{number}/{len(behind)} {schema}")
            call_command("migrate_schemas", schema_name=schema, verbosity=verbosity, interactive=False)
            with psycopg.connect(settings.MIGRATE_DATABASE_URL) as connection:
                wall(connection, schema, company_of(schema))
        return {"migrated": behind}


def _behind(connection: psycopg.Connection) -> list[str]:
    """Schemas whose recorded migrations lack one of ours, read in one query per schema without Django's machinery."""
    wanted = {
        key for key in MigrationLoader(None, ignore_no_migrations=True).disk_migrations
        if key[0] not in ("tenancy", "django_tenants")
    }  # fmt: skip
    schemas = [row[0] for row in connection.execute(_STATES).fetchall()]
    behind = []
    for schema in schemas:
        rows = connection.execute(
            psycopg.sql.SQL("SELECT app, name FROM {}").format(psycopg.sql.Identifier(schema, "django_migrations"))
        )
        if wanted - {(app, name) for app, name in rows.fetchall()}:
            behind.append(schema)
    return behind
