"""The operators' company and one to visit, really there: a visit only reads, so nothing may be rolled back around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from queue import Empty
from typing import Any

import pytest

from tests.isolation.companies import companies, drop


@dataclass(frozen=True)
class Halls:
    operators: Any
    visited: Any
    other: Any


@pytest.fixture(scope="module")
def halls(django_db_setup: None, django_db_blocker: Any, superuser_url: str) -> Iterator[Halls]:
    """Operator Olga and admin Ada are there; `visited` has the case of the earbud."""
    from apps.accounts.models import User
    from apps.tenancy.context import bind_company
    from tests.accounts.people import operator_company
    from tests.mirror import charging_case

    with django_db_blocker.unblock():
        drop(superuser_url, "operator")
        with companies(superuser_url, "visited", "bystander") as (visited, other):
            operators = operator_company()
            with bind_company(operators.binding()):
                User.objects.make(email="olga@operator.example", name="Olga Ops", role="operator", language="de")
            for company in (visited, other):
                with bind_company(company.binding()):
                    User.objects.make(email="ada@visited.example", name="Ada Admin", role="admin")
            with bind_company(visited.binding()):
                charging_case()
            try:
                yield Halls(operators, visited, other)
            finally:
                drop(superuser_url, "operator")


@pytest.fixture
def standing_halls(halls: Halls, django_db_blocker: Any) -> Iterator[Halls]:
    """The halls without accesses, and an empty queue."""
    from apps.console.models import CompanyFigures, SupportAccess, SupportRequest
    from apps.tenancy.context import bind_company

    with django_db_blocker.unblock():
        _drain(run=False)
        for company in (halls.operators, halls.visited, halls.other):
            with bind_company(company.binding()):
                for model in (CompanyFigures, SupportAccess, SupportRequest):
                    model.objects.all().delete()
        yield halls


@pytest.fixture
def deliver() -> Callable[[], int]:
    """deliver() runs what waits in the real queue, message by message, as a worker would. Returns how many."""
    return lambda: _drain(run=True)


def _drain(*, run: bool) -> int:
    from apps.tenancy.tasks import HEADER
    from config.celery import app

    count = 0
    with app.connection_for_read() as connection, connection.SimpleQueue("interactive") as queue:
        while True:
            try:
                message = queue.get(block=False)
            except Empty:
                return count
            message.ack()
            name = message.headers["task"]
            if not run or not name.startswith("console."):
                continue
            task, (args, kwargs, _embed) = app.tasks[name], message.payload
            task.push_request(headers={HEADER: message.headers.get(HEADER)})
            try:
                task(*args, **kwargs)
            finally:
                task.pop_request()
            count += 1
