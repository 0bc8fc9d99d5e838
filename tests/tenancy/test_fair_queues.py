"""One company's flood does not keep another waiting: one message a look, turns of seconds, slots of what is asked."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from redis import Redis

from apps.core.errors import NoCompany, RateLimited
from apps.ingest import tasks
from apps.ingest.models import Outbox
from apps.ingest.outbox import owe
from apps.tenancy import looks, slots
from apps.tenancy.cacheserver import CacheServer
from apps.tenancy.context import bind_company
from apps.tenancy.slots import Slots
from config.celery import app
from tests.isolation.companies import companies

FLOOD = 10_000
QUEUES = ("interactive", "sync", "index")


@pytest.fixture
def broker():
    """The broker with empty queues, and nobody's looks noted."""
    own = Redis.from_url(settings.BROKER_URL)
    cache = Redis.from_url(settings.REDIS_URL)

    def empty():
        for queue in QUEUES:
            own.delete(f"deskhand:{queue}")
        for key in cache.scan_iter("t:*tenancy.looks*"):
            cache.delete(key)

    empty()
    yield lambda queue: own.llen(f"deskhand:{queue}")
    empty()


def test_ten_thousand_looks_of_a_company_are_one_message_and_another_company_has_its_own(acme, globex, broker):
    with bind_company(acme.binding()):
        for _ in range(FLOOD // 10):
            tasks.index_owed.apply_async(["index_ticket"], expires=60)
        tasks.index_owed.apply_async(["index_article"], expires=60)
    with bind_company(globex.binding()):
        tasks.index_owed.apply_async(["index_ticket"], expires=60)
    assert broker("index") == 3


def test_a_look_that_has_begun_no_longer_stands_for_what_comes_after_it(acme, broker):
    with bind_company(acme.binding()):
        assert looks.announce("acme", "t", ["a"], {}, 60)
        assert not looks.announce("acme", "t", ["a"], {}, 60)
        assert looks.announce("acme", "t", ["b"], {}, 60)
        looks.begin("acme", "t", ["a"], {})
        assert looks.announce("acme", "t", ["a"], {}, 60)


@pytest.mark.alone  # a life of 0.2 s is looked at in time
def test_a_message_that_may_be_lost_stands_for_others_no_longer_than_it_lives(broker):
    assert looks.announce("acme", "t", [], {}, 0.2)
    assert not looks.announce("acme", "t", [], {}, 0.2)
    time.sleep(0.25)
    assert looks.announce("acme", "t", [], {}, 0.2)


def test_what_could_not_be_sent_is_not_thought_to_wait(acme, broker, monkeypatch):
    def away(*arguments, **options):
        raise ConnectionError

    with bind_company(acme.binding()), monkeypatch.context() as patch:
        patch.setattr(app, "send_task", away)
        patch.setattr("celery.app.task.Task.apply_async", away)
        with pytest.raises(ConnectionError):
            tasks.read_owed.apply_async(["thread"], expires=60)
    with bind_company(acme.binding()):
        tasks.read_owed.apply_async(["thread"], expires=60)
    assert broker("sync") == 1


def test_without_the_cache_server_looks_are_sent_and_slots_held_by_each_process(acme, broker, monkeypatch):
    nobody = CacheServer("redis://127.0.0.1:1/0")
    monkeypatch.setattr(looks, "server", lambda: nobody)
    monkeypatch.setattr(slots, "server", lambda: nobody)
    two = Slots("tests.away", most=2, seconds=5)
    with bind_company(acme.binding()):
        assert looks.announce("acme", "t", [], {}, 60) and looks.announce("acme", "t", [], {}, 60)
        with two.held(), two.held(), pytest.raises(RateLimited), two.held():
            pass
        with two.held():
            pass


def test_a_company_holds_no_more_slots_than_there_are_and_takes_none_of_another(acme, globex):
    three = Slots("tests.three", most=3, seconds=5)
    with bind_company(acme.binding()), ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(three.held())
        with pytest.raises(RateLimited) as refused, three.held():
            pass
        assert refused.value.retry_after > 0
    with bind_company(globex.binding()), three.held():
        pass
    with bind_company(acme.binding()), ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(three.held())  # all were given back
    with pytest.raises(NoCompany), three.held():
        pass


@pytest.mark.alone  # a life of 0.4 s is looked at in time
def test_slots_are_counted_over_all_processes_and_those_of_the_dead_end(acme, monkeypatch):
    one = Slots("tests.one", most=1, seconds=0.4)
    with bind_company(acme.binding()):
        held = one.held()
        held.__enter__()
        monkeypatch.setattr(slots, "_own", type(slots._own)())  # another process: it knows only what the server says
        with pytest.raises(RateLimited), one.held():
            pass
        time.sleep(0.45)
        with one.held():
            pass


def test_the_ninth_question_at_a_time_is_told_when_to_come_back(acme, client_of, token_of):
    from apps.assistant.services import ASKING

    browser = client_of(acme, "agent")
    bearer = {"authorization": f"Bearer {token_of(acme)}", "host": "acme.localhost"}
    with bind_company(acme.binding()), ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(ASKING.held())
        page = browser.post("/ask/", {"question": "How long do EU orders take?"})
        api = browser.post("/api/v1/ask/", {"question": "How long?"}, "application/json", headers=bearer)
    assert (page.status_code, api.status_code) == (429, 429)
    assert page["Retry-After"] == "2" and int(api["Retry-After"]) >= 2
    assert "How long do EU orders take?" in page.content.decode()
    assert api.json()["code"] == "too_many_at_once"


@pytest.mark.verify
def test_a_task_of_one_company_is_done_while_ten_thousand_of_another_wait(
    django_db_setup, django_db_blocker, superuser_url, broker
):
    """A real worker of two processes; the order of things tells, not a clock."""
    with django_db_blocker.unblock(), companies(superuser_url, "flood", "single") as (flood, single):
        with bind_company(flood.binding()):
            owe(Outbox.Kind.INDEX_ARTICLE, [uuid4() for _ in range(FLOOD)])
            owe(Outbox.Kind.INDEX_TICKET, [uuid4() for _ in range(FLOOD)])
            for number in range(FLOOD):
                tasks.index_owed.apply_async([("index_article", "index_ticket")[number % 2]], expires=60)
        command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--loglevel", "ERROR", "--without-gossip"]
        command += ["--without-mingle", "--concurrency", "2", "--queues", ",".join(QUEUES)]
        environment = {name: value for name, value in os.environ.items() if name != "MIGRATE_DATABASE_URL"}
        worker = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: owed(superuser_url, "flood") < 2 * FLOOD, 60)  # it is at work on the flood
            with bind_company(single.binding()):
                owe(Outbox.Kind.INDEX_TICKET, [uuid4()])
                tasks.index_owed.apply_async(["index_ticket"], expires=60)
            began = time.monotonic()
            wait_until(lambda: owed(superuser_url, "single") == 0, 60)
            waited, left = time.monotonic() - began, owed(superuser_url, "flood")
        finally:
            worker.terminate()
            worker.wait(30)
        sys.stderr.write(f"the single task was done after {waited:.1f} s, {left} of the flood were left\n")
        assert left > 0
        assert waited < 30


def owed(url, company):
    with psycopg.connect(url) as admin:
        return admin.execute(f"SELECT count(*) FROM c_{company}.ingest_outbox").fetchone()[0]


def wait_until(true, seconds):
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        threading.Event().wait(0.1)
