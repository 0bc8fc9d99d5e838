"""R6: what is injected into a statement of the serving login reads no other company's rows (docs/decisions/0036).

Policies believe `app.company_id`, so an injected set_config() would open them. The login has no function that sets
anything, and one message to the server is one statement.
"""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connections

from apps.tenancy.context import bind_company

TARGET = "FROM c_south.accounts_user"
SWITCH = "set_config('app.company_id', 'south', true)"
INJECTED = {
    "union": f"' UNION SELECT email {TARGET} --",
    "arm before": f"' UNION ALL SELECT 'no' WHERE {SWITCH} IS NULL UNION ALL SELECT email {TARGET} --",
    "join": f"' UNION ALL SELECT u.email FROM (SELECT {SWITCH} AS c OFFSET 0) s, LATERAL (SELECT email, s.c {TARGET} OFFSET 0) u --",
    "CTE": f"' UNION ALL (WITH s AS MATERIALIZED (SELECT {SWITCH} AS c) SELECT u.email FROM s, LATERAL (SELECT email, s.c {TARGET} OFFSET 0) u) --",
    "by its schema": "' UNION SELECT pg_catalog.set_config('app.company_id', 'south', true) --",
    "path": "' UNION SELECT set_config('search_path', 'c_south', true) --",
    "role": "' UNION SELECT set_config('role', 'deskhand_owner', true) --",
    "transaction_read_only": "' UNION SELECT set_config('transaction_read_only', 'off', true) --",
    "second statement": f"'; SET LOCAL app.company_id TO 'south'; SELECT email {TARGET} --",
    "second transaction": f"'; COMMIT; BEGIN; SET LOCAL app.company_id TO 'south'; SELECT email {TARGET} --",
    "block": f"'; DO $$ BEGIN SET LOCAL app.company_id TO 'south'; END $$; SELECT email {TARGET} --",
    "view of settings": "'; UPDATE pg_settings SET setting = 'south' WHERE name = 'app.company_id' --",
    "text run as a query": f"' UNION SELECT query_to_xml($$SELECT {SWITCH}$$, true, false, '')::text --",
    "text run as a command": "' UNION SELECT query_to_xml($$SET LOCAL app.company_id TO 'south'$$, true, false, '')::text --",
    "text run as a search": f"' UNION SELECT word FROM ts_stat($$SELECT to_tsvector({SWITCH})$$) --",
    "text run as a command by a search": "' UNION SELECT word FROM ts_stat($$SET LOCAL app.company_id TO 'south'$$) --",
    "text run as a rewriting": f"' UNION SELECT ts_rewrite('a', $$SELECT 'a'::tsquery, {SWITCH}::tsquery$$)::text --",
    "a whole table": f"' UNION SELECT table_to_xml('c_south.accounts_user', true, false, '')::text || {SWITCH} --",
}


@pytest.fixture
def cursors(standing, django_db_blocker):
    """Both kinds of cursors the product uses, on a connection of their own."""
    with django_db_blocker.unblock():
        other = connections.create_connection("default")
        yield {"plain": other.cursor, "prepared": other.prepared_cursor}, other
        other.close()


def ask(cursor, text: str) -> list[tuple[str, ...]]:
    """A careless search for an address: what came is put into the text. Every result of the message is read."""
    with cursor() as open_one:
        open_one.execute(f"SELECT email FROM accounts_user WHERE email = '{text}'")  # noqa: S608 - the hole
        found = open_one.fetchall()
        while open_one.nextset():
            found += open_one.fetchall() if open_one.description else []
        return found


@pytest.mark.parametrize("kind", ["plain", "prepared"])
@pytest.mark.parametrize("name", INJECTED)
@pytest.mark.parametrize("together", [False, True], ids=["alone", "in a transaction"])
def test_what_is_injected_reads_no_row_of_another_company(standing, cursors, kind, name, together):
    open_one, other = cursors[0][kind], cursors[1]
    found = []
    with bind_company(standing[0].binding()):
        if together:
            other.set_autocommit(False)
            other.in_atomic_block = True
        try:
            found = ask(open_one, INJECTED[name])
            found += ask(open_one, f"' UNION SELECT email {TARGET} --")  # and nothing is open for the next statement
        except DatabaseError:
            pass  # refused
        finally:
            if together:
                other.in_atomic_block = False
                other.rollback()
                other.set_autocommit(True)
        assert found == []
        assert ask(open_one, "' OR true --") == [("x",)], "the hole is there, and shows the own rows"


def test_a_semicolon_in_a_value_is_a_value(standing, cursors):
    with bind_company(standing[0].binding()), cursors[0]["plain"]() as cursor:
        cursor.execute("SELECT %s, %s", ["a; SELECT 2", ";"])
        assert cursor.fetchall() == [("a; SELECT 2", ";")]


def test_a_server_in_another_time_zone_is_set_right_without_the_function(standing, django_db_blocker):
    with django_db_blocker.unblock():
        other = connections.create_connection("default")
        options = {name: value for name, value in other.settings_dict["OPTIONS"].items() if name != "pool"}
        other.settings_dict = other.settings_dict | {"OPTIONS": options | {"options": "-c timezone=Asia/Seoul"}}
        try:
            with other.cursor() as cursor:
                cursor.execute("SHOW timezone")
                assert cursor.fetchone() == ("UTC",)
        finally:
            other.close()


def test_what_remains_who_writes_the_whole_statement_binds_as_we_do(standing, cursors):
    """Not an injection any more, but its bound: a statement that is the attacker's from its first word can be SET.

    Whoever has that much, or the login's password, reads every company of the database; nothing in the database can
    tell them from us. What keeps it away: no statement of ours begins with text from outside (tests/test_bans.py
    allows SQL in a few files), and who has no SQL at all has no statement.
    """
    other = cursors[1]
    with bind_company(standing[0].binding()):
        other.set_autocommit(False)
        other.in_atomic_block = True
        try:
            with other.cursor() as cursor:
                cursor.execute("SET LOCAL app.company_id TO 'south'")
                cursor.execute(f"SELECT count(*) > 0 {TARGET}")
                assert cursor.fetchone() == (True,)
        finally:
            other.in_atomic_block = False
            other.rollback()
            other.set_autocommit(True)


def test_a_login_that_may_call_it_is_found_at_start_up(standing, superuser_url):
    import psycopg

    from apps.tenancy.checks import wall_errors

    with psycopg.connect(superuser_url) as admin:
        admin.execute("GRANT EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) TO deskhand_app")
        admin.execute("SET LOCAL ROLE deskhand_app")
        errors = [error for error in wall_errors(admin.cursor()) if error.id == "tenancy.E008"]
        admin.rollback()
    assert len(errors) == 1 and "set_config()" in errors[0].msg
