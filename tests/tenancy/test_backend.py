"""The serving backend: one message binds a transaction, kept statements stay in their company."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest
from django.db import DataError, ProgrammingError, connection, connections, transaction
from psycopg import IsolationLevel
from psycopg.pq import TransactionStatus

from apps.accounts.sql import _FIND
from apps.tenancy.backend.base import PREPARE_AFTER, BoundCursor, PreparedCursor, bind
from apps.tenancy.context import Binding, bind_company

EMAILS = "SELECT email::text FROM accounts_user WHERE email <> %s ORDER BY 1"
WHERE = "SELECT current_setting('search_path'), coalesce(current_setting('app.company_id', true), '')"


@pytest.fixture
def both(acme, globex, make_user):
    make_user(acme, email="one@acme.example")
    make_user(globex, email="one@globex.example")
    return acme, globex


@pytest.fixture
def outside(db):
    """A connection of its own, outside any transaction."""
    other = connections.create_connection("default")
    yield other
    other.close()


def emails():
    with connection.prepared_cursor() as cursor:
        cursor.execute(EMAILS, ["nobody"])
        return [row[0] for row in cursor.fetchall()]


def test_a_kept_statement_reads_the_company_that_is_bound(both):
    for _ in range(10):
        for company in both:
            with bind_company(company.binding()):
                assert emails() == [f"one@{company.company_id}.example"]


def kept() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements WHERE statement LIKE %s", [f"{EMAILS[:40]}%"])
        return {row[0] for row in cursor.fetchall()}


def test_every_company_keeps_a_plan_of_its_own_once_it_asks_often(both):
    acme, globex = both
    assert emails_of(acme, PREPARE_AFTER) == set()
    text = EMAILS.replace("%s", "$1")
    assert emails_of(acme, 1) == {f"{text} /* c_acme */"}
    assert emails_of(globex, PREPARE_AFTER + 1) == {f"{text} /* c_acme */", f"{text} /* c_globex */"}


def emails_of(company, times: int) -> set[str]:
    with bind_company(company.binding()):
        for _ in range(times):
            assert emails() == [f"one@{company.company_id}.example"]
        return kept()


def test_a_kept_statement_yields_nothing_across_schemas_or_unbound(both):
    acme, globex = both
    for company in both:
        emails_of(company, PREPARE_AFTER + 1)
    with bind_company(Binding(acme.schema_name, globex.company_id, "local")):
        assert emails() == []
    with pytest.raises(ProgrammingError, match="does not exist"), transaction.atomic():
        emails()


def test_a_kept_statement_survives_a_column_that_is_wider_in_the_next_schema(acme, globex, superuser_url):
    with psycopg.connect(superuser_url, prepare_threshold=0) as admin:
        asked = [datetime.now(UTC), b"", datetime.now(UTC)]
        for schema in ("c_acme", "c_globex", "c_acme"):
            admin.execute("SELECT set_config('search_path', %s, true)", [schema])
            if schema == "c_globex":
                admin.execute("ALTER TABLE c_globex.accounts_user ALTER name TYPE varchar(200)")
            assert admin.execute(_FIND, asked, prepare=True).fetchall() == []
        admin.rollback()


def test_each_statement_outside_a_transaction_is_bound_and_leaves_nothing(acme, outside):
    with bind_company(acme.binding()):
        for cursor in (outside.cursor(), outside.prepared_cursor()):
            with cursor:
                cursor.execute(WHERE)
                assert cursor.fetchone() == ("c_acme, pg_temp", "acme")
                assert isinstance(cursor.cursor, BoundCursor)
        assert isinstance(outside.prepared_cursor().cursor._cursor, PreparedCursor)
    assert outside.connection.pgconn.transaction_status == TransactionStatus.IDLE
    assert outside.connection.execute(WHERE).fetchone() == ("pg_catalog", "")


def test_a_statement_that_fails_outside_a_transaction_leaves_the_connection_usable(acme, outside):
    with bind_company(acme.binding()), outside.cursor() as cursor:
        with pytest.raises(DataError):
            cursor.execute("SELECT 1 / 0")
        assert outside.connection.pgconn.transaction_status == TransactionStatus.IDLE
        cursor.execute(WHERE)
        assert cursor.fetchone() == ("c_acme, pg_temp", "acme")


def test_a_transaction_is_committed_and_binds_again_afterwards(acme, outside):
    with bind_company(acme.binding()):
        for _ in range(2):
            outside.set_autocommit(False)
            with outside.cursor() as cursor:
                cursor.execute("SELECT 1")
            outside.commit()
            assert outside.connection.pgconn.transaction_status == TransactionStatus.IDLE
            outside.set_autocommit(True)


def test_names_are_values_whatever_they_hold(outside):
    outside.ensure_connection()
    bind(outside.connection, Binding("c_x'; DROP TABLE t; --", "a'b\\", "local"))
    assert outside.connection.execute(WHERE).fetchone() == ('"c_x\'; DROP TABLE t; --", pg_temp', "a'b\\")
    outside.connection.rollback()


def test_the_isolation_level_asked_for_is_used(outside):
    outside.ensure_connection()
    outside.connection.isolation_level = IsolationLevel.REPEATABLE_READ
    bind(outside.connection, Binding("c_acme", "acme", "local"))
    assert outside.connection.execute("SHOW transaction_isolation").fetchone() == ("repeatable read",)
    outside.connection.rollback()
    outside.connection.isolation_level = None


def test_statements_are_not_kept_where_the_settings_say_so(outside):
    assert outside.get_connection_params()["prepare_threshold"] == 5
    outside.settings_dict = outside.settings_dict | {"OPTIONS": {"prepare_threshold": None}}
    assert outside.get_connection_params()["prepare_threshold"] is None
