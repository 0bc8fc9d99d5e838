"""The template of a company's schema: SQL kept with each release, replayed with two names filled in (decisions 11)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from psycopg import Connection

FILE = Path(__file__).with_name("template.sql")
# The template is built in a schema of this name, for a company of this id, then both become marks.
SCHEMA = "c_zz_template_zz"
COMPANY = "zz-template-zz"
SCHEMA_MARK = "@schema@"
COMPANY_MARK = "@company@"
USUAL_WAIT = "10s"  # for a lock
# No workers: PostgreSQL need not plan how many would help to build 85 empty indexes.
_BEFORE = f"""
SELECT set_config('lock_timeout', '@lock@', true), set_config('max_parallel_maintenance_workers', '0', true),
       set_config('app.company_id', '{COMPANY_MARK}', true);
"""
_AFTER = f"""
SELECT set_config('search_path', 'pg_catalog', true), set_config('lock_timeout', '{USUAL_WAIT}', true)
"""


@lru_cache(maxsize=1)
def template_sql() -> str:
    """The text with marks. Raises FileNotFoundError when the release was built without it."""
    return FILE.read_text(encoding="utf-8")


def replay(connection: Connection, *, schema: str, company_id: str) -> None:
    """Create the schema with tables, walls, grants, reference rows and sequences, in the caller's transaction."""
    send(connection, template_sql(), schema=schema, company_id=company_id)


def send(
    connection: Connection, text: str, *, schema: str, company_id: str = "", lock_wait: str = USUAL_WAIT
) -> None:
    """Run the template or a part of it in one message, bound to the company, in the caller's transaction.

    Both names were checked by names.py (a-z, 0-9, '-' and '_' only), so filling them in cannot change the SQL.
    """
    text = _BEFORE.replace("@lock@", lock_wait) + text + _AFTER
    connection.execute(text.replace(SCHEMA_MARK, schema).replace(COMPANY_MARK, company_id).encode(), prepare=False)


def marked(dump: str, *, schema: str = SCHEMA, company_id: str = COMPANY) -> str:
    """A pg_dump of a company's schema with marks: psql commands, settings and comments left out."""
    kept = (
        line
        for line in dump.splitlines()
        if line.strip() and not line.startswith(("\\", "SET ", "--")) and "set_config('search_path'" not in line
    )
    return "\n".join(kept).replace(schema, SCHEMA_MARK).replace(company_id, COMPANY_MARK) + "\n"
