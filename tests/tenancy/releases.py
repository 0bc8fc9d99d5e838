"""A database of its own with companies of the present release, and a next release with migrations of a test's making."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import orjson
import psycopg
from django.apps import apps
from django.conf import settings
from django.db.migrations.loader import MigrationLoader

from apps.tenancy import template
from apps.tenancy.names import schema_of

APP = "search"
GRANTS = Path(__file__).resolve().parents[2] / "embedded" / "grants.sql"
HEAD = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("{app}", "{before}")]
    {rest}
"""


@dataclass
class Next:
    """The next release: its settings in a folder, its database."""

    folder: Path
    url: str
    migrate_url: str
    last: str

    def add(self, name: str, operations: str, *, before: str = "", head: str = "", atomic: bool = True) -> None:
        """A migration of APP after the last one."""
        rest = f"atomic = {atomic}\n    operations = [{operations}]"
        text = head + HEAD.format(app=APP, before=before or self.last, rest=rest)
        (self.folder / "next_migrations" / f"{name}.py").write_text(text)
        self.last = name

    def start(self, *arguments: str, command: str = "migrate_companies") -> subprocess.Popen[str]:
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "next_settings", "PYTHONPATH": str(self.folder), "MIGRATE_DATABASE_URL": self.migrate_url,
        }  # fmt: skip
        line = [sys.executable, "manage.py", command, "--json", *arguments]
        return subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, *arguments: str, code: int = 0, command: str = "migrate_companies") -> dict[str, Any]:
        process = self.start(*arguments, command=command)
        out, err = process.communicate(timeout=120)
        assert process.returncode == code, f"{process.returncode}\n{out}\n{err[-3000:]}"
        found: dict[str, Any] = orjson.loads(out) if out else {"error": err}
        return found

    def ask(self, query: str, *values: Any) -> list[Any]:
        with psycopg.connect(self.url) as connection:
            cursor = connection.execute(query, values or None)
            return cursor.fetchall() if cursor.description else []


@contextmanager
def next_release(superuser_url: str, folder: Path, *companies: str) -> Iterator[Next]:
    """The database, with a schema for each company; dropped afterwards."""
    name = "deskhand_next"
    url, migrate_url = (_at(base, name) for base in (superuser_url, settings.MIGRATE_DATABASE_URL))
    with psycopg.connect(superuser_url, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {name} OWNER deskhand_owner")
    try:
        with psycopg.connect(url) as admin:
            admin.execute(GRANTS.read_text().replace("DATABASE deskhand ", f"DATABASE {name} ").encode())
        with psycopg.connect(migrate_url) as owner:
            for company in companies:
                template.replay(owner, schema=schema_of(company), company_id=company)
                owner.commit()
        yield _release(folder, url, migrate_url)
    finally:
        with psycopg.connect(superuser_url, autocommit=True) as admin:
            admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _at(url: str, name: str) -> str:
    """The same server and login, another database."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{name}"))


def _release(folder: Path, url: str, migrate_url: str) -> Next:
    ours = Path(apps.get_app_config(APP).path) / "migrations"
    package = folder / "next_migrations"
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text(f"__path__ = [{str(ours)!r}, {str(package)!r}]\n")
    (folder / "next_settings.py").write_text(
        f"from config.settings.test import *\nMIGRATION_MODULES = {{{APP!r}: 'next_migrations'}}\n"
    )
    last = [name for app, name in MigrationLoader(None).graph.leaf_nodes() if app == APP]
    return Next(folder, url, migrate_url, last[0])
