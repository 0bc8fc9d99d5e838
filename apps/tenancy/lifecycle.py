"""The provisioning worker's side of orders: claim one, do its steps, remember each. Cut anywhere, it goes on there.

Every step is safe to repeat. A step of the database and the note that it is done are one transaction; another kind of
step runs first and is noted then. While somebody works on an order he holds an advisory lock, which PostgreSQL takes
from him when he dies.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import structlog
from django.conf import settings
from django.db import DatabaseError
from psycopg.types.json import Jsonb

from apps.core.audit import record
from apps.core.errors import AppError
from apps.core.models import AuditEvent
from apps.tenancy.context import bind_company
from apps.tenancy.models import Company, Order
from apps.tenancy.orders import operators
from apps.tenancy.provisioning import build_company, kept_connection, owner_connection, put_status
from apps.tenancy.registry import company_named, forget_hosts
from apps.tenancy.standby import keep

log = structlog.get_logger("deskhand.lifecycle")
LONGEST_WAIT = 60  # seconds between two attempts
TELL_ATTEMPTS = 5  # to write into a company's own audit log: a broken schema must not hold up the next order

_DUE = """
SELECT id FROM public.tenancy_order WHERE state IN ('asked', 'running') AND next_at <= now() AND (%(id)s::uuid IS NULL OR id = %(id)s)
ORDER BY asked_at, id
"""
_LOCK = "SELECT pg_try_advisory_lock(hashtext('deskhand.order'), hashtext(%s))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtext('deskhand.order'), hashtext(%s))"
# A worker that dies over an order finds it put off: one that kills whoever touches it must not keep the others waiting.
_CLAIM = """
UPDATE public.tenancy_order SET state = 'running', attempts = attempts + 1,
  next_at = now() + least(2 ^ least(attempts, 10), %s) * interval '1 second'
WHERE id = %s AND state IN ('asked', 'running') AND next_at <= now()
RETURNING id, kind, company_id, facts, steps, attempts, asked_by
"""
_SOONEST = """
SELECT extract(epoch FROM min(next_at) - now())::float FROM public.tenancy_order WHERE state IN ('asked', 'running')
"""


class NotYet(Exception):  # noqa: N818 - not an error: something else must happen first
    """A step has to wait; `seconds` until it is worth another look."""

    def __init__(self, code: str, seconds: float) -> None:
        super().__init__(code)
        self.code = code
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Claimed:
    """An order that is ours until we die or let it go."""

    id: UUID
    kind: str
    company_id: str
    facts: dict[str, Any]
    steps: list[str]
    attempts: int
    asked_by: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do. `apart`: not the database's alone, so it is noted after it is done and may run twice."""

    name: str
    run: Callable[[psycopg.Connection, Claimed], None]
    apart: bool = False


_plans: dict[str, tuple[Step, ...]] = {}


def plan(kind: Order.Kind, *steps: Step) -> None:
    """Say once what an order of this kind consists of."""
    _plans[kind] = steps


def provide() -> None:
    """The provisioning worker's look: orders first; when none is due, one standby company after the other.

    Raises as work_off() does.
    """
    with kept_connection() as owner:
        _work_off(owner)
        while keep(owner, settings.STANDBY_COMPANIES):
            _work_off(owner)


def work_off(order_id: UUID | None = None) -> float | None:
    """Do what is due (or the one order), then return the seconds until something is due again; None: nothing is open.

    Raises BadInput in a process without the migrating login, psycopg.OperationalError while PostgreSQL is away.
    """
    with owner_connection() as owner:
        owner.autocommit = True
        return _work_off(owner, order_id)


def _work_off(owner: psycopg.Connection, order_id: UUID | None = None) -> float | None:
    for (due,) in owner.execute(_DUE, {"id": order_id}).fetchall():
        _work(owner, due)
    row = owner.execute(_SOONEST).fetchone()
    return None if row is None or row[0] is None else max(0.0, row[0])


def _work(owner: psycopg.Connection, order_id: UUID) -> None:
    """One order, unless another works on it or it is no longer due."""
    name = str(order_id)
    if not owner.execute(_LOCK, [name]).fetchone()[0]:  # type: ignore[index]
        return
    try:
        row = owner.execute(_CLAIM, [LONGEST_WAIT, order_id]).fetchone()
        if row is not None:
            _do(owner, Claimed(*row))
    finally:
        if not owner.closed:
            owner.execute(_UNLOCK, [name])


