"""Start-up self-check: refuse to serve with a login or a table that could show one company to another."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, connection

_LOGIN = "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
_OWNED = r"""
SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname LIKE 'c\_%%' AND c.relkind IN ('r', 'p') AND pg_get_userbyid(c.relowner) = current_user
"""
_UNWALLED = r"""
SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname LIKE 'c\_%%' AND c.relkind IN ('r', 'p') AND c.relname <> 'django_migrations'
  AND NOT (c.relrowsecurity AND c.relforcerowsecurity
           AND (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid) >= 2)
LIMIT 5
"""
_VIEWS = r"""
SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname LIKE 'c\_%%' AND (c.relkind = 'm' OR (c.relkind = 'v'
  AND NOT coalesce(c.reloptions @> ARRAY['security_invoker=true'], false))) LIMIT 5
"""
_SHADOWS = r"""
SELECT DISTINCT a.relname FROM pg_class a JOIN pg_namespace n ON n.oid = a.relnamespace
JOIN pg_class b ON b.relname = a.relname AND b.relkind IN ('r', 'p') JOIN pg_namespace m ON m.oid = b.relnamespace
WHERE a.relkind IN ('r', 'p') AND n.nspname = 'public' AND m.nspname LIKE 'c\_%%' AND a.relname <> 'django_migrations'
LIMIT 5
"""

_SHRINKING = r"""
SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname LIKE 'c\_%%' AND c.relkind = 'r' AND c.relname = 'core_auditevent'
  AND (has_table_privilege('deskhand_app', c.oid, 'UPDATE, DELETE, TRUNCATE')
       OR (SELECT count(*) FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled = 'O') < 2)
LIMIT 5
"""


@register(Tags.database)
def check_walls(app_configs: Any, databases: Any, **kwargs: Any) -> list[CheckMessage]:
    """ISO-1 and ISO-7 at start-up; silent when the database cannot be asked (readiness tells that)."""
    if not databases or not hasattr(connection, "unbind"):
        return []
    try:
        with connection.cursor() as cursor:
            return wall_errors(cursor)
    except DatabaseError:
        return []


def wall_errors(cursor: Any) -> list[CheckMessage]:
    """Everything that would weaken a wall, as errors with a hint."""
    errors: list[CheckMessage] = []
    cursor.execute(_LOGIN)
    name, *powers = cursor.fetchone()
    if any(powers):
        errors.append(Error(f"The serving login {name} has more rights than it may have.", id="tenancy.E001",
                            hint="ALTER ROLE … NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE."))  # fmt: skip
    cursor.execute(_OWNED)
    if cursor.fetchone()[0]:
        errors.append(Error(f"The serving login {name} owns tables of companies.", id="tenancy.E002",
                            hint="They must belong to deskhand_owner."))  # fmt: skip
    for sql, code, words, hint in (
        (_UNWALLED, "tenancy.E003", "Tables without forced row security and two policies", "Run migrate_database."),
        (_VIEWS, "tenancy.E004", "Views that do not run with the reader's rights", "Set security_invoker = true."),
        (_SHADOWS, "tenancy.E005", "Tables both in public and in a company's schema", "Keep each app on one side."),
        (_SHRINKING, "tenancy.E006", "Audit trails that can be shortened or changed", "Run migrate_database."),
    ):
        cursor.execute(sql)
        found = [row[0] for row in cursor.fetchall()]
        if found:
            errors.append(Error(f"{words}: {', '.join(found)}", id=code, hint=hint))
    return errors
