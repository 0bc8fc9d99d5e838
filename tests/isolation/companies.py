"""Companies of these tests' own, with a committed row in every table: other processes and threads must see them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from apps.tenancy.names import schema_of

_COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
       coalesce((SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c'
                 AND k.conkey = ARRAY[a.attnum] LIMIT 1), '')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE n.nspname = %s AND c.relkind = 'r' AND c.relname <> 'django_migrations' AND a.attnum > 0 AND NOT a.attisdropped
  AND a.attnotnull AND a.attidentity = '' ORDER BY c.relname, a.attnum
"""
VALUES = {
    "uuid": "0198c0de-0000-7000-8000-00000000000a", "boolean": False, "jsonb": "{}", "bytea": b"x",
    "timestamp with time zone": "2026-11-01T00:00:00Z", "date": "2026-11-01", "interval": "1 s",
}  # fmt: skip


@contextmanager
def companies(superuser_url: str, *names: str) -> Iterator[list[Any]]:
    """Opened by provisioning, and gone afterwards."""
    from apps.tenancy.provisioning import create_company
    from apps.tenancy.registry import forget_hosts

    drop(superuser_url, *names)
    try:
        yield [create_company(company_id=name, name=name.title()) for name in names]
    finally:
        drop(superuser_url, *names)
        forget_hosts()


def drop(superuser_url: str, *names: str) -> None:
    with psycopg.connect(superuser_url) as admin:
        for name in names:
            admin.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema_of(name))))
            admin.execute(
                "DELETE FROM public.tenancy_domain WHERE tenant_id IN"
                " (SELECT id FROM public.tenancy_company WHERE company_id = %s)", [name]
            )  # fmt: skip
            admin.execute("DELETE FROM public.tenancy_company WHERE company_id = %s", [name])


def plant(superuser_url: str, company_id: str) -> list[str]:
    """One row in every table that has none, whatever its columns are. Returns the tables that are not empty then."""
    schema = schema_of(company_id)
    with psycopg.connect(superuser_url) as admin:
        admin.execute("SET session_replication_role = replica")  # rows may point to nothing
        tables: dict[str, dict[str, Any]] = {}
        for table, column, kind, check in admin.execute(_COLUMNS, [schema]).fetchall():
            tables.setdefault(table, {})[column] = company_id if column == "company_id" else _value(kind, check)
        for table, row in tables.items():
            place = sql.Identifier(schema, table)
            if admin.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(place)).fetchone()[0]:
                continue
            names, values = (
                sql.SQL(", ").join(map(sql.Identifier, row)),
                sql.SQL(", ").join([sql.Placeholder()] * len(row)),
            )
            admin.execute(sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(place, names, values), list(row.values()))
    return list(tables)


def _value(kind: str, check: str) -> Any:
    if kind in VALUES:
        return VALUES[kind]
    if kind.startswith(("character", "text")):
        return check.split("'")[1] if "'" in check else "x"  # the first of those a check names
    return 1
