"""The wall of a table: company column, CHECK, forced row-level security, grants (tenancy.md 2.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from psycopg import Connection, sql

EXEMPT = frozenset({"django_migrations"})  # no personal data; the serving login may read it
APPEND_ONLY = frozenset({"core_auditevent"})  # the serving login adds and reads (AUD-1)
BOUND = sql.SQL("nullif(current_setting('app.company_id', true), '')")
ROLES = sql.SQL("deskhand_app, deskhand_owner")

_TABLES = """
SELECT c.relname, EXISTS (
    SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'company_id' AND NOT a.attisdropped)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind IN ('r', 'p')
  AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid) = 2)
ORDER BY c.relname
"""


def wall(connection: Connection, schema: str, company_id: str) -> list[str]:
    """Put the wall around every table of the schema that lacks it; returns their names. Safe to repeat.

    Runs as the owner inside the caller's transaction.
    """
    connection.execute("SELECT set_config('app.company_id', %s, true)", [company_id])
    tables = open_tables(connection, schema)
    for statement in wall_statements(schema, company_id, tables):
        connection.execute(statement)
    return [name for name, _ in tables if name not in EXEMPT]


def open_tables(connection: Connection, schema: str) -> list[tuple[str, bool]]:
    """Tables without their wall, those that need none included, and whether each has the company's column."""
    return connection.execute(_TABLES, [schema]).fetchall()


def wall_statements(schema: str, company_id: str, tables: Iterable[tuple[str, bool]]) -> Iterator[sql.Composed]:
    """What puts the wall around these tables, for a transaction of the owner that is bound to the company."""
    yield sql.SQL("GRANT USAGE ON SCHEMA {} TO deskhand_app").format(sql.Identifier(schema))
    for name, has_column in tables:
        table = sql.Identifier(schema, name)
        if name in EXEMPT:
            yield sql.SQL("GRANT SELECT ON {} TO deskhand_app").format(table)
        else:
            yield from _statements(table, name, company_id, has_column=has_column)
    yield sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA {} TO deskhand_app").format(sql.Identifier(schema))


def _statements(table: sql.Identifier, name: str, company_id: str, *, has_column: bool) -> Iterator[sql.Composed]:
    own = sql.Literal(company_id)
    if has_column:
        yield sql.SQL("ALTER TABLE {} ALTER company_id SET DEFAULT {}").format(table, BOUND)
        yield sql.SQL("ALTER TABLE {} ALTER company_id SET NOT NULL").format(table)
    else:
        yield sql.SQL("ALTER TABLE {} ADD company_id text NOT NULL DEFAULT {}").format(table, BOUND)
    check = sql.Identifier(f"{name}_company"[:63])
    # Holds even against a login that bypasses row security: a row cannot lie in the wrong schema.
    yield sql.SQL("ALTER TABLE {} DROP CONSTRAINT IF EXISTS {}").format(table, check)
    yield sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} CHECK (company_id = {})").format(table, check, own)
    yield sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(table)
    yield sql.SQL("ALTER TABLE {} FORCE ROW LEVEL SECURITY").format(table)
    yield sql.SQL("DROP POLICY IF EXISTS company_rows ON {}").format(table)
    yield sql.SQL(
        "CREATE POLICY company_rows ON {} FOR ALL TO {} USING (company_id = {}) WITH CHECK (company_id = {})"
    ).format(table, ROLES, BOUND, BOUND)
    # A second, restrictive policy with the schema's constant: a mistake in the first still yields nothing.
    yield sql.SQL("DROP POLICY IF EXISTS company_schema ON {}").format(table)
    yield sql.SQL(
        "CREATE POLICY company_schema ON {} AS RESTRICTIVE FOR ALL TO {} USING ({} = {}) WITH CHECK ({} = {})"
    ).format(table, ROLES, BOUND, own, BOUND, own)
    yield sql.SQL("REVOKE ALL ON {} FROM PUBLIC").format(table)
    if name in APPEND_ONLY:
        yield sql.SQL("REVOKE ALL ON {} FROM deskhand_app").format(table)
        yield sql.SQL("GRANT SELECT, INSERT ON {} TO deskhand_app").format(table)
    else:
        yield sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO deskhand_app").format(table)
