"""A company is closed: nothing of it is left in any store, on disk neither; its id is nobody's again; others stay whole."""

from __future__ import annotations

import base64
import json
import secrets
import time
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import redis
from django.conf import settings as configured
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from psycopg import sql

from apps.compliance.heads import read_store
from apps.core.audit import record
from apps.core.errors import Conflict, ExternalUnavailable
from apps.ingest.tasks import index_owed
from apps.search.index import DENSE_SIZE, Point, Sparse, ensure_collection, open_index
from apps.tenancy import closing, lifecycle, orders, queues
from apps.tenancy.cache import declare
from apps.tenancy.context import bind_company
from apps.tenancy.models import Company
from apps.tenancy.provisioning import create_company, owner_connection
from apps.tenancy.registry import company_at, forget_hosts
from tests import engines
from tests.accounts.people import operator_company
from tests.isolation.companies import companies, plant
from tests.running_site import wait_until

NOTES = declare("closing.notes", seconds=600, most=10)
TEXTS = """
SELECT c.relname, a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE n.nspname = %s AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> 'company_id'
  AND (a.atttypid = 'text'::regtype OR (a.atttypid = 'varchar'::regtype AND a.atttypmod - 4 >= 40))
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c' AND a.attnum = ANY (k.conkey))
  AND c.relname NOT IN ('django_migrations', 'django_content_type', 'auth_permission')
"""


@pytest.fixture
def committed(django_db_setup, django_db_blocker, superuser_url, monkeypatch, settings, tmp_path):
    settings.AUDIT_HEADS_DIR = str(tmp_path / "heads")
    monkeypatch.setattr(closing, "SETTLE_SECONDS", 0.0)
    with django_db_blocker.unblock():
        forget_hosts()
        operator_company()
        yield
        with psycopg.connect(superuser_url) as admin:
            admin.execute("DELETE FROM public.tenancy_order")


@pytest.fixture
def pair(committed, superuser_url):
    """The company to close and the one that must not notice."""
    with companies(superuser_url, "leaving", "staying") as found:
        yield found
        redis.Redis.from_url(configured.BROKER_URL).flushdb()


def plant_everywhere(company: Company, mark: str, superuser_url: str) -> None:
    """The mark in every text column of every table, in statistics, vectors, cached values and the queue."""
    plant(superuser_url, company.company_id)
    with psycopg.connect(superuser_url) as admin:
        admin.execute("SET session_replication_role = replica")
        for table, column in admin.execute(TEXTS, [company.schema_name]).fetchall():
            place = sql.Identifier(company.schema_name, table)
            admin.execute(sql.SQL("UPDATE {} SET {} = %s").format(place, sql.Identifier(column)), [mark])
        admin.execute(
            sql.SQL(
                "INSERT INTO {0} SELECT (jsonb_populate_record(m, jsonb_build_object('id', gen_random_uuid(),"
                " 'remote_id', n::text))).* FROM {0} m, generate_series(1, 300) n"
            ).format(sql.Identifier(company.schema_name, "platforms_message"))
        )
        admin.execute(f"ANALYZE {company.schema_name}.platforms_message")
        admin.execute("UPDATE public.tenancy_company SET name = %s WHERE id = %s", [mark, company.pk])
        found = admin.execute("SELECT count(*) FROM pg_stats WHERE most_common_vals::text LIKE %s", [f"%{mark}%"]).fetchone()
        assert found[0] > 0, "the mark is not in the statistics, so they prove nothing"
    ensure_collection()
    with bind_company(company.binding()):
        payload = {"kind": "message", "visibility": "public", "mark": mark}
        open_index().put([Point(uuid4(), [1.0] + [0.0] * (DENSE_SIZE - 1), Sparse([7], [1.0]), payload)])
        NOTES.put("note", value=mark)
        cache.set(f"page-{mark}", mark, 600)
        index_owed.apply_async([mark])


def files_with(mark: str) -> list[str]:
    """Files of any engine with eight characters of it in a row: payloads are packed, which may split a mark."""
    pieces = [mark[start : start + 8].encode() for start in range(len(mark) - 7)]
    found = []
    for path in Path(engines.folder.name).rglob("*"):
        try:
            content = path.read_bytes() if path.is_file() else b""
        except OSError:  # gone meanwhile
            continue
        if any(piece in content for piece in pieces):
            found.append(str(path.relative_to(engines.folder.name)))
    return found


def keys_with(mark: str) -> list[bytes]:
    """Keys whose name or value holds the mark, in every database; a message's body is packed in base64."""
    found = []
    pieces = [mark.encode(), *(base64.b64encode(b"-" * shift + mark.encode())[4:-4] for shift in range(3))]
    for number in range(16):
        server = redis.Redis.from_url(f"{engines.valkey.url}/{number}")
        for key in server.scan_iter(count=1000):
            held = key + b"".join(server.lrange(key, 0, -1) if server.type(key) == b"list" else [server.dump(key) or b""])
            if any(piece in held for piece in pieces):
                found.append(key)
    return found


def age_the_log(superuser_url: str) -> None:
    """What hours do by themselves: the write-ahead log goes on to new files, and the old ones go."""
    with psycopg.connect(superuser_url, autocommit=True) as admin:
        admin.execute("SELECT pg_switch_wal()")
        admin.execute("CHECKPOINT")
        admin.execute("CHECKPOINT")


def close(company_id: str) -> orders.Order:
    order = orders.ask_close(company_id=company_id, confirm=company_id)
    wait_until(lambda: lifecycle.work_off() is None, "the order is at its end", 30)
    return orders.find_order(order.pk)


