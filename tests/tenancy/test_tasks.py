"""A task runs inside the company its envelope names, or not at all."""

from __future__ import annotations

import time

import psycopg
import pytest

from apps.core.errors import NoCompany
from apps.tenancy.context import bind_company, current_binding
from apps.tenancy.registry import forget_hosts
from apps.tenancy.tasks import HEADER, CompanyTask, TaskForgery, sign_envelope
from config.celery import app as celery

RAN: list[tuple[str, str, str]] = []


class Note(CompanyTask):
    """Registered for each test only: it is no task of the product."""

    name = "tests.note"

    def run(self) -> None:
        bound = current_binding()
        RAN.append((bound.company_id, bound.schema, bound.principal))


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    RAN.clear()
    monkeypatch.setattr("apps.tenancy.tasks.close_old_connections", lambda: None)  # the test's transaction lies in one
    celery.tasks.register(Note())
    yield
    del celery.tasks[Note.name]


def run(envelope: str | None) -> None:
    celery.tasks[Note.name].apply(headers={} if envelope is None else {HEADER: envelope}, throw=True)


def test_it_is_bound_while_it_runs_and_not_afterwards(acme):
    with bind_company(acme.binding(principal="user:1")):
        envelope = sign_envelope("tests.note")
    run(envelope)
    assert RAN == [("acme", "c_acme", "user:1")]
    assert current_binding() is None


def test_one_without_an_envelope_or_with_a_forged_one_does_not_run(acme):
    with bind_company(acme.binding()):
        own, other = sign_envelope("tests.note"), sign_envelope("tests.other")
    for envelope, error in (
        (None, NoCompany),
        ("", NoCompany),
        (own[:-1] + "x", TaskForgery),
        (other, TaskForgery),
        ("x", TaskForgery),
    ):
        with pytest.raises(error):
            run(envelope)
    assert RAN == []


def test_one_after_its_deadline_does_not_run(acme):
    with bind_company(acme.binding()):
        run_in_time, too_late = (sign_envelope("tests.note", deadline=time.time() + seconds) for seconds in (60, -1))
    run(too_late)
    assert RAN == []
    run(run_in_time)
    assert len(RAN) == 1


@pytest.mark.parametrize("status", ["suspended", "closed", "provisioning"])
def test_one_of_a_company_that_is_not_active_is_dropped(acme, superuser_url, status):
    with bind_company(acme.binding()):
        envelope = sign_envelope("tests.note")
    set_status = "UPDATE public.tenancy_company SET status = %s WHERE company_id = 'acme'"
    try:
        with psycopg.connect(superuser_url) as admin:
            admin.execute(set_status, [status])
        forget_hosts()
        run(envelope)
        assert RAN == []
    finally:
        with psycopg.connect(superuser_url) as admin:
            admin.execute(set_status, ["active"])
        forget_hosts()


def test_one_that_fails_leaves_no_company_behind(acme, monkeypatch):
    with bind_company(acme.binding()):
        envelope = sign_envelope("tests.note")
    monkeypatch.setattr(Note, "run", lambda self: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        run(envelope)
    assert current_binding() is None