def _do(owner: psycopg.Connection, order: Claimed) -> None:
    try:
        for step in _plans[order.kind]:
            if step.name not in order.steps:
                _take(owner, order, step)
    except NotYet as exc:
        _put_off(owner, order, exc.code, exc.seconds)
    except AppError as exc:
        if exc.retryable:
            _put_off(owner, order, exc.code)
        else:
            _finish(owner, order, "failed", exc.code)
    except (psycopg.Error, DatabaseError, OSError) as exc:
        if owner.closed:
            raise
        _put_off(owner, order, getattr(exc, "sqlstate", None) or type(exc).__name__)
    except Exception as exc:
        _put_off(owner, order, type(exc).__name__)
        raise
    else:
        _finish(owner, order, "done", "")


def _take(owner: psycopg.Connection, order: Claimed, step: Step) -> None:
    if step.apart:
        step.run(owner, order)
        _note_step(owner, order, step)
        return
    with owner.transaction():
        step.run(owner, order)
        _note_step(owner, order, step)


def _note_step(owner: psycopg.Connection, order: Claimed, step: Step) -> None:
    order.steps.append(step.name)
    owner.execute("UPDATE public.tenancy_order SET steps = %s WHERE id = %s", [Jsonb(order.steps), order.id])


def _put_off(owner: psycopg.Connection, order: Claimed, code: str, seconds: float | None = None) -> None:
    wait = min(2.0 ** min(order.attempts, 10), LONGEST_WAIT) if seconds is None else seconds
    owner.execute(
        "UPDATE public.tenancy_order SET code = %s, next_at = now() + %s * interval '1 second' WHERE id = %s",
        [code[:60], wait, order.id],
    )
    log.info("order_put_off", kind=order.kind, company_id=order.company_id, code=code)


def _finish(owner: psycopg.Connection, order: Claimed, state: str, code: str) -> None:
    """The end of an order, without what it knew of people."""
    owner.execute(
        "UPDATE public.tenancy_order SET state = %s, code = %s, facts = '{}', finished_at = now() WHERE id = %s",
        [state, code[:60], order.id],
    )
    log.info("order_ended", kind=order.kind, company_id=order.company_id, outcome=state, code=code)


def _note(owner: psycopg.Connection, order: Claimed) -> None:
    """Tell the operators' audit log, once, whoever repeats it. Without their company the log line stays."""
    forget_hosts()
    home = company_named(operators().company_id)
    if home is None:
        return
    with bind_company(home.binding()):
        subject = f"order:{order.id}"
        if not AuditEvent.objects.filter(subject=subject).exists():
            _record(order, {"principal": order.asked_by, "subject": subject, "company_id": order.company_id})


def _record(order: Claimed, facts: dict[str, str]) -> None:
    match order.kind:
        case Order.Kind.OPEN:
            record("company_opened", **facts)
        case Order.Kind.SUSPEND:
            record("company_suspended", **facts)
        case Order.Kind.RESUME:
            record("company_resumed", **facts)
        case Order.Kind.CLOSE:
            record("company_closed", **facts)


def _tell(owner: psycopg.Connection, order: Claimed) -> None:
    """Tell the company's own audit log, once. One that cannot be written to keeps the order open for a while only."""
    forget_hosts()
    known = company_named(order.company_id)
    if known is None:
        return
    subject, principal = f"order:{order.id}", order.asked_by.replace("user:", "operator:", 1)
    try:
        with bind_company(known.binding()):
            if AuditEvent.objects.filter(subject=subject).exists():
                return
            if order.kind == Order.Kind.SUSPEND:
                record("company_suspended", principal=principal, subject=subject)
            else:
                record("company_resumed", principal=principal, subject=subject)
    except DatabaseError:
        if order.attempts < TELL_ATTEMPTS:
            raise
        log.warning("company_untold", kind=order.kind, company_id=order.company_id)


def _open(owner: psycopg.Connection, order: Claimed) -> None:
    build_company(owner, order.company_id, **order.facts)


def _suspend(owner: psycopg.Connection, order: Claimed) -> None:
    put_status(owner, order.company_id, Company.Status.SUSPENDED, only_from=[Company.Status.ACTIVE])


def _resume(owner: psycopg.Connection, order: Claimed) -> None:
    put_status(owner, order.company_id, Company.Status.ACTIVE, only_from=[Company.Status.SUSPENDED])


NOTED = Step("noted", _note, apart=True)
plan(Order.Kind.OPEN, Step("opened", _open), NOTED)
TOLD = Step("told", _tell, apart=True)
plan(Order.Kind.SUSPEND, Step("suspended", _suspend), TOLD, NOTED)
plan(Order.Kind.RESUME, Step("resumed", _resume), TOLD, NOTED)
