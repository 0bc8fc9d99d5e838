"""The committed template is what the migrations make."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from apps.tenancy import template
from apps.tenancy.folding import fold
from apps.tenancy.management.commands.build_template import dump
from apps.tenancy.names import schema_of
from embedded.postgres import installation

PG_DUMP = str(installation() / "bin" / "pg_dump")


@pytest.fixture(scope="module")
def migrated(django_db_setup, superuser_url, tmp_path_factory):
    """What pg_dump says of a schema the migrations and the walls made."""
    output = tmp_path_factory.mktemp("template") / "unfolded.sql"
    command = [sys.executable, "manage.py", "build_template", "--superuser-url", superuser_url, "--pg-dump", PG_DUMP]
    command += ["--output", str(output), "--unfolded"]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ)
    assert done.returncode == 0, done.stderr
    return output.read_text()


def test_the_template_equals_freshly_migrated_schema(migrated):
    assert fold(migrated).splitlines() == template.FILE.read_text().splitlines(), "run `make template`"


def test_a_company_opened_from_the_template_equals_a_migrated_one(migrated, superuser_url):
    """Owners, columns, keys, walls, grants, reference rows and sequences, as pg_dump sees them."""
    opened = dump(PG_DUMP, superuser_url, schema="c_acme", company_id="acme")
    assert opened.splitlines() == migrated.splitlines()


def test_no_two_ids_share_a_schema():
    assert schema_of("a-b") != schema_of("ab")


def test_a_statement_of_an_unknown_form_is_kept_between_tables_and_walls():
    view = "CREATE VIEW @schema@.v WITH (security_invoker='true') AS\n SELECT 1"
    folded = fold(
        "CREATE SCHEMA @schema@;\n"
        "CREATE TABLE @schema@.t (\n    id bigint NOT NULL\n);\n"
        f"{view};\n"
        "ALTER TABLE ONLY @schema@.t REPLICA IDENTITY FULL;\n"
        "ALTER TABLE @schema@.t ENABLE ROW LEVEL SECURITY;\n"
    )
    tail = f"{view};\nALTER TABLE ONLY @schema@.t REPLICA IDENTITY FULL;\nALTER TABLE @schema@.t ENABLE ROW LEVEL SECURITY;\n"
    assert folded.endswith(tail)


def test_tables_follow_those_they_name_and_a_circle_is_closed_afterwards():
    def key(table, other):
        return f"ALTER TABLE ONLY @schema@.{table}\n    ADD CONSTRAINT {table}_fk FOREIGN KEY (x) REFERENCES @schema@.{other}(x);\n"

    tables = "".join(f"CREATE TABLE @schema@.{name} (\n    x bigint NOT NULL\n);\n" for name in "abc")
    folded = fold(tables + key("a", "b") + key("b", "c") + key("c", "b"))
    order = [folded.index(f"CREATE TABLE @schema@.{name}") for name in "cba"]
    assert order == sorted(order)
    assert folded.count("FOREIGN KEY") == 3
    assert folded.rstrip().endswith("ADD CONSTRAINT c_fk FOREIGN KEY (x) REFERENCES @schema@.b(x);")
