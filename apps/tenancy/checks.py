"""Start-up self-check: refuse to serve with a login or a table that could show one company to another (ISO-1, ISO-7)."""

from __future__ import annotations

import sys
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, ProgrammingError, connection, connections
from psycopg.errors import InsufficientPrivilege, UndefinedTable

from apps.tenancy.names import PROVISION_QUEUE
from apps.tenancy.rls import EXEMPT

_LOGIN = "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
_OWNED = r"""
SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname LIKE 'c\_%%' AND c.relkind IN ('r', 'p') AND pg_get_userbyid(c.relowner) = current_user
"""
_TABLES = r"""
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN public.tenancy_company y ON y.schema_name = n.nspname
WHERE n.nspname LIKE 'c\_%%' AND c.relkind IN ('r', 'p') AND c.relname <> ALL (%s::text[])
"""
# Permissive policies are joined by OR: one too many opens the table, so each of the two is compared word for word.
_UNWALLED = f"""
SELECT n.nspname || '.' || c.relname {_TABLES} AND NOT (
  c.relrowsecurity AND c.relforcerowsecurity
  AND (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid) = 2
  AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd = '*'
    AND pg_get_expr(p.polqual, c.oid) = '(company_id = ' || %s::text || ')'
    AND pg_get_expr(p.polwithcheck, c.oid) = '(company_id = ' || %s::text || ')')
  AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND NOT p.polpermissive AND p.polcmd = '*'
    AND (y.company_id IS NULL OR pg_get_expr(p.polqual, c.oid) = format('(%%s = %%L::text)', %s::text, y.company_id)
      AND pg_get_expr(p.polwithcheck, c.oid) = format('(%%s = %%L::text)', %s::text, y.company_id))))
LIMIT 5
"""  # noqa: S608 - parts of our own
_UNCHECKED = f"""
SELECT n.nspname || '.' || c.relname {_TABLES} AND NOT EXISTS (
  SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.convalidated
  AND pg_get_constraintdef(k.oid) LIKE CASE WHEN y.company_id IS NULL THEN 'CHECK ((company_id = %%::text))'
    ELSE format('CHECK ((company_id = %%L::text))', y.company_id) END)
LIMIT 5
"""  # noqa: S608
_BOUND = "NULLIF(current_setting('app.company_id'::text, true), ''::text)"
_VIEWS = r"""
SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname LIKE 'c\_%%' AND (c.relkind = 'm' OR (c.relkind = 'v'
  AND NOT coalesce(c.reloptions @> ARRAY['security_invoker=true'], false))) LIMIT 5
"""
_FUNCTIONS = r"""
SELECT n.nspname || '.' || p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE p.prosecdef AND (n.nspname = 'public' OR n.nspname LIKE 'c\_%%') LIMIT 5
"""
_SHADOWS = r"""
SELECT DISTINCT a.relname FROM pg_class a JOIN pg_namespace n ON n.oid = a.relnamespace
JOIN pg_class b ON b.relname = a.relname AND b.relkind IN ('r', 'p') JOIN pg_namespace m ON m.oid = b.relnamespace
WHERE a.relkind IN ('r', 'p') AND n.nspname = 'public' AND m.nspname LIKE 'c\_%%' AND a.relname <> 'django_migrations'
LIMIT 5
"""
_POWERS = r"""
SELECT n.nspname FROM pg_namespace n WHERE (n.nspname = 'public' OR n.nspname LIKE 'c\_%%')
  AND has_schema_privilege(current_user, n.oid, 'CREATE')
UNION ALL SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname LIKE 'c\_%%' AND c.relkind IN ('r', 'p') AND has_table_privilege(current_user, c.oid, 'TRUNCATE, REFERENCES, TRIGGER')
UNION ALL SELECT 'member of ' || roleid::regrole FROM pg_auth_members WHERE member = current_user::regrole
UNION ALL SELECT 'set_config()' WHERE has_function_privilege('pg_catalog.set_config(text, text, boolean)', 'EXECUTE')
LIMIT 5
"""
_SHRINKING = r"""
SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname LIKE 'c\_%%' AND c.relkind = 'r' AND c.relname = 'core_auditevent'
  AND (has_table_privilege('deskhand_app', c.oid, 'UPDATE, DELETE, TRUNCATE')
       OR (SELECT count(*) FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled = 'O') < 2)
LIMIT 5
"""
# What nobody has claimed is shut twice: the schema to the login, every row to everybody.
_STANDBYS = r"""
SELECT n.nspname FROM pg_namespace n WHERE n.nspname LIKE 'standby\_%%' AND (
  has_schema_privilege(current_user, n.oid, 'USAGE, CREATE')
  OR EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND (c.relkind IN ('v', 'm', 'f') OR (
    c.relkind IN ('r', 'p') AND c.relname <> ALL (%s::text[])
    AND (NOT (c.relrowsecurity AND c.relforcerowsecurity) OR EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)))))
  OR EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = n.oid AND p.prosecdef))
UNION ALL SELECT y.company_id FROM public.tenancy_company y WHERE y.schema_name LIKE 'standby\_%%'
LIMIT 5
"""
_TESTS: tuple[tuple[str, list[Any], str, str, str], ...] = (
    (_UNWALLED, [list(EXEMPT), *[_BOUND] * 4], "tenancy.E003",
     "Tables without forced row security and its two policies", "Run migrate_database."),
    (_UNCHECKED, [list(EXEMPT)], "tenancy.E009", "Tables without the check on their company", "Run migrate_database."),
    (_VIEWS, [], "tenancy.E004", "Views that do not run with the reader's rights", "Set security_invoker = true."),
    (_FUNCTIONS, [], "tenancy.E007", "Functions that run with their owner's rights", "Make them SECURITY INVOKER."),
    (_SHADOWS, [], "tenancy.E005", "Tables both in public and in a company's schema", "Keep each app on one side."),
    (_SHRINKING, [], "tenancy.E006", "Audit trails that can be shortened or changed", "Run migrate_database."),
    (_STANDBYS, [list(EXEMPT)], "tenancy.E012",
     "Standby companies that are not shut, or that the registry names", "Drop the schema; another is made."),
    (_POWERS, [], "tenancy.E008", "The serving login may do more than read and write rows",
     "Revoke it; a superuser runs embedded/grants.sql in the database."),
)  # fmt: skip


