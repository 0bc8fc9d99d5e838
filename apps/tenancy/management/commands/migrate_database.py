"""migrate_database: bring the registry and every company's schema to this release."""

from __future__ import annotations

import sys
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command

from apps.core.events import Scope
from apps.tenancy.commands import JsonCommand
from apps.tenancy.management.commands.migrate_companies import result
from apps.tenancy.upgrading import Limits, upgrade


class Command(JsonCommand):
    scope = Scope.OPERATOR
    help = "Migrate the public schema, then every company's schema that is behind (migrate_companies)."
    requires_system_checks: list[str] = []
    complete = True

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if not self.complete:
            sys.exit(1)

    def perform(self, **options: Any) -> dict[str, Any]:
        verbosity = max(0, options["verbosity"] - 1)
        call_command("migrate_schemas", schema_name="public", verbosity=verbosity, interactive=False)
        with psycopg.connect(settings.MIGRATE_DATABASE_URL) as connection:
            connection.execute("GRANT USAGE ON SCHEMA public TO deskhand_app")
            connection.execute("GRANT SELECT ON public.tenancy_company, public.tenancy_domain TO deskhand_app")
        outcome = upgrade(Limits(), self.stderr.write)
        self.complete = outcome.complete
        return result(outcome)
