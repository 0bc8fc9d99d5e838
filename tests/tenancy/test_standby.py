"""Standby companies: equal to one opened directly, shut while nobody has claimed them, claimed once, never stale."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Barrier, Thread

import psycopg
import pytest
from django.db import ProgrammingError, transaction
from psycopg import sql

from apps.accounts.models import User
from apps.tenancy import lifecycle, orders, provisioning, splitting, standby, template
from apps.tenancy.checks import wall_errors
from apps.tenancy.context import Binding, bind_company
from apps.tenancy.management.commands.build_template import dump
from apps.tenancy.registry import company_at, forget_hosts
from apps.tenancy.states import read_states
from apps.tenancy.tasks import provision_due
from embedded.postgres import installation
from tests.accounts.people import operator_company
from tests.isolation.companies import companies, drop

PG_DUMP = str(installation() / "bin" / "pg_dump")
NAMES = ("direct", "ahead")  # schemas of the same length: lines may be wrapped by length
# What pg_dump leaves out or sorts away, with the schema's own name taken out.
CATALOGUE = {
    "schema": "SELECT nspowner::regrole, nspacl, obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE oid = %(n)s",
    "tables": """SELECT relname, relkind, relowner::regrole, relacl, relrowsecurity, relforcerowsecurity, relchecks, relhastriggers,
        relreplident, relpersistence, reloptions, obj_description(oid, 'pg_class') FROM pg_class WHERE relnamespace = %(n)s""",
    "columns": """SELECT c.relname, a.attname, a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
        a.attgenerated, a.attisdropped, a.attcollation, a.attacl, pg_get_expr(d.adbin, d.adrelid)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid
        AND d.adnum = a.attnum WHERE c.relnamespace = %(n)s AND a.attnum > 0""",
    "constraints": """SELECT c.relname, k.conname, k.contype, k.condeferrable, k.condeferred, k.convalidated, k.conislocal,
        k.coninhcount, k.connoinherit, k.conkey, pg_get_constraintdef(k.oid)
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE k.connamespace = %(n)s""",
    "indexes": """SELECT pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisready, i.indisprimary, i.indisreplident
        FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = %(n)s""",
    "policies": """SELECT c.relname, p.polname, p.polcmd, p.polpermissive, p.polroles::regrole[], pg_get_expr(p.polqual, c.oid),
        pg_get_expr(p.polwithcheck, c.oid) FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE c.relnamespace = %(n)s""",
    "functions": """SELECT proname, proowner::regrole, proacl, prosecdef, proconfig, pg_get_functiondef(oid)
        FROM pg_proc WHERE pronamespace = %(n)s""",
    "triggers": """SELECT c.relname, t.tgenabled, t.tgisinternal, t.tgfoid::regproc, t.tgdeferrable, t.tginitdeferred, t.tgtype,
        CASE WHEN t.tgisinternal THEN '' ELSE pg_get_triggerdef(t.oid) END
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = %(n)s""",
    "sequences": "SELECT sequencename, sequenceowner, start_value, increment_by, cycle, last_value FROM pg_sequences WHERE schemaname = %(s)s",
    "rest": """SELECT 'types', count(*) FROM pg_type WHERE typnamespace = %(n)s
        UNION ALL SELECT 'defaults', count(*) FROM pg_default_acl WHERE defaclnamespace = %(n)s
        UNION ALL SELECT 'texts', count(*) FROM pg_description d JOIN pg_class c ON c.oid = d.objoid WHERE c.relnamespace = %(n)s
        UNION ALL SELECT 'needs', count(*) FROM pg_depend d JOIN pg_class c ON c.oid = d.objid WHERE c.relnamespace = %(n)s
        UNION ALL SELECT 'shared', count(*) FROM pg_shdepend d JOIN pg_class c ON c.oid = d.objid WHERE c.relnamespace = %(n)s""",
}  # fmt: skip


@pytest.fixture
def committed(django_db_setup, django_db_blocker, superuser_url):
    """No standby before and none after; what these tests write stays, so they take it away."""
    with django_db_blocker.unblock():
        forget_hosts()
        without_standbys()
        yield
        without_standbys()
        drop(superuser_url, "order-made", *(f"at-once-{number}" for number in range(4)))
        with psycopg.connect(superuser_url) as admin:
            admin.execute("DELETE FROM public.tenancy_order")


@contextmanager
def owning():
    with provisioning.owner_connection() as owner:
        owner.autocommit = True
        yield owner


def without_standbys() -> None:
    with owning() as owner:
        while standby.keep(owner, 0):
            pass


def prepared(count: int = 1) -> list[str]:
    with owning() as owner:
        while standby.keep(owner, count):
            pass
        return standing(owner)


def standing(asked) -> list[str]:
    return [row[0] for row in asked.execute(r"SELECT nspname FROM pg_namespace WHERE nspname LIKE 'standby\_%' ORDER BY 1")]


def catalogue(admin, schema: str, company_id: str) -> dict[str, list[str]]:
    oid = admin.execute("SELECT %s::regnamespace::oid", [schema]).fetchone()[0]
    found = {}
    for name, query in CATALOGUE.items():
        rows = admin.execute(query, {"n": oid, "s": schema}).fetchall()
        found[name] = sorted(template.marked(repr(row), schema=schema, company_id=company_id) for row in rows)
    return found


def test_a_company_opened_from_a_standby_equals_one_opened_directly(committed, superuser_url):
    with companies(superuser_url, NAMES[0]):
        (name,) = prepared()
        with companies(superuser_url, NAMES[1]), psycopg.connect(superuser_url) as admin:
            assert standing(admin) == [], f"{name} was not claimed"
            direct, ahead = (catalogue(admin, f"c_{company}", company) for company in NAMES)
            assert all(direct[part] for part in CATALOGUE)
            assert ahead == direct
            dumps = [dump(PG_DUMP, superuser_url, schema=f"c_{one}", company_id=one).splitlines() for one in NAMES]
            assert dumps[1] == dumps[0]
            opened = "SELECT created_at FROM public.tenancy_company WHERE company_id = 'ahead'"
            assert admin.execute("SELECT DISTINCT applied FROM c_ahead.django_migrations").fetchall() == admin.execute(opened).fetchall()
            admin.execute("SET LOCAL ROLE deskhand_app")
            assert wall_errors(admin.cursor()) == []


def test_together_the_halves_are_the_template():
    """Statement by statement, but for the constraints that leave their tables."""
    text = template.template_sql()
    halves = splitting.split(text)
    assert template.COMPANY_MARK not in halves.ahead and "POLICY" not in halves.ahead and "INSERT INTO" not in halves.ahead
    both = halves.ahead + halves.rest
    for statement in filter(str.strip, text.split(";\n")):
        if not statement.startswith("CREATE TABLE"):
            assert statement in both
        for line in statement.splitlines():
            assert line.strip().rstrip(",") in both
    assert halves.mark != splitting.split(text.replace("character varying(120)", "character varying(121)", 1)).mark
    with pytest.raises(ValueError, match="names the company"):
        splitting.split("CREATE TABLE @schema@.t (\n    name text DEFAULT '@company@'\n);\n")


def test_an_order_is_done_from_a_standby_and_the_next_look_makes_another(committed, superuser_url, settings):
    settings.STANDBY_COMPANIES = 2
    operator_company()
    provision_due()
    with owning() as owner:
        before = standing(owner)
        assert len(before) == standby.ready() == 2
        owner.execute(f"COMMENT ON SCHEMA {before[0]} IS 'another release'")
        assert standby.ready() == 1
        owner.execute(sql.SQL("COMMENT ON SCHEMA {} IS {}").format(sql.Identifier(before[0]), standby.halves().mark))
        order = orders.ask_open(company_id="order-made", name="Order")
        lifecycle.work_off()
        assert orders.find_order(order.pk).state == "done"
        assert company_at("order-made.localhost") is not None
        assert standing(owner) == before[1:]
        provision_due()
        assert len(standing(owner)) == 2
        settings.STANDBY_COMPANIES = 0
        provision_due()
        assert standing(owner) == []


def test_a_standby_is_shut_to_the_serving_login(committed, superuser_url):
    (name,) = prepared()
    app_url = superuser_url.replace("postgres@", "deskhand_app@")
    with psycopg.connect(app_url, autocommit=True) as app:
        assert app.execute("SELECT current_user").fetchone() == ("deskhand_app",)
        for query in ("SELECT * FROM {}.accounts_user", "DELETE FROM {}.django_session", "SELECT * FROM {}.django_migrations"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(sql.SQL(query).format(sql.Identifier(name)))
    # Were it let into the schema, no row would come in or out: not even for the owner, whatever company is bound.
    with psycopg.connect(superuser_url) as admin:
        tables = [row[0] for row in admin.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'r'", [name])]  # fmt: skip
        assert len(tables) > 20
        admin.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO deskhand_app").format(sql.Identifier(name)))
        for role in ("deskhand_app", "deskhand_owner"):
            admin.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
            admin.execute("SET LOCAL app.company_id TO 'acme'")
            for table in set(tables) - {"django_migrations"}:
                with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"), admin.transaction():
                    admin.execute(sql.SQL("INSERT INTO {} (company_id) VALUES ('acme')").format(sql.Identifier(name, table)))
        admin.rollback()


def test_nobody_can_be_bound_to_a_standby(committed):
    (name,) = prepared()
    for company in ("acme", name, name.replace("_", "-")):
        with bind_company(Binding(name, company, "local")), pytest.raises(ProgrammingError), transaction.atomic():
            User.objects.count()
    assert company_at(f"{name.replace('_', '-')}.localhost") is None


@pytest.mark.parametrize("fault", [
    "GRANT USAGE ON SCHEMA {} TO deskhand_app",
    "ALTER TABLE {}.accounts_user NO FORCE ROW LEVEL SECURITY",
    "CREATE POLICY company_rows ON {}.accounts_user USING (true)",
    "CREATE VIEW {}.everybody AS SELECT * FROM c_acme.accounts_user",
    "CREATE FUNCTION {}.people() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM c_acme.accounts_user'",
    "UPDATE public.tenancy_company SET schema_name = '{}' WHERE company_id = 'acme'",
])  # fmt: skip
def test_what_serves_does_not_start_beside_an_open_standby(committed, superuser_url, fault):
    (name,) = prepared()
    with psycopg.connect(superuser_url) as admin:
        admin.execute("SET LOCAL ROLE deskhand_app")
        assert wall_errors(admin.cursor()) == []
        admin.execute("RESET ROLE")
        admin.execute(fault.format(name))
        admin.execute("SET LOCAL ROLE deskhand_app")
        assert "tenancy.E012" in {error.id for error in wall_errors(admin.cursor())}
        admin.rollback()


def test_a_standby_of_another_template_is_never_claimed_and_is_replaced(committed, superuser_url):
    (old,) = prepared()
    with owning() as owner:
        owner.execute(f"COMMENT ON SCHEMA {old} IS 'another release'")
        with companies(superuser_url, "ahead"):
            assert standing(owner) == [old]
        (new,) = prepared()
        assert new != old
        assert [state.schema for state in read_states(owner) if state.schema.startswith("standby")] == []


def test_a_release_with_another_template_has_another_mark(committed, monkeypatch):
    (old,) = prepared()
    standby.halves.cache_clear()
    changed = template.template_sql().replace("character varying(120)", "character varying(121)", 1)
    monkeypatch.setattr(standby, "template_sql", lambda: changed)
    try:
        with owning() as owner:
            assert not standby.claim(owner, schema="c_ahead", company_id="ahead")
            assert standby.keep(owner, 1)
            assert standing(owner) == []
    finally:
        standby.halves.cache_clear()


@pytest.mark.parametrize("fault", [
    "DROP TABLE {}.search_chunk", "ALTER TABLE {}.accounts_user NO FORCE ROW LEVEL SECURITY",
    "CREATE POLICY another ON {}.accounts_user USING (true)",
])  # fmt: skip
def test_a_broken_standby_costs_nobody_his_company(committed, superuser_url, fault):
    first, second = prepared(2)
    with owning() as owner:
        owner.execute(fault.format(first))
        with companies(superuser_url, "ahead"), psycopg.connect(superuser_url) as admin:
            assert standing(admin) == [], "the broken one is dropped, the next one claimed"
            admin.execute("SET LOCAL ROLE deskhand_app")
            assert wall_errors(admin.cursor()) == []


def test_a_backup_that_reads_everything_delays_nobody(committed, superuser_url):
    (name,) = prepared()
    with psycopg.connect(superuser_url) as backup:
        backup.execute(f"LOCK TABLE {name}.accounts_user, {name}.search_chunk IN ACCESS SHARE MODE")
        with companies(superuser_url, "ahead"), owning() as owner:
            assert standing(owner) == [name]
            assert not standby.keep(owner, 0), "nor is it waited for here"
    assert prepared() == [name]


def test_each_standby_is_claimed_once_by_whoever_comes(committed, superuser_url):
    prepared(2)
    at_once, found = Barrier(4), []

    def open_one(number: int) -> None:
        with provisioning.owner_connection() as owner:
            at_once.wait(20)
            with owner.transaction():
                provisioning.build_company(owner, f"at-once-{number}", name="x", language="en", region="")
        found.append(number)

    def keep() -> None:
        with owning() as owner:
            at_once.wait(20)
            standby.keep(owner, 2)

    work = [Thread(target=open_one, args=(number,)) for number in range(3)] + [Thread(target=keep)]
    for one in work:
        one.start()
    for one in work:
        one.join()
    assert sorted(found) == [0, 1, 2]
    with psycopg.connect(superuser_url) as admin:
        assert len(standing(admin)) <= 1
        admin.execute("SET LOCAL ROLE deskhand_app")
        assert wall_errors(admin.cursor()) == []


def test_two_keepers_make_no_more_than_is_wanted(committed):
    with owning() as first, owning() as second, first.transaction():
        assert standby.keep(first, 1)
        assert not standby.keep(second, 1)
        assert standing(second) == []
    assert len(prepared(1)) == 1


def test_the_worker_keeps_one_connection_as_long_as_it_is_sound(committed, superuser_url, settings):
    settings.STANDBY_COMPANIES = 0

    def served() -> int:
        with provisioning.kept_connection() as owner:
            return owner.info.backend_pid

    assert served() != served(), "only the provisioning worker keeps one"
    settings.PROVISIONS = True
    try:
        first = served()
        lifecycle.provide()
        assert served() == first
        with pytest.raises(ZeroDivisionError), provisioning.kept_connection() as broken:
            raise ZeroDivisionError
        assert broken.closed, "what an error left of it is not used again"
        second = served()
        with psycopg.connect(superuser_url, autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(%s, 5000)", [second])
        third = served()
        assert third not in (first, second)
        with provisioning.kept_connection(), provisioning.kept_connection() as other:
            assert other.info.backend_pid != third, "nobody is handed one that is in use"
    finally:
        settings.PROVISIONS = False
        served()
    assert provisioning._kept is None


@pytest.mark.parametrize("at", range(1, 8))
def test_cut_at_any_statement_nothing_is_half_made(committed, superuser_url, at, monkeypatch):
    """The server loses us at the Nth statement of preparing, then of claiming: as before, and the next one does it."""
    for wanted in (0, 1):
        if wanted:
            (name,) = prepared()
        with owning() as owner:
            cut_at(owner, at, superuser_url, monkeypatch)
            try:
                if wanted:
                    with owner.transaction():
                        provisioning.build_company(owner, "order-made", name="x", language="en", region="")
                else:
                    standby.keep(owner, 1)
                cut = False
            except psycopg.Error:
                cut = True
        with psycopg.connect(superuser_url) as admin:
            made = admin.execute("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'c_order_made')").fetchone()[0]
            if wanted:
                assert (made, standing(admin)) == ((False, [name]) if cut else (True, []))
            else:
                assert len(standing(admin)) == (0 if cut else 1)
    drop(superuser_url, "order-made")


def cut_at(owner, at: int, superuser_url: str, monkeypatch) -> None:
    """End the connection's process on the server right before its Nth statement."""
    met, execute = 0, owner.execute

    def counting(*arguments, **options):
        nonlocal met
        met += 1
        if met == at:
            with psycopg.connect(superuser_url, autocommit=True) as admin:
                admin.execute("SELECT pg_terminate_backend(%s, 5000)", [owner.info.backend_pid])
        return execute(*arguments, **options)

    monkeypatch.setattr(owner, "execute", counting)