def test_nothing_of_it_is_left_in_any_store_nor_in_any_file(pair, superuser_url):
    leaving, staying = pair
    theirs, ours = secrets.token_hex(12), secrets.token_hex(12)
    plant_everywhere(leaving, theirs, superuser_url)
    plant_everywhere(staying, ours, superuser_url)
    assert {"postgres", "vectors", "valkey"} <= {name.split("/")[0] for name in files_with(theirs)}
    assert len(keys_with(theirs)) >= 3, "a cached value, a page, a message"

    order = close("leaving")
    assert (order.state, order.code, order.facts) == ("done", "", {})

    age_the_log(superuser_url)
    wait_until(lambda: files_with(theirs) == [], "no file holds anything of it", 20, step=0.5)
    assert keys_with(theirs) == []
    with psycopg.connect(superuser_url) as admin:
        assert admin.execute("SELECT count(*) FROM pg_namespace WHERE nspname = 'c_leaving'").fetchone() == (0,)
    assert [len(keys_with(ours)) >= 3, bool(files_with(ours))] == [True, True]
    with bind_company(staying.binding()):
        assert (open_index().count(), NOTES.get("note"), cache.get(f"page-{ours}")) == (1, ours, ours)


def test_its_people_are_told_and_its_id_is_nobody_s_again(pair, superuser_url):
    with owner_connection() as owner:
        owner.execute(
            "INSERT INTO public.tenancy_domain (domain, tenant_id, is_primary, verified_at)"
            " SELECT 'desk.leaving.example', id, false, now() FROM public.tenancy_company WHERE company_id = 'leaving'"
        )
    forget_hosts()
    assert company_at("desk.leaving.example") is not None
    close("leaving")
    browser = Client(headers={"host": "leaving.localhost"})
    page, answer = browser.get("/sign-in/"), browser.get("/api/v1/tickets/")
    assert (page.status_code, answer.status_code, answer.json()["code"]) == (410, 410, "company_closed")
    assert company_at("desk.leaving.example") is None
    left = Company.objects.get(company_id="leaving")
    assert (left.name, left.status, left.closed_at is not None) == ("", "closed", True)
    for again in (lambda: create_company(company_id="leaving", name="x"), lambda: orders.ask_open(company_id="leaving")):
        with pytest.raises(Conflict):
            again()
    with pytest.raises(CommandError, match="company_closed"):
        call_command("close_company", "leaving", confirm="leaving", json=True)


def test_the_last_head_of_its_audit_log_stays(pair):
    leaving, _ = pair
    with bind_company(leaving.binding()):
        record("signed_in", mode="password")
    close("leaving")
    with bind_company(leaving.binding()):
        store = read_store()
    assert (store.last.seq, store.broken) == (1, [])


def test_it_waits_for_running_tasks_but_not_for_dead_ones(pair, monkeypatch):
    leaving, staying = pair
    queue = redis.Redis.from_url(configured.BROKER_URL)
    for company in (leaving, staying):
        with bind_company(company.binding()):
            index_owed.apply_async(["x"])
    for raw in queue.lrange("deskhand:index", 0, -1):  # a worker takes both
        queue.hset(queues.TAKEN, str(uuid4()), json.dumps([json.loads(raw), "index", "index"]))
    queue.delete("deskhand:index")
    order = orders.ask_close(company_id="leaving", confirm="leaving")
    lifecycle.work_off()
    found = orders.find_order(order.pk)
    assert (found.state, found.code, found.steps) == ("running", "tasks_running", ["shut"])
    assert Client(headers={"host": "leaving.localhost"}).get("/sign-in/").status_code == 410, "nobody gets in meanwhile"
    monkeypatch.setattr(closing, "LONGEST_TASK", 0.0)
    wait_until(lambda: lifecycle.work_off() is None, "the order is at its end", 30)
    assert orders.find_order(order.pk).state == "done"
    assert queues.running_messages("leaving") == 0
    assert queues.running_messages("staying") == 1


def test_who_still_reads_is_waited_for(pair, superuser_url):
    with psycopg.connect(superuser_url) as reader:
        reader.execute("SELECT count(*) FROM c_leaving.accounts_user")
        order = orders.ask_close(company_id="leaving", confirm="leaving")
        lifecycle.work_off()
        found = orders.find_order(order.pk)
        assert (found.state, found.code, found.steps[-1]) == ("running", "55P03", "parted")
    wait_until(lambda: lifecycle.work_off() is None, "the order is at its end", 30)
    assert orders.find_order(order.pk).state == "done"


def test_a_store_that_is_away_is_waited_for_and_nothing_is_thought_gone(pair, settings):
    where = settings.BROKER_URL
    settings.BROKER_URL = "redis://127.0.0.1:1/0"
    with pytest.raises(ExternalUnavailable):
        queues.drop_messages("leaving")
    order = orders.ask_close(company_id="leaving", confirm="leaving")
    lifecycle.work_off()
    assert orders.find_order(order.pk).code == "queue_unavailable"
    settings.BROKER_URL = where
    wait_until(lambda: lifecycle.work_off() is None, "the order is at its end", 30)
    assert orders.find_order(order.pk).state == "done"


def test_the_command_waits_for_the_registry_to_be_read_everywhere(pair, monkeypatch, capsys):
    monkeypatch.setattr(closing, "SETTLE_SECONDS", 1.0)
    with pytest.raises(CommandError, match="confirmation_missing"):
        call_command("close_company", "leaving", confirm="staying", json=True)
    began = time.monotonic()
    call_command("close_company", "leaving", confirm="leaving", json=True)
    assert time.monotonic() - began >= 1.0
    assert json.loads(capsys.readouterr().out)["state"] == "done"
