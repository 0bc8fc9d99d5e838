"""Every leak that was measured on the stock stack: shown there, and absent here (tenancy.md, first section)."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import psycopg
import pytest
from django.core.cache import cache
from django.db import ProgrammingError, connection, connections
from django.test import Client

from apps.accounts.models import User
from apps.accounts.reach import ALL_TICKETS
from apps.core.errors import BadInput, NoCompany
from apps.tenancy.cache import make_key
from apps.tenancy.checks import wall_errors
from apps.tenancy.context import bind_company, current_binding
from apps.tenancy.names import check_company_id
from tests import engines
from tests.isolation.pgbouncer import ABSENT, pgbouncer, program
from tests.isolation.stock.run import in_turns

ROOT = Path(__file__).resolve().parents[2]
EARLY: list[Any] = []
BIND = "SET LOCAL search_path TO c_north, pg_temp; SET LOCAL app.company_id TO 'north'"


def run_stock(url: str, *names: str) -> dict[str, Any]:
    environment = dict(os.environ) | {"STOCK_DATABASE_URL": url, "STOCK_CACHE_URL": f"{engines.valkey.url}/5"}
    command = [sys.executable, "-m", "tests.isolation.stock.run", *names]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = orjson.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def stock_url() -> Any:
    """A database and a login such as the documentation of django-tenants makes them."""
    with psycopg.connect(engines.postgres.dsn("postgres", "postgres"), autocommit=True) as admin:
        admin.execute("CREATE ROLE stock LOGIN")
        admin.execute("CREATE DATABASE stock OWNER stock")
        try:
            yield engines.postgres.dsn("stock", "stock")
        finally:
            admin.execute("DROP DATABASE stock WITH (FORCE)")
            admin.execute("DROP ROLE stock")


@pytest.fixture(scope="module")
def stock(stock_url: str) -> dict[str, Any]:
    return run_stock(stock_url)


@pytest.fixture
def outside(db: None) -> Any:
    """A connection outside any transaction, as the next request would get it from the pool."""
    other = connections.create_connection("default")
    yield other
    other.close()


def early(get_response: Any) -> Any:
    def middleware(request: Any) -> Any:
        EARLY.append(current_binding())
        return get_response(request)

    return middleware


def who() -> list[str]:
    return sorted(set(User.objects.values_list("company_id", flat=True)))


def apart(act: Any) -> Any:
    """In a thread that was handed nothing."""

    def run() -> Any:
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


def test_e1_whoever_looks_before_the_edge_sees_nobody(stock, standing, db, settings):
    assert stock["E1"] == {"seen": ["public", "ta"], "afterwards": "tb"}
    from tests.isolation import test_leaks  # the name the middleware is loaded by

    settings.MIDDLEWARE = ["tests.isolation.test_leaks.early", *settings.MIDDLEWARE]
    for name in ("north", "south"):
        Client(headers={"host": f"{name}.localhost"}).get("/sign-in/")
    assert test_leaks.EARLY == [None, None]
    assert current_binding() is None


def test_e2_the_cache_of_a_loop_is_the_company_s(stock, standing):
    assert stock["E2"][1] == {"tenant": "tb", "schema": "public", "cached": "secret of ta"}

    async def ask(company: Any) -> Any:
        with bind_company(company.binding()):
            found = cache.get("leak")
            cache.set("leak", company.company_id, 60)
            await asyncio.sleep(0)
            return found, cache.get("leak")

    async def both() -> Any:
        return await asyncio.gather(*[ask(company) for company in standing])

    assert asyncio.run(both()) == [(None, company.company_id) for company in standing]
    for company in standing:
        with bind_company(company.binding()):
            cache.delete("leak")


def test_e3_a_thread_of_a_view_has_nothing(stock, standing, django_db_blocker):
    assert stock["E3"][1] == {"schema": "public", "subjects": ["public"], "cached": "secret of ta"}
    with django_db_blocker.unblock(), bind_company(standing[0].binding()):
        with pytest.raises(NoCompany):
            apart(lambda: cache.get("leak"))
        with pytest.raises(ProgrammingError, match="does not exist"):
            apart(who)


def test_e4_two_threads_step_in_and_out_and_each_is_where_it_was(stock, standing, django_db_blocker):
    assert stock["E4a"] != [["ta"], ["tb"]]
    assert stock["E4b"] != [["ta"], ["tb"]]
    assert stock["E4c"] == ["tb"]  # it came from ta

    def steps(company: Any) -> list[Any]:
        binding = company.binding()
        outer, inner = bind_company(binding), bind_company(binding)

        def read_and_leave() -> list[str]:
            found = who()
            outer.__exit__(None, None, None)
            return found

        return [outer.__enter__, inner.__enter__, lambda: inner.__exit__(None, None, None), read_and_leave]

    def down(depth: int) -> list[str]:
        with bind_company(binding):
            return down(depth - 1) if depth else who()

    with django_db_blocker.unblock():
        assert in_turns(*[steps(company) for company in standing[:2]]) == [["north"], ["south"]]
        binding = standing[0].binding()
        assert down(2) == ["north"]
        shared = bind_company(binding)(who)  # one decorator for two threads
        assert in_turns([shared], [shared]) == [["north"], ["north"]]
        assert current_binding() is None


@pytest.mark.skipif(program() is None, reason=ABSENT)
def test_e5_readers_behind_pgbouncer_stay_apart(stock, stock_url, tmp_path, standing):
    """Ours by the same way: test_paths.py, 10,000 reads."""
    assert stock["E5"] == {"own": 600, "other": 0}  # each with a connection of its own
    with pgbouncer(tmp_path, stock_url, pool=2) as url:
        shared = run_stock(url, "E5")["E5"]
    assert shared["other"] > 50, shared
    with pgbouncer(tmp_path, os.environ["DATABASE_URL"], pool=2) as url:
        clients = [psycopg.connect(url, prepare_threshold=None) for _ in range(4)]
        for number in range(200):
            name = ("north", "south")[number % 2]
            with clients[number % 4].transaction():
                clients[number % 4].execute(BIND.replace("north", name))
                rows = clients[number % 4].execute("SELECT DISTINCT company_id FROM accounts_user").fetchall()
            assert rows == [(name,)]
        for client in clients:
            client.close()


def test_e8_a_table_that_is_missing_is_an_error(stock, standing, outside, superuser_url):
    assert stock["E8"] == ["public"]
    with psycopg.connect(superuser_url, autocommit=True) as admin:
        admin.execute("ALTER TABLE c_west.accounts_apitoken RENAME TO elsewhere")
        try:
            with bind_company(standing[2].binding()), outside.cursor() as cursor:
                with pytest.raises(ProgrammingError, match="does not exist"):
                    cursor.execute("SELECT count(*) FROM accounts_apitoken")
        finally:
            admin.execute("ALTER TABLE c_west.elsewhere RENAME TO accounts_apitoken")


def test_e9_a_cookie_is_good_at_home_only(stock, standing, db, client_of):
    assert stock["E9"] == "secret of ta"
    browser = client_of(standing[0])
    assert browser.get("/").status_code == 200
    assert browser.get("/", headers={"host": "south.localhost"}).status_code == 401


def test_e10_a_task_without_a_company_does_not_get_the_last_one_s(stock, standing, django_db_blocker):
    from apps.ingest.tasks import sync_stream

    assert stock["E10"] == ["ta"]
    with django_db_blocker.unblock():
        with bind_company(standing[0].binding()):
            assert who() == ["north"]
        connection.close()
        with pytest.raises(NoCompany):
            sync_stream.apply(["0198c0de-0000-7000-8000-00000000000a"], throw=True)


def test_e11_names_cannot_meet(stock, standing):
    assert stock["E11"]["valid"] == [True] * 5
    assert len(set(stock["E11"]["keys"])) == 1
    for name in ("public", "information_schema", "a,b", "../x", "t:p"):
        with pytest.raises(BadInput):
            check_company_id(name)
    keys = []
    for company in standing:
        with bind_company(company.binding()):
            keys += [make_key("x", prefix, 1) for prefix in ("", "north", "{south}")]
    assert len(set(keys)) == 9


def test_r2_no_company_is_no_row_before_and_after_a_transaction(stock_url, standing):
    with psycopg.connect(stock_url, autocommit=True) as plain:
        plain.execute("CREATE TABLE walled AS SELECT gen_random_uuid() AS company")
        plain.execute("ALTER TABLE walled ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        plain.execute("CREATE POLICY own ON walled USING (company = current_setting('app.company', true)::uuid)")
        assert plain.execute("SELECT count(*) FROM walled").fetchone() == (0,)
        with plain.transaction():
            plain.execute("SELECT set_config('app.company', gen_random_uuid()::text, true)")
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            plain.execute("SELECT count(*) FROM walled")
        plain.execute("SELECT set_config('app.company', gen_random_uuid()::text, true)")
        assert plain.execute("SELECT current_setting('app.company')").fetchone() == ("",)  # local to nothing
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as ours:
        for _ in range(2):
            assert ours.execute("SELECT count(*) FROM c_north.accounts_user").fetchone() == (0,)
            with ours.transaction():
                ours.execute(BIND)
                assert ours.execute("SELECT count(*) > 0 FROM accounts_user").fetchone() == (True,)


def test_r3_what_runs_with_its_owner_s_rights_is_found_at_start_up(stock_url, standing, superuser_url):
    with psycopg.connect(engines.postgres.dsn("postgres", "stock")) as admin:
        admin.execute("CREATE TABLE rows AS SELECT 1 AS id; ALTER TABLE rows OWNER TO stock")
        admin.execute("ALTER TABLE rows ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        admin.execute("CREATE VIEW seen AS SELECT * FROM rows; GRANT SELECT ON seen TO stock")
        admin.execute("CREATE FUNCTION counted() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM rows'")
        admin.execute("SET ROLE stock")
        found = [admin.execute(text).fetchone() for text in ("SELECT count(*) FROM rows", "SELECT count(*) FROM seen", "SELECT counted()")]
        assert found == [(0,), (1,), (1,)]
        admin.rollback()
    with psycopg.connect(superuser_url) as admin:
        admin.execute("CREATE VIEW c_west.seen AS SELECT * FROM c_west.accounts_user")
        admin.execute("CREATE FUNCTION c_west.counted() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT 1::bigint'")
        codes = {error.id for error in wall_errors(admin.cursor())}
        admin.rollback()
    assert {"tenancy.E004", "tenancy.E007"} <= codes


def test_r4_r5_r6_a_statement_that_names_another_schema_reads_and_writes_nothing(stock, standing):
    assert stock["R4"] == {"read": ["tb"], "written": 1}
    with psycopg.connect(os.environ["DATABASE_URL"]) as login:
        login.execute(BIND)
        injected = "SELECT email FROM accounts_user WHERE false UNION SELECT email FROM c_south.accounts_user"
        assert login.execute(injected).fetchall() == []
        assert login.execute("UPDATE c_south.accounts_user SET name = 'x'").rowcount == 0
        for refused in ("TRUNCATE c_south.accounts_user", "SELECT set_config('role', 'deskhand_owner', true)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), login.transaction():
                login.execute(refused)
        with pytest.raises(psycopg.errors.FeatureNotSupported), login.transaction():
            with login.cursor().copy("COPY c_south.accounts_user (id) FROM STDIN"):
                pass
        login.rollback()


def test_a_temporary_table_left_behind_is_not_read_by_the_next(stock, standing, outside):
    assert stock["temporary"] == ["secret of ta"]
    with bind_company(standing[0].binding()), outside.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE accounts_user AS SELECT 'secret of north'::text AS company_id")
    with bind_company(standing[1].binding()), outside.cursor() as cursor:
        cursor.execute("SELECT DISTINCT company_id FROM accounts_user")
        assert cursor.fetchall() == [("south",)]
        cursor.execute("SELECT company_id FROM pg_temp.accounts_user")
        assert cursor.fetchall() == [("secret of north",)], "it was there to be read"
        cursor.execute("DROP TABLE pg_temp.accounts_user")  # the connection goes back to the pool


def test_who_is_bound_to_nobody_finds_no_temporary_table(standing, outside):
    with bind_company(standing[0].binding()), outside.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE accounts_user AS SELECT 'secret of north'::text AS company_id")
    with outside.connection.cursor() as plain:
        assert plain.execute("SELECT company_id FROM accounts_user").fetchall() == [("secret of north",)], "it is there"
    with pytest.raises(ProgrammingError, match="does not exist"), outside.cursor() as cursor:
        cursor.execute("SELECT company_id FROM accounts_user")


def test_our_temporary_tables_end_with_their_transaction():
    """Who is bound to nobody has no path, and PostgreSQL then looks among temporary tables: none may be left there."""
    made = {}
    for file in (ROOT / "apps").rglob("*.py"):
        for number, line in enumerate(file.read_text().splitlines(), 1):
            if re.search(r"CREATE\s+(TEMP|TEMPORARY)\b", line, re.IGNORECASE):
                made[f"{file.relative_to(ROOT)}:{number}"] = "ON COMMIT DROP" in line
    assert made and all(made.values()), made


@pytest.fixture
def plain_engine() -> Any:
    """A collection such as one makes it by the documentation, with an id and an idf for everybody."""
    from qdrant_client import QdrantClient, models

    from apps.search.index import _client, ensure_collection

    ensure_collection()
    client: QdrantClient = _client()
    words = {"lex": models.SparseVectorParams(modifier=models.Modifier.IDF)}
    client.create_collection("stock", {"use": models.VectorParams(size=4, distance=models.Distance.COSINE)}, words)
    yield client, models
    client.delete_collection("stock")


def plain_point(models: Any, number: int, company: str) -> Any:
    vector = {"use": [1.0, 0.0, 0.0, 0.0], "lex": models.SparseVector(indices=[7], values=[1.0])}
    return models.PointStruct(id=number, vector=vector, payload={"company_id": company})


def our_point(number: int) -> Any:
    from apps.search.index import Point, Sparse, point_id

    payload = {"kind": "article", "visibility": "public"}
    return Point(point_id("leak", UUID(int=number), "article", 0), [1.0] + [0.0] * 511, Sparse([7], [1.0]), payload)


@pytest.fixture
def emptied(standing: list[Any]) -> Any:
    from apps.search.index import erase_company

    yield
    for company in standing:
        with bind_company(company.binding()):
            erase_company()


def test_q1_the_same_ticket_number_is_two_points(plain_engine, standing, emptied):
    from apps.search.index import open_index

    client, models = plain_engine
    for name in ("ta", "tb"):
        client.upsert("stock", [plain_point(models, 101, name)], wait=True)
    assert [one.payload["company_id"] for one in client.scroll("stock", models.Filter(), limit=9)[0]] == ["tb"]  # ta's is gone
    assert client.retrieve("stock", [101])[0].payload["company_id"] == "tb"  # whoever asks
    before = {}
    for company in standing:
        with bind_company(company.binding()):
            before[company.company_id] = open_index().count()
            open_index().put([our_point(101)])
    for company in standing:
        with bind_company(company.binding()):
            assert open_index().count() == before[company.company_id] + 1
            assert len(open_index().closeness([1.0] + [0.0] * 511, [our_point(101).id])) == 1
            foreign = our_point(101).id
    with bind_company(standing[0].binding()):
        assert open_index().closeness([1.0] + [0.0] * 511, [foreign]) == []


def test_the_words_of_one_company_do_not_move_the_scores_of_another(plain_engine, standing, emptied):
    from apps.search.index import Sparse, Wanted, open_index

    client, models = plain_engine
    own = models.Filter(must=[models.FieldCondition(key="company_id", match=models.MatchValue(value="ta"))])

    def plain_score() -> float:
        query = models.SparseVector(indices=[7], values=[1.0])
        return client.query_points("stock", query=query, using="lex", query_filter=own, limit=1).points[0].score

    def our_score() -> float:
        with bind_company(standing[0].binding()):
            return open_index().matching(Sparse([7], [1.0]), Wanted(ALL_TICKETS, kinds=("article",)), 1)[0].score

    client.upsert("stock", [plain_point(models, number, "ta") for number in range(3)], wait=True)
    with bind_company(standing[0].binding()):
        open_index().put([our_point(number) for number in range(3)])
    before = plain_score(), our_score()
    client.upsert("stock", [plain_point(models, number, "tb") for number in range(100, 140)], wait=True)
    with bind_company(standing[1].binding()):
        open_index().put([our_point(number) for number in range(100, 140)])
    assert plain_score() != pytest.approx(before[0], rel=0.01)
    assert our_score() == before[1]
