"""The walls in the database: what a mistake in our code still cannot read or write."""

from __future__ import annotations

from contextlib import nullcontext
from contextvars import Context

import psycopg
import pytest
from django.contrib.sessions.models import Session
from django.db import ProgrammingError, connection, transaction

from apps.accounts.models import User
from apps.core.errors import NoCompany
from apps.tenancy.checks import wall_errors
from apps.tenancy.context import Binding, CompanySwitch, bind_company, current_company
from apps.tenancy.models import Company

RAW = "SELECT email FROM {schema}.accounts_user"


@pytest.fixture
def both(acme, globex, make_user):
    make_user(acme, email="same@example.org")
    make_user(globex, email="same@example.org")
    return acme, globex


def test_a_query_with_no_company_bound_fails(acme):
    with pytest.raises(ProgrammingError, match="does not exist"), transaction.atomic():
        User.objects.count()


def test_reading_the_context_with_no_company_bound_raises():
    with pytest.raises(NoCompany):
        current_company()


def test_each_company_reads_its_own_rows_only(both):
    for company in both:
        with bind_company(company.binding()):
            assert [user.company_id for user in User.objects.all()] == [company.company_id]


def test_schema_of_one_company_with_id_of_the_other_yields_nothing(both):
    acme, globex = both
    crossed = Binding(acme.schema_name, globex.company_id, "local")
    with bind_company(crossed):
        assert User.objects.count() == 0
        assert Session.objects.count() == 0


def test_naming_the_other_schema_in_sql_yields_nothing(both):
    acme, globex = both
    with bind_company(acme.binding()), connection.cursor() as cursor:
        cursor.execute(RAW.format(schema=globex.schema_name))
        assert cursor.fetchall() == []


def test_a_row_for_another_company_cannot_be_written(both):
    acme, _ = both
    with bind_company(acme.binding()), pytest.raises(ProgrammingError, match="row-level security"):
        with transaction.atomic():
            User.objects.create(email="x@example.org", name="x", company_id="globex")


def test_the_serving_login_cannot_truncate_create_or_switch_row_security_off(both):
    acme, _ = both
    for statement in (
        "TRUNCATE accounts_user",
        "CREATE TABLE mine (id int)",
        "ALTER TABLE accounts_user DISABLE ROW LEVEL SECURITY",
        "UPDATE public.tenancy_company SET status = 'closed'",
        "SET ROLE deskhand_owner",
    ):
        with bind_company(acme.binding()), pytest.raises(ProgrammingError):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)


def test_binding_another_company_inside_a_binding_raises(both):
    acme, globex = both
    with bind_company(acme.binding()), pytest.raises(CompanySwitch):
        with bind_company(globex.binding()):
            pass


def test_an_open_transaction_forgets_the_company_when_the_binding_ends(both):
    acme, _ = both
    with bind_company(acme.binding()):
        assert User.objects.count() == 1
    with pytest.raises(ProgrammingError), transaction.atomic():
        User.objects.count()


def test_a_left_over_temporary_table_does_not_shadow_a_real_one(both):
    acme, globex = both
    with transaction.atomic():
        with bind_company(acme.binding()), connection.cursor() as cursor:
            cursor.execute("CREATE TEMP TABLE accounts_user ON COMMIT DROP AS SELECT 'stolen'::text AS email")
        with bind_company(globex.binding()), connection.cursor() as cursor:
            cursor.execute("SELECT email FROM accounts_user")
            assert cursor.fetchall() == [("same@example.org",)]


def test_a_rolled_back_savepoint_binds_again(both):
    acme, _ = both
    with bind_company(acme.binding()), transaction.atomic():
        with pytest.raises(KeyError), transaction.atomic():
            User.objects.count()
            raise KeyError
        assert User.objects.count() == 1


def test_a_savepoint_older_than_the_binding_takes_the_binding_with_it(both):
    acme, _ = both
    with transaction.atomic():
        older = transaction.savepoint()
        with bind_company(acme.binding()):
            assert User.objects.count() == 1
            transaction.savepoint_rollback(older)
            assert User.objects.count() == 1


@pytest.mark.parametrize("bound", [True, False])
def test_code_with_a_context_of_its_own_cannot_go_on_in_an_open_transaction(both, bound):
    acme, globex = both

    def elsewhere():
        with bind_company(globex.binding()) if bound else nullcontext():
            return User.objects.count()

    with bind_company(acme.binding()), transaction.atomic():
        assert User.objects.count() == 1
        with pytest.raises(CompanySwitch, match="inside one transaction"):
            Context().run(elsewhere)


def test_a_row_read_without_its_company_is_no_leak(both):
    acme, _ = both
    with bind_company(acme.binding()):
        person = User.objects.only("email").get()
        assert person.email == "same@example.org"
        assert person.company_id == "acme"


def test_start_up_check_is_content_with_the_real_database(acme):
    with connection.cursor() as cursor:
        assert wall_errors(cursor) == []


def test_start_up_check_finds_a_table_without_forced_row_security(acme, superuser_url):
    with psycopg.connect(superuser_url) as admin:
        admin.execute("ALTER TABLE c_globex.accounts_user NO FORCE ROW LEVEL SECURITY")
        errors = wall_errors(admin.cursor())
        admin.rollback()
    assert "tenancy.E003" in {error.id for error in errors}
    assert "tenancy.E001" in {error.id for error in errors}, "a superuser login must be refused too"


def test_every_table_of_a_company_has_column_check_force_and_two_policies(acme, superuser_url):
    with psycopg.connect(superuser_url) as admin:
        rows = admin.execute(
            """SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity,
                      (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid),
                      (SELECT count(*) FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c'
                         AND pg_get_constraintdef(k.oid) LIKE '%company_id = ''acme''%')
               FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = 'c_acme' AND c.relkind = 'r' AND c.relname <> 'django_migrations'"""
        ).fetchall()
    assert len(rows) >= 19
    assert [row for row in rows if row[1:] != (True, 2, 1)] == []


def test_the_registry_is_readable_without_a_company(acme):
    assert set(Company.objects.values_list("company_id", flat=True)) >= {"acme", "globex"}
