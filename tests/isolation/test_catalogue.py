"""ISO-1: every table of every company has its walls, and a process that would serve without one does not start."""

from __future__ import annotations

import os
import subprocess
import sys

import psycopg
import pytest

from apps.tenancy.checks import refuse_open_walls, wall_errors

BOUND = "NULLIF(current_setting('app.company_id'::text, true), ''::text)"
TABLES = r"""
SELECT n.nspname, y.company_id, c.relname, c.relrowsecurity AND c.relforcerowsecurity,
  (SELECT array_agg(p.polname || '/' || p.polpermissive || '/' || p.polcmd::text || '/' || pg_get_expr(p.polqual, c.oid) || '/' ||
                    pg_get_expr(p.polwithcheck, c.oid) ORDER BY p.polname) FROM pg_policy p WHERE p.polrelid = c.oid),
  (SELECT array_agg(pg_get_constraintdef(k.oid)) FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c'
     AND pg_get_constraintdef(k.oid) LIKE 'CHECK ((company_id%'),
  pg_get_userbyid(c.relowner), has_table_privilege('deskhand_app', c.oid, 'TRUNCATE'),
  (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
     WHERE d.adrelid = c.oid AND a.attname = 'company_id' AND a.attnotnull)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN public.tenancy_company y ON y.schema_name = n.nspname
WHERE c.relkind IN ('r', 'p') AND c.relname <> 'django_migrations'
"""
FAULTS = [
    ("tenancy.E003", "ALTER TABLE c_west.platforms_ticket DISABLE ROW LEVEL SECURITY"),
    ("tenancy.E003", "ALTER TABLE c_west.platforms_ticket NO FORCE ROW LEVEL SECURITY"),
    ("tenancy.E003", "DROP POLICY company_rows ON c_west.platforms_ticket"),
    ("tenancy.E003", "DROP POLICY company_schema ON c_west.platforms_ticket"),
    ("tenancy.E003", "CREATE POLICY more ON c_west.platforms_ticket USING (true)"),
    ("tenancy.E003", "ALTER POLICY company_rows ON c_west.platforms_ticket USING (true)"),
    ("tenancy.E003", "ALTER POLICY company_rows ON c_west.platforms_ticket WITH CHECK (true)"),
    ("tenancy.E003", f"ALTER POLICY company_schema ON c_west.platforms_ticket USING ({BOUND} = 'south')"),
    ("tenancy.E003", f"ALTER POLICY company_schema ON c_west.platforms_ticket WITH CHECK ({BOUND} <> '')"),
    ("tenancy.E009", "ALTER TABLE c_west.platforms_ticket DROP CONSTRAINT platforms_ticket_company"),
    ("tenancy.E009", "ALTER TABLE c_west.platforms_ticket DROP CONSTRAINT platforms_ticket_company,"
                     " ADD CONSTRAINT platforms_ticket_company CHECK (company_id = 'south') NOT VALID"),
    ("tenancy.E004", "CREATE VIEW c_west.everything AS SELECT * FROM c_west.platforms_ticket"),
    ("tenancy.E004", "CREATE MATERIALIZED VIEW c_west.everything AS SELECT * FROM c_west.platforms_ticket"),
    ("tenancy.E005", "CREATE TABLE public.platforms_ticket (id int)"),
    ("tenancy.E007", "CREATE FUNCTION c_west.all_tickets() RETURNS bigint LANGUAGE sql SECURITY DEFINER"
                     " AS 'SELECT count(*) FROM c_west.platforms_ticket'"),
    ("tenancy.E008", "GRANT TRUNCATE ON c_west.platforms_ticket TO deskhand_app"),
    ("tenancy.E008", "GRANT CREATE ON SCHEMA c_west TO deskhand_app"),
    ("tenancy.E008", "GRANT deskhand_owner TO deskhand_app"),
    ("tenancy.E002", "ALTER TABLE c_west.platforms_ticket OWNER TO deskhand_app"),
    ("tenancy.E001", "ALTER ROLE deskhand_app BYPASSRLS"),
]  # fmt: skip
STARTS = """
import sys
from importlib import import_module
for entry in ("config.wsgi", "config.asgi"):
    try:
        import_module(entry)
        print(entry, "served")
    except Exception as exc:
        print(entry, type(exc).__name__, "tenancy.E003" in str(exc))
from celery.signals import worker_init
import config.celery
try:
    worker_init.send(sender=None)
    print("worker worked")
except SystemExit as exc:
    print("worker", "tenancy.E003" in str(exc))
"""


def test_every_table_of_every_company_is_walled(standing, superuser_url):
    with psycopg.connect(superuser_url) as admin:
        rows = admin.execute(TABLES).fetchall()
    assert len({row[0] for row in rows}) >= 5
    assert len(rows) >= 5 * 20
    for schema, company, table, forced, policies, checks, owner, truncates, default in rows:
        own = f"({BOUND} = '{company}'::text)"
        wanted = [f"company_rows/true/*/(company_id = {BOUND})/(company_id = {BOUND})", f"company_schema/false/*/{own}/{own}"]
        assert (schema, table, forced, policies) == (f"c_{company.replace('-', '_')}", table, True, wanted)
        assert checks == [f"CHECK ((company_id = '{company}'::text))"], table
        assert (owner, truncates, default) == ("deskhand_owner", False, BOUND), table


@pytest.mark.parametrize(("code", "fault"), FAULTS, ids=[f"{code[-4:]} {fault[:60]}" for code, fault in FAULTS])
def test_a_weaker_wall_is_found(standing, superuser_url, code, fault):
    with psycopg.connect(superuser_url) as admin:
        admin.execute("SET LOCAL ROLE deskhand_app")
        assert wall_errors(admin.cursor()) == []
        admin.execute("RESET ROLE")
        admin.execute(fault)
        admin.execute("SET LOCAL ROLE deskhand_app")
        found = {error.id for error in wall_errors(admin.cursor())}
        admin.rollback()
    assert code in found


def test_web_and_worker_do_not_start_beside_an_open_table(standing, superuser_url, django_db_blocker):
    with django_db_blocker.unblock():
        refuse_open_walls()  # as things are, it is silent
        with psycopg.connect(superuser_url, autocommit=True) as admin:
            admin.execute("ALTER TABLE c_west.platforms_ticket NO FORCE ROW LEVEL SECURITY")
            try:
                done = subprocess.run([sys.executable, "-c", STARTS], capture_output=True, text=True, env=os.environ)
            finally:
                admin.execute("ALTER TABLE c_west.platforms_ticket FORCE ROW LEVEL SECURITY")
    assert done.stdout.splitlines() == [
        "config.wsgi ImproperlyConfigured True", "config.asgi ImproperlyConfigured True", "worker True",
    ], done.stderr  # fmt: skip
