"""A suspension is seen by processes that have just read the registry: none serves the company five seconds later."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time
from types import SimpleNamespace

import orjson
import psycopg
import pytest

from apps.tenancy import lifecycle, orders, registry
from apps.tenancy.registry import KEEP_SECONDS, forget_hosts
from tests.accounts.people import operator_company
from tests.isolation.companies import companies

SERVES = """
import sys, time
import django; django.setup()
import orjson
from django.test import Client
from apps.tenancy import registry
browser, last = Client(headers={"host": "seen.localhost"}), None
def say(**facts):
    sys.stdout.write(orjson.dumps(facts).decode() + "\\n"); sys.stdout.flush()
assert browser.get("/sign-in/").status_code == 200
registry.forget_hosts()
while True:
    began = time.monotonic()
    if browser.get("/sign-in/").status_code != 200:
        break
    if last is None:
        say(ready=True)
    last = began
    time.sleep(0.005)
say(last_served=last, first_refused=began)
"""


@pytest.fixture
def seen(django_db_setup, django_db_blocker, superuser_url):
    with django_db_blocker.unblock():
        forget_hosts()
        operator_company()
        with companies(superuser_url, "seen") as (one,):
            yield one
        with psycopg.connect(superuser_url) as admin:
            admin.execute("DELETE FROM public.tenancy_order")


def do(ask) -> None:
    order = ask(company_id="seen")
    lifecycle.work_off()
    assert orders.find_order(order.pk).state == "done"


def another_registry(now: list[float]) -> SimpleNamespace:
    """The module once more, as another process has it: what it keeps is its own, and so is its clock."""
    spec = importlib.util.spec_from_file_location("another_registry", registry.__file__)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    module.time = SimpleNamespace(monotonic=lambda: now[0])
    return module


def test_another_process_serves_it_for_five_seconds_at_most_and_comes_back_as_soon(seen):
    now = [100.0]
    other = another_registry(now)
    for ask, before, after in ((orders.ask_suspend, "active", "suspended"), (orders.ask_resume, "suspended", "active")):
        assert other.company_named("seen").status == before
        do(ask)
        assert registry.company_named("seen").status == after, "here at once"
        now[0] += KEEP_SECONDS - 0.01
        assert other.company_at("seen.localhost").status == before
        now[0] += 0.01
        assert other.company_at("seen.localhost").status == after


def test_what_is_changed_while_it_reads_is_not_kept_longer(seen, monkeypatch):
    """The five seconds run from before the reading: a slow read does not add to them."""
    now = [100.0]
    other = another_registry(now)
    read = other._known

    def slow(company):
        now[0] += 2.0
        return read(company)

    monkeypatch.setattr(other, "_known", slow)
    assert other.company_named("seen").status == "active"
    do(orders.ask_suspend)
    monkeypatch.setattr(other, "_known", read)
    now[0] = 100.0 + KEEP_SECONDS
    assert other.company_named("seen").status == "suspended"


@pytest.mark.verify
def test_a_real_second_process_begins_no_request_of_it_after_five_seconds(seen):
    """Measured twice: suspended just after it had read the registry (the longest), and in the middle."""
    found = []
    for wait in (0.0, KEEP_SECONDS / 2):
        with subprocess.Popen([sys.executable, "-c", SERVES], stdout=subprocess.PIPE) as server:
            assert orjson.loads(server.stdout.readline()) == {"ready": True}
            time.sleep(wait)
            do(orders.ask_suspend)
            suspended = time.monotonic()
            told = orjson.loads(server.stdout.readline())
        found.append(round(told["last_served"] - suspended, 2))
        do(orders.ask_resume)
    sys.stderr.write(f"served for {found} s after it was suspended\n")
    assert found[1] < found[0] <= KEEP_SECONDS
