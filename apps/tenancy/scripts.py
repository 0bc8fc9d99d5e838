"""What a release's migrations do to a company, as SQL: collected once, replayed in every company of the same state.

Django rebuilds the state of all models and asks the catalogue for every company; its SQL is the same each time. So it
runs once, in a transaction of one company that is rolled back, and what it said is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.db import connections, transaction
from django.db.migrations import operations
from django.db.migrations.executor import MigrationExecutor
from psycopg import sql

from apps.tenancy.rls import EXEMPT, open_tables, wall_statements
from apps.tenancy.states import Key, Release, State

ALIAS = "default"
# Operations that are nothing but SQL. RenameModel is not among them: Django renames its content type in Python.
_PLAIN = (
    operations.CreateModel, operations.DeleteModel, operations.AddField, operations.AlterField, operations.RemoveField,
    operations.RenameField, operations.AlterModelTable, operations.AlterModelTableComment, operations.AlterUniqueTogether,
    operations.AddIndex, operations.RemoveIndex, operations.RenameIndex, operations.AddConstraint,
    operations.RemoveConstraint, operations.AlterModelOptions, operations.AlterModelManagers,
    operations.AlterOrderWithRespectTo, operations.RunSQL,
)  # fmt: skip
_FIXED = (dict, list, tuple, str, int, bool)  # callable defaults that give the same everywhere, rightly
_CHECK = "SET CONSTRAINTS ALL IMMEDIATE;\nSET CONSTRAINTS ALL DEFERRED"
_TYPES = "SELECT app_label, model FROM django_content_type ORDER BY id"
_RIGHTS = """
SELECT t.app_label, t.model, p.codename, p.name FROM auth_permission p
JOIN django_content_type t ON t.id = p.content_type_id ORDER BY p.id
"""
_ADD_TYPE = """
INSERT INTO django_content_type (app_label, model) SELECT {0}, {1}
WHERE NOT EXISTS (SELECT FROM django_content_type WHERE app_label = {0} AND model = {1})
"""
_ADD_RIGHT = """
INSERT INTO auth_permission (content_type_id, codename, name) SELECT t.id, {2}, {3} FROM django_content_type t
WHERE t.app_label = {0} AND t.model = {1}
  AND NOT EXISTS (SELECT FROM auth_permission p WHERE p.content_type_id = t.id AND p.codename = {2})
"""
_ADD_APPLIED = "INSERT INTO django_migrations (app, name, applied) VALUES ({}, {}, now())"


class NotPlain(Exception):
    """What was collected cannot be said again elsewhere; the migrations must run there the ordinary way."""


@dataclass(frozen=True, slots=True)
class Script:
    """Statements that bring a company of one state to this release, and the tables they leave without a wall."""

    statements: tuple[str, ...]
    open_tables: tuple[tuple[str, bool], ...]
    walls: bool

    def text(self, schema: str, company_id: str) -> str:
        """For one company: to be run by the owner, bound, with the company's schema first in the path."""
        walls = wall_statements(schema, company_id, self.open_tables) if self.walls else ()
        return "\n;\n".join([*self.statements, *(one.as_string(None) for one in walls)])


def reasons(release: Release, missing: Iterable[Key]) -> dict[str, str]:
    """Which of these migrations have to run the ordinary way, and why. Empty: all can be replayed."""
    found = {}
    for migration in release.migrations(missing):
        why = "not atomic" if not migration.atomic else next(filter(None, map(_reason, migration.operations)), "")
        if why:
            found[f"{migration.app_label}.{migration.name}"] = why
    return found


def _reason(operation: Any) -> str:
    """Why an operation is more than SQL; '' when it is not."""
    if isinstance(operation, operations.SeparateDatabaseAndState):
        return next(filter(None, map(_reason, operation.database_operations)), "")
    if isinstance(operation, operations.RunPython):
        return "" if operation.code is operations.RunPython.noop else "RunPython"
    if type(operation) not in _PLAIN:
        return type(operation).__name__
    if type(operation) in (operations.AddField, operations.AlterField) and _drawn(operation.field):
        return f"computed default of {operation.model_name}.{operation.name}"
    return ""


def _drawn(field: Any) -> bool:
    """Whether rows that are there get a value made in Python: it must not be the same in every company."""
    return field.has_default() and callable(field.default) and field.default not in _FIXED


def collect(state: State) -> Script:
    """What the migrations do to a company of this state, which is left as it was. Only on the migrating login.

    Raises NotPlain, and what the migrations raise: a database error may be this company's own.
    """
    connection: Any = connections[ALIAS]
    try:
        with transaction.atomic(using=ALIAS):
            connection.set_schema(state.schema, include_public=False)  # the path they are replayed on
            script = _run(connection, state)
            transaction.set_rollback(True, using=ALIAS)
        return script
    finally:
        connection.close()
        connection.set_schema_to_public()


def _run(connection: Any, state: State) -> Script:
    said: list[str] = []
    before = _known(connection)
    executor = MigrationExecutor(connection, lambda action, migration=None, _=False: _mark(said, action, migration))
    executor.loader.check_consistent_history(connection)
    connection.SchemaEditorClass, ordinary = (
        _recording(connection.SchemaEditorClass, said),
        connection.SchemaEditorClass,
    )
    try:
        models = executor.migrate(executor.loader.graph.leaf_nodes()).apps
    finally:
        connection.SchemaEditorClass = ordinary
    for app in apps.get_app_configs():
        create_permissions(app, verbosity=0, using=ALIAS, apps=models)
    rows = _rows(before, _known(connection))
    bare = connection.connection
    tables = [one for one in open_tables(bare, state.schema) if one[0] not in EXEMPT]
    everything = "\n".join(said)
    if state.schema in everything or f"'{state.company_id}'" in everything:
        raise NotPlain("its SQL names the company")
    return Script((*said, *rows), tuple(tables), bool(tables) or _closed_sequences(bare, state.schema))


def _recording(editor: Any, said: list[str]) -> Any:
    """A schema editor that writes down what it says to the server."""

    class Recording(editor):  # type: ignore[misc]
        def execute(self, statement: Any, params: Any = ()) -> None:
            text = str(statement)
            said.append(text if params is None else self.connection.ops.compose_sql(text, params))
            super().execute(statement, params)

    return Recording


def _mark(said: list[str], action: str, migration: Any) -> None:
    """A transaction of its own would have ended here: rows that were written must not stand in the way of an ALTER."""
    if action == "apply_success" and any(isinstance(one, operations.RunSQL) for one in migration.operations):
        said.append(_CHECK)
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(_CHECK)


def _known(connection: Any) -> tuple[list[Any], ...]:
    """Migrations, content types and permissions that are there."""
    with connection.cursor() as cursor:
        found = []
        for query in ("SELECT app, name FROM django_migrations ORDER BY id", _TYPES, _RIGHTS):
            cursor.execute(query)
            found.append(cursor.fetchall())
        return tuple(found)


def _rows(before: tuple[list[Any], ...], after: tuple[list[Any], ...]) -> Iterator[str]:
    for text, old, new in zip((_ADD_APPLIED, _ADD_TYPE, _ADD_RIGHT), before, after, strict=True):
        there = set(old)
        for row in new:
            if row not in there:
                yield sql.SQL(text).format(*map(sql.Literal, row)).as_string(None)


def _closed_sequences(bare: Any, schema: str) -> bool:
    row = bare.execute(
        "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s"
        " AND CASE c.relkind WHEN 'S' THEN NOT has_sequence_privilege('deskhand_app', c.oid, 'USAGE') ELSE false END)",
        [schema],
    ).fetchone()
    return bool(row[0])
