"""ISO-7: what the serving login tries beyond reading and writing rows of the bound company is refused."""

from __future__ import annotations

import os

import psycopg
import pytest

from apps.tenancy.checks import wall_errors

BIND = "SET LOCAL search_path TO c_north, pg_temp; SET LOCAL app.company_id TO 'north'"
REFUSED = [
    "ALTER ROLE deskhand_app BYPASSRLS",
    "ALTER ROLE deskhand_app SUPERUSER",
    "SET ROLE deskhand_owner",
    "SET ROLE postgres",
    "SET SESSION AUTHORIZATION deskhand_owner",
    "SELECT set_config('role', 'deskhand_owner', true)",
    "CREATE ROLE another",
    "CREATE SCHEMA another",
    "CREATE TABLE c_north.mine (id int)",
    "CREATE TABLE public.mine (id int)",
    "CREATE VIEW c_south.mine AS SELECT 1",
    "CREATE FUNCTION c_north.mine() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
    "CREATE EXTENSION dblink",
    "TRUNCATE accounts_user",
    "TRUNCATE c_south.accounts_user",
    "DROP TABLE accounts_user",
    "ALTER TABLE accounts_user DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE accounts_user NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE accounts_user OWNER TO deskhand_app",
    "DROP POLICY company_rows ON accounts_user",
    "CREATE POLICY more ON accounts_user USING (true)",
    "ALTER TABLE accounts_user DISABLE TRIGGER ALL",
    "SET session_replication_role = replica",
    "LOCK TABLE c_south.accounts_user IN ACCESS EXCLUSIVE MODE; TRUNCATE c_south.accounts_user",
    "COPY accounts_user FROM PROGRAM 'true'",
    "COPY (SELECT 1) TO '/tmp/x'",
    "COPY accounts_user (id) FROM STDIN",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT * FROM pg_authid",
    "SELECT * FROM public.everything",
    "SELECT c_north.all_users()",
    "UPDATE public.tenancy_company SET schema_name = 'c_south' WHERE company_id = 'north'",
    "INSERT INTO public.tenancy_domain (domain, tenant_id, is_primary) SELECT 'evil.example', id, true FROM public.tenancy_company",
    "DELETE FROM public.tenancy_domain",
    "UPDATE django_migrations SET name = 'x'",
    "INSERT INTO c_south.accounts_user SELECT * FROM c_north.accounts_user",
    "UPDATE accounts_user SET company_id = 'south'",
]
EMPTY = [
    "SELECT count(*) FROM c_south.accounts_user",
    "SELECT count(*) FROM ONLY c_south.accounts_user",
    "SELECT count(*) FROM c_south.accounts_user WHERE company_id = 'south' OR true",
    "WITH gone AS (DELETE FROM c_south.accounts_user RETURNING 1) SELECT count(*) FROM gone",
    "WITH changed AS (UPDATE c_south.accounts_user SET name = 'x' RETURNING 1) SELECT count(*) FROM changed",
    "SELECT count(*) FROM pg_stats WHERE schemaname = 'c_south'",
]


@pytest.fixture
def login(standing, superuser_url):
    """The serving login bound to north, beside a view and a function of a superuser's that it may not use."""
    with psycopg.connect(superuser_url, autocommit=True) as admin:
        admin.execute("CREATE OR REPLACE VIEW public.everything AS SELECT email FROM c_south.accounts_user")
        admin.execute(
            "CREATE OR REPLACE FUNCTION c_north.all_users() RETURNS bigint LANGUAGE sql SECURITY DEFINER"
            " AS 'SELECT count(*) FROM c_south.accounts_user'"
        )
        admin.execute("REVOKE ALL ON FUNCTION c_north.all_users() FROM PUBLIC")
        admin.execute("ANALYZE c_south.accounts_user")
        try:
            with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
                connection.execute(BIND)
                yield connection
                connection.rollback()
        finally:
            admin.execute("DROP VIEW public.everything")
            admin.execute("DROP FUNCTION c_north.all_users()")


@pytest.mark.parametrize("attempt", REFUSED)
def test_an_attempt_is_refused(login, attempt):
    with pytest.raises(psycopg.Error) as refusal:
        if attempt.endswith("FROM STDIN"):
            with login.cursor().copy(attempt) as copy:
                copy.write_row(["0198c0de-0000-7000-8000-00000000000b"])
        else:
            login.execute(attempt)
    assert refusal.value.sqlstate in {"42501", "0A000", "22023", "55000"}, refusal.value  # a right, not a spelling


@pytest.mark.parametrize("attempt", EMPTY)
def test_another_company_s_table_shows_and_changes_nothing(login, attempt):
    assert login.execute(attempt).fetchone() == (0,)


def test_a_database_cannot_be_made(login):
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as alone:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            alone.execute("CREATE DATABASE another")


def test_rights_are_not_handed_on(login):
    rights = "SELECT relacl::text FROM pg_class WHERE oid = 'accounts_user'::regclass"
    before = login.execute(rights).fetchone()
    login.execute("GRANT ALL ON accounts_user TO PUBLIC")  # a warning, and nothing granted
    assert login.execute(rights).fetchone() == before


def test_row_security_off_is_an_error_and_no_way_around(login):
    login.execute("SET LOCAL row_security = off")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        login.execute("SELECT count(*) FROM accounts_user")


def test_the_login_s_own_rows_show_all_the_while(login):
    assert login.execute("SELECT count(*) FROM accounts_user").fetchone() == (1,)
    assert login.execute("SELECT count(*) FROM public.tenancy_company").fetchone()[0] >= 5


def test_a_superuser_s_function_left_in_a_company_s_schema_is_found_at_start_up(login):
    assert "tenancy.E007" in {error.id for error in wall_errors(login.cursor())}