@register(Tags.database)
def check_walls(app_configs: Any, databases: Any, **kwargs: Any) -> list[CheckMessage]:
    """`manage.py check --database default`; silent when the database cannot be asked (readiness tells that)."""
    if not databases or not hasattr(connection, "unbind"):
        return []
    return _errors_of(connection)


def refuse_open_walls() -> None:
    """Raises ImproperlyConfigured where a wall is weaker than it must be: a process that serves asks before it does.

    On a connection of its own, closed afterwards: a worker's children must not inherit a socket. Silent when the
    database cannot be asked: then nothing can be served either, and the engines may come up in any order.
    """
    alone = connections.create_connection("default")
    options = alone.settings_dict["OPTIONS"]
    alone.settings_dict = alone.settings_dict | {"OPTIONS": {k: v for k, v in options.items() if k != "pool"}}
    try:
        errors = _errors_of(alone)
    finally:
        alone.close()
    if errors:
        raise ImproperlyConfigured(" ".join(f"{error.id}: {error.msg} {error.hint}" for error in errors))


def refuse_migrating_login() -> None:
    """Raises ImproperlyConfigured where a process that serves was given the login that owns every table.

    Only the provisioning worker and commands hold it: what attackers reach must not be able to lift the walls.
    """
    if settings.MIGRATE_DATABASE_URL:
        raise ImproperlyConfigured(
            "tenancy.E010: MIGRATE_DATABASE_URL is set in a process that serves. Give it to the provisioning worker "
            "(DATABASE_LOGIN=provision) and to migrate_database alone."
        )


def refuse_to_serve() -> None:
    """Both of the above, for a web process. What is wrong is said on stderr: logs do not tell what exceptions say."""
    try:
        refuse_open_walls()
        refuse_migrating_login()
    except ImproperlyConfigured as exc:
        sys.stderr.write(f"{exc}\n")
        raise


def refuse_wrong_worker(queues: Collection[str]) -> None:
    """Raises ImproperlyConfigured for a worker that holds the migrating login and serves any queue but that of
    provisioning, or serves that one without it."""
    if not settings.PROVISIONS:
        refuse_migrating_login()
        if PROVISION_QUEUE in queues:
            raise ImproperlyConfigured(f"tenancy.E011: the queue {PROVISION_QUEUE} needs DATABASE_LOGIN=provision.")
    elif not settings.MIGRATE_DATABASE_URL:
        raise ImproperlyConfigured("tenancy.E011: DATABASE_LOGIN=provision needs MIGRATE_DATABASE_URL.")
    elif set(queues) != {PROVISION_QUEUE}:
        raise ImproperlyConfigured(f"tenancy.E011: the provisioning worker serves the queue {PROVISION_QUEUE} alone.")


def _errors_of(asked: Any) -> list[CheckMessage]:
    """None when the server does not answer, or when nobody has migrated yet: then the login may not even look."""
    try:
        with asked.cursor() as cursor:
            return wall_errors(cursor)
    except OperationalError:
        return []
    except ProgrammingError as exc:
        if isinstance(exc.__cause__, UndefinedTable | InsufficientPrivilege):
            return []
        raise


def wall_errors(cursor: Any) -> list[CheckMessage]:
    """Everything that would weaken a wall, as errors with a hint."""
    errors: list[CheckMessage] = []
    cursor.execute(_LOGIN)
    name, *powers = cursor.fetchone()
    if any(powers):
        errors.append(Error(f"The serving login {name} has more rights than it may have.", id="tenancy.E001",
                            hint="ALTER ROLE … NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE."))  # fmt: skip
    cursor.execute(_OWNED, [])
    if cursor.fetchone()[0]:
        errors.append(Error(f"The serving login {name} owns tables of companies.", id="tenancy.E002",
                            hint="They must belong to deskhand_owner."))  # fmt: skip
    for sql, values, code, words, hint in _TESTS:
        cursor.execute(sql, values)
        found = [row[0] for row in cursor.fetchall()]
        if found:
            errors.append(Error(f"{words}: {', '.join(found)}.", id=code, hint=hint))
    return errors
