"""build_template: make template.sql from the migrations (a developer's command, `make template`)."""

from __future__ import annotations

import re
import subprocess  # noqa: S404 - pg_dump is the only faithful writer of a schema
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser

from apps.core.events import Scope
from apps.tenancy import template
from apps.tenancy.commands import JsonCommand
from apps.tenancy.folding import fold
from apps.tenancy.rls import wall

_TIME = re.compile(r"'\d{4}-\d\d-\d\d [\d:.]+\+00'")  # when a migration was applied: in a company, when it opens
REFERENCE = ("django_migrations", "django_content_type", "auth_permission")


class Command(JsonCommand):
    scope = Scope.OPERATOR
    help = "Migrate a scratch schema, put the walls up, and write it as the template companies are made from."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--pg-dump", default="pg_dump", help="path of pg_dump (default: the one on PATH)")
        parser.add_argument("--superuser-url", required=True, help="login that may read past row security (postgres)")
        parser.add_argument("--output", default=str(template.FILE), help="file to write")
        parser.add_argument("--unfolded", action="store_true", help="statement by statement as pg_dump tells it")
        super().add_arguments(parser)

    def perform(self, **options: Any) -> dict[str, Any]:
        url = settings.MIGRATE_DATABASE_URL
        with psycopg.connect(url) as connection:
            connection.execute(f"DROP SCHEMA IF EXISTS {template.SCHEMA} CASCADE")
            connection.execute(f"CREATE SCHEMA {template.SCHEMA}")
        try:
            call_command("migrate_schemas", schema_name=template.SCHEMA, verbosity=0, interactive=False)
            with psycopg.connect(url) as connection:
                walled = wall(connection, template.SCHEMA, template.COMPANY)
            text = dump(options["pg_dump"], options["superuser_url"])
        finally:
            with psycopg.connect(url) as connection:
                connection.execute(f"DROP SCHEMA IF EXISTS {template.SCHEMA} CASCADE")
        with open(options["output"], "w", encoding="utf-8") as file:
            file.write(text if options["unfolded"] else fold(text))
        return {"tables": len(walled), "bytes": len(text), "file": options["output"]}


def dump(program: str, url: str, *, schema: str = template.SCHEMA, company_id: str = template.COMPANY) -> str:
    """A company's schema and its reference rows as pg_dump tells them, with marks for the two names."""
    tables = [f"--table={schema}.{name}" for name in REFERENCE]
    shape = _run(program, url, "--schema-only", "--no-comments", f"--schema={schema}")
    rows = _run(program, url, "--data-only", "--inserts", "--rows-per-insert=500", "--column-inserts", *tables)
    rows = _TIME.sub("now()", rows)
    return "".join(template.marked(text, schema=schema, company_id=company_id) for text in (shape, rows))


def _run(program: str, url: str, *arguments: str) -> str:
    done = subprocess.run([program, "--dbname", url, *arguments], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise CommandError(f"{program} failed: {done.stderr.strip()[:500]}")
    return done.stdout
