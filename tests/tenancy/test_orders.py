"""Orders about companies: who may give and see them, what becomes of them, who holds the login that does them."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid

import orjson
import psycopg
import pytest
from celery import Celery
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import Error, connection, transaction
from django.test import Client

from apps.core.chain import pseudonym
from apps.core.errors import BadInput, Conflict, ExternalUnavailable, NotFound
from apps.core.models import AuditEvent
from apps.tenancy import checks, lifecycle, orders
from apps.tenancy.context import bind_company
from apps.tenancy.models import Company, Order
from apps.tenancy.registry import company_at, company_named, forget_hosts, is_open
from tests.accounts.people import operator_company
from tests.isolation.companies import companies, drop

STARTS = """
import sys
from importlib import import_module
try:
    import_module(sys.argv[1])
    print("served")
except Exception as exc:
    print(exc)
"""


@pytest.fixture
def committed(django_db_setup, django_db_blocker, superuser_url):
    """What these tests write stays, so they take it away."""
    with django_db_blocker.unblock():
        forget_hosts()
        operator_company()
        yield
        with psycopg.connect(superuser_url) as admin:
            admin.execute("DELETE FROM public.tenancy_order")


@pytest.fixture
def east(committed, superuser_url):
    with companies(superuser_url, "east") as (one,):
        yield one


def state(order: Order) -> tuple[str, str]:
    found = orders.find_order(order.pk)
    return found.state, found.code


def audited(order: Order) -> list[tuple[str, dict]]:
    with bind_company(orders.operators()):
        return list(AuditEvent.objects.filter(subject=f"order:{order.pk}").values_list("event", "facts"))


def status_of(company_id: str) -> str:
    return Company.objects.get(company_id=company_id).status


def test_an_order_opens_a_company_once_and_is_audited_once(committed, superuser_url):
    drop(superuser_url, "fresh")
    try:
        who = f"user:{uuid.uuid4()}"
        order = orders.ask_open(company_id="fresh", name="Fresh Start", language="de", asked_by=who)
        assert (order.state, company_named("fresh")) == ("asked", None)
        assert orders.ask_open(company_id="fresh").pk == order.pk  # asked twice, done once
        lifecycle.work_off()
        lifecycle.work_off()
        assert state(order) == ("done", "")
        known = company_at("fresh.localhost")
        assert (known.company_id, known.language, known.status) == ("fresh", "de", "active")
        assert audited(order) == [("company_opened", {"company_id": "fresh"})]
        assert orders.find_order(order.pk).facts == {}  # what it knew of people is gone
        with pytest.raises(Conflict):
            orders.ask_open(company_id="fresh")
    finally:
        drop(superuser_url, "fresh")


def test_bad_orders_are_refused_and_leave_no_row(east):
    for ask, error in [
        (lambda: orders.ask_open(company_id="Not Good"), BadInput),
        (lambda: orders.ask_open(company_id="operator"), BadInput),
        (lambda: orders.ask_open(company_id="east"), Conflict),
        (lambda: orders.ask_suspend(company_id="nowhere"), NotFound),
        (lambda: orders.ask_suspend(company_id="operator"), BadInput),
        (lambda: orders.ask_resume(company_id="east"), Conflict),
        (lambda: orders.ask_close(company_id="east", confirm="west"), BadInput),
        (lambda: orders.ask_close(company_id="operator", confirm="operator"), BadInput),
    ]:
        with pytest.raises(error):
            ask()
    assert orders.newest_orders() == []


def test_a_company_has_one_open_order(east):
    order = orders.ask_suspend(company_id="east")
    with pytest.raises(Conflict) as refused:
        orders.ask_close(company_id="east", confirm="east")
    assert refused.value.code == "company_busy"
    assert [one.pk for one in orders.newest_orders()] == [order.pk]


def test_no_company_but_the_operators_sees_or_gives_orders(east, superuser_url):
    order = orders.ask_suspend(company_id="east")
    with bind_company(east.binding()):
        assert list(Order.objects.all()) == []
        with pytest.raises(Error, match="row-level security"):
            Order.objects.create(kind="close", company_id="acme")
    assert list(Order.objects.all()) == []  # nor who is bound to none
    with bind_company(orders.operators()):
        for change in ("UPDATE public.tenancy_order SET state = 'done'", "DELETE FROM public.tenancy_order"):
            with pytest.raises(Error, match="permission denied"), connection.cursor() as cursor:
                cursor.execute(change)
        with pytest.raises(Error, match="row-level security"), transaction.atomic():
            Order.objects.create(kind="close", company_id="acme", state="running", steps=["closed"])
    assert state(order) == ("asked", "")


def test_suspended_people_are_told_and_kept_out_and_resumed_ones_come_back(east):
    browser = Client(headers={"host": "east.localhost"})
    assert browser.get("/sign-in/").status_code == 200
    first = orders.ask_suspend(company_id="east")
    lifecycle.work_off()
    page, answer = browser.get("/sign-in/"), browser.get("/api/v1/tickets/")
    assert (page.status_code, answer.status_code, answer.json()["code"]) == (403, 403, "company_suspended")
    assert "Company suspended" in page.content.decode()
    with bind_company(east.binding()):
        assert not is_open()
    with pytest.raises(CommandError, match="suspended"):
        call_command("sync", "east", json=True)
    second = orders.ask_resume(company_id="east")
    lifecycle.work_off()
    assert browser.get("/sign-in/").status_code == 200
    assert [audited(one)[0][0] for one in (first, second)] == ["company_suspended", "company_resumed"]


def test_its_own_audit_log_tells_who_suspended_it_and_a_broken_one_holds_nothing_up(east, superuser_url):
    who = f"user:{uuid.uuid4()}"
    first = orders.ask_suspend(company_id="east", asked_by=who)
    lifecycle.work_off()
    with bind_company(east.binding()):
        (entry,) = AuditEvent.objects.all()
        assert (entry.event, entry.subject) == ("company_suspended", f"order:{first.pk}")
        assert entry.principal == pseudonym(who.replace("user:", "operator:"), "east")
    with psycopg.connect(superuser_url) as admin:
        admin.execute("ALTER TABLE c_east.core_auditevent RENAME TO away")
    second = orders.ask_resume(company_id="east")
    lifecycle.work_off()
    found = orders.find_order(second.pk)
    assert (found.state, found.code, found.steps, status_of("east")) == ("running", "ProgrammingError", ["resumed"], "active")
    with psycopg.connect(superuser_url) as admin:
        admin.execute("UPDATE public.tenancy_order SET attempts = %s, next_at = now()", [lifecycle.TELL_ATTEMPTS])
    lifecycle.work_off()
    assert state(second)[0] == "done"


def test_the_commands_say_what_became_of_it(east, capsys):
    call_command("suspend_company", "east", json=True)
    told = orjson.loads(capsys.readouterr().out)
    assert (told["state"], status_of("east")) == ("done", "suspended")
    with pytest.raises(CommandError, match="company_suspended"):
        call_command("suspend_company", "east", json=True)
    call_command("resume_company", "east", json=True)
    assert status_of("east") == "active"


def test_an_order_that_cannot_be_done_fails_with_its_code(east):
    order = orders.ask_suspend(company_id="east")
    with lifecycle.owner_connection() as owner:
        owner.execute("UPDATE public.tenancy_company SET status = 'suspended' WHERE company_id = 'east'")
    lifecycle.work_off()
    assert state(order) == ("failed", "company_state")


@pytest.mark.parametrize(("error", "code"), [
    (ExternalUnavailable("away"), "external_unavailable"), (psycopg.errors.LockNotAvailable("busy"), "55P03"),
    (OSError("full"), "OSError"), (lifecycle.NotYet("tasks_running", 3.0), "tasks_running"),
])  # fmt: skip
def test_what_may_work_later_is_put_off_and_nothing_of_the_step_stays(east, monkeypatch, error, code):
    def breaks(owner, order):
        owner.execute("UPDATE public.tenancy_company SET name = 'half' WHERE company_id = 'east'")
        raise error

    monkeypatch.setitem(lifecycle._plans, "suspend", (lifecycle.Step("suspended", breaks),))
    order = orders.ask_suspend(company_id="east")
    assert 0 < lifecycle.work_off() <= lifecycle.LONGEST_WAIT
    assert (*state(order), Company.objects.get(company_id="east").name) == ("running", code, "East")
    lifecycle.work_off()
    assert orders.find_order(order.pk).attempts == 1, "it is not due yet"


def test_an_order_somebody_works_on_is_left_to_him(east):
    order = orders.ask_suspend(company_id="east")
    with lifecycle.owner_connection() as other:
        other.execute("SELECT pg_advisory_lock(hashtext('deskhand.order'), hashtext(%s))", [str(order.pk)])
        lifecycle.work_off()
        assert state(order) == ("asked", "")
    lifecycle.work_off()
    assert state(order) == ("done", "")


@pytest.mark.parametrize("entry", ["config.wsgi", "config.asgi"])
def test_what_serves_does_not_start_with_the_migrating_login(committed, entry):
    def start(**environment):
        done = subprocess.run([sys.executable, "-c", STARTS, entry], capture_output=True, text=True, env=environment)
        return done.stdout

    assert "tenancy.E010" in start(**os.environ)
    assert start(**{name: value for name, value in os.environ.items() if name != "MIGRATE_DATABASE_URL"}) == "served\n"


def test_a_worker_serves_with_the_login_that_fits_its_queue(settings):
    sets = {"serving": {"interactive", "sync"}, "all": {"interactive", "provision"}, "provision": {"provision"}}
    starts = set()
    for provisions in (False, True):
        for url in ("", "postgresql://x"):
            for name, queues in sets.items():
                settings.PROVISIONS, settings.MIGRATE_DATABASE_URL = provisions, url
                try:
                    checks.refuse_wrong_worker(queues)
                    starts.add((provisions, bool(url), name))
                except ImproperlyConfigured:
                    pass
    assert starts == {(False, False, "serving"), (True, True, "provision")}


def test_the_clock_and_the_worker_ask_before_they_start(committed):
    import config.celery

    app = Celery("probe", set_as_current=False)
    app.amqp.queues.select(["provision"])
    with pytest.raises(SystemExit, match="E010"):
        config.celery.look_before_beating()
    with pytest.raises(SystemExit, match="E010"):
        config.celery.warm_before_forking(type("Sender", (), {"app": app}))
