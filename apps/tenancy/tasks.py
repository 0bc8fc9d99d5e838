"""Background work that knows its company: a signed envelope out, a binding in, refusal without one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import structlog
from celery import Task, shared_task
from celery.contrib.django.task import DjangoTask
from celery.exceptions import Ignore, Reject, Retry, SoftTimeLimitExceeded
from django.core import signing
from django.db import close_old_connections
from kombu.exceptions import OperationalError

from apps.core.errors import NoCompany
from apps.core.events import Scope
from apps.tenancy.context import bind_company, current_company
from apps.tenancy.lifecycle import work_off
from apps.tenancy.models import Company
from apps.tenancy.registry import all_companies, company_named

HEADER = "deskhand"
SALT = "deskhand.task"
log = structlog.get_logger("deskhand.tasks")


class TaskForgery(RuntimeError):
    """A task arrived with an envelope we did not sign, or signed for another task."""


def sign_envelope(task: str, *, deadline: float | None = None) -> str:
    """The envelope of a message for the bound company. `deadline` is unix seconds."""
    bound = current_company()
    return signing.dumps(
        {
            "task": task,
            "company_id": bound.company_id,
            "region": bound.region,
            "principal": bound.principal,
            "deadline": deadline,
            "sent_at": time.time(),
        },
        salt=SALT,
    )


def open_envelope(task: str, envelope: str | None) -> dict[str, Any]:
    """What was signed. Raises NoCompany without an envelope, TaskForgery for a wrong one."""
    if not envelope:
        raise NoCompany(f"{task} was sent without a company")
    try:
        facts: dict[str, Any] = signing.loads(envelope, salt=SALT)
    except signing.BadSignature as exc:
        raise TaskForgery(f"{task}: envelope is not ours") from exc
    if facts["task"] != task:
        raise TaskForgery(f"{task}: envelope of {facts['task']}")
    return facts


class CompanyTask(DjangoTask):  # type: ignore[misc]
    """Carries the bound company from the sender to the worker. Refuses to be sent or run without one."""

    abstract = True
    scope = Scope.COMPANY
    acks_late = True
    reject_on_worker_lost = True

    def apply_async(self, args: Any = None, kwargs: Any = None, headers: Any = None, **options: Any) -> Any:
        # Name the company now: by the time anything is on its way another may be bound.
        headers = {HEADER: sign_envelope(self.name)} | (headers or {})
        return super().apply_async(args, kwargs, headers=headers, **options)

    def apply_async_on_commit(self, args: Any = None, kwargs: Any = None, headers: Any = None, **options: Any) -> Any:
        headers = {HEADER: sign_envelope(self.name)} | (headers or {})
        return super().apply_async_on_commit(args, kwargs, headers=headers, **options)

    def delay_on_commit(self, *args: Any, **kwargs: Any) -> Any:
        return self.apply_async_on_commit(args, kwargs)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        facts = open_envelope(self.name, self._envelope())
        company = company_named(facts["company_id"])
        if company is None or company.status != Company.Status.ACTIVE:
            log.warning("task_dropped", task=self.name, reason="company_not_active")
            return None
        if facts["deadline"] is not None and time.time() > facts["deadline"]:
            log.info("task_dropped", task=self.name, reason="deadline_passed")
            return None
        try:
            with bind_company(company.binding(claimed=facts["company_id"], principal=facts["principal"])):
                return self._told(*args, **kwargs)
        finally:
            close_old_connections()

    def _told(self, *args: Any, **kwargs: Any) -> Any:
        """Celery tells of a failure after the company is unbound: its line would not say whose it was."""
        try:
            return super().__call__(*args, **kwargs)
        except (Retry, Ignore, Reject):
            raise
        except Exception:
            log.exception("task_failed", task=self.name)
            raise

    def _envelope(self) -> str | None:
        headers = self.request.headers or {}
        found: str | None = headers.get(HEADER) or self.request.get(HEADER)
        return found


class OperatorTask(Task):  # type: ignore[misc]
    """Work of the installation itself: may read the registry, is bound to no company."""

    abstract = True
    scope = Scope.OPERATOR
    acks_late = True


def for_each_company(work: Callable[[], object]) -> int:
    """Do it bound to every active company. One that fails is told of and keeps no other from it; how many failed."""
    failed = 0
    for company in all_companies():
        try:
            with bind_company(company.binding()):
                work()
        except (SoftTimeLimitExceeded, OperationalError):  # our time is over, or the queue is away: the same for all
            raise
        except Exception as exc:
            failed += 1
            log.exception("company_failed", company_id=company.company_id, code=type(exc).__name__)
    return failed


@shared_task(base=OperatorTask, name="tenancy.provision_due", soft_time_limit=570, time_limit=600)
def provision_due() -> None:
    """The provisioning worker's look at the orders. Beat sends it every few seconds."""
    work_off()


def hurry_orders() -> None:
    """Have the provisioning worker look now. Without a queue it looks when beat says so."""
    try:
        provision_due.apply_async(expires=60, retry=False)
    except OperationalError:
        log.info("orders_wait")
