"""PostgreSQL and Valkey from wheels: start, restart warm, survive a kill."""

from __future__ import annotations

import psycopg
import redis

from embedded.postgres import SUPERUSER, Postgres
from embedded.roles import DATABASE, ensure_roles
from embedded.valkey import Valkey


def test_postgres_keeps_committed_rows_through_a_kill_in_a_path_with_a_space(tmp_path):
    data = tmp_path / "a folder" / "postgres"
    first = Postgres(data).start()
    ensure_roles(first)
    with psycopg.connect(first.dsn(SUPERUSER, DATABASE)) as connection:
        connection.execute("CREATE TABLE public.kept (n int); INSERT INTO public.kept VALUES (7)")
    first.process.kill()
    first.process.wait()
    second = Postgres(data).start()
    try:
        ensure_roles(second)
        with psycopg.connect(second.dsn(SUPERUSER, DATABASE)) as connection:
            assert connection.execute("SELECT n FROM public.kept").fetchone() == (7,)
        with psycopg.connect(second.dsn("deskhand_app", DATABASE)) as connection:
            assert connection.execute("SHOW search_path").fetchone() == ("pg_catalog",)
    finally:
        second.stop()


def test_valkey_keeps_what_it_was_given_through_a_stop(tmp_path):
    first = Valkey(tmp_path / "valkey").start()
    redis.Redis.from_url(first.url).set("key", "value")
    first.stop()
    second = Valkey(tmp_path / "valkey").start()
    try:
        assert redis.Redis.from_url(second.url).get("key") == b"value"
    finally:
        second.stop()
