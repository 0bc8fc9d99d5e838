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

from apps.core.errors import Forbidden, NoCompany, NotFound
from apps.core.events import Scope
from apps.tenancy import looks
from apps.tenancy.context import Binding, CompanySwitch, bind_company, current_company
from apps.tenancy.lifecycle import provide
from apps.tenancy.models import Company
from apps.tenancy.names import OPERATOR_COMPANY
from apps.tenancy.registry import all_companies, company_named

HEADER = "deskhand"
SALT = "deskhand.task"
CROSSING_SECONDS = 600.0  # news from company to company is asked for again anyway
log = structlog.get_logger("deskhand.tasks")


class TaskForgery(RuntimeError):
    """A task arrived with an envelope we did not sign, or signed for another task."""


def sign_envelope(task: str, *, deadline: float | None = None) -> str:
    """The envelope of a message for the bound company. `deadline` is unix seconds. Forbidden to who may only read."""
    bound = current_company()
    if bound.read_only:
        raise Forbidden("A visit of support sends no work.", code="read_only")
    return _sign(task, bound, deadline)


def _sign(task: str, to: Binding, deadline: float | None, **more: Any) -> str:
    facts = {"task": task, "company_id": to.company_id, "region": to.region, "principal": to.principal}
    return signing.dumps(facts | {"deadline": deadline, "sent_at": time.time()} | more, salt=SALT)


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
    look = False  # its message says no more than "look": while one waits no other is sent (looks.py)

    def apply_async(self, args: Any = None, kwargs: Any = None, headers: Any = None, **options: Any) -> Any:
        """Send; None when the task is a look and one like it is waiting already."""
        # Name the company now: by the time anything is on its way another may be bound.
        headers = {HEADER: sign_envelope(self.name)} | (headers or {})
        if not self.look:
            return super().apply_async(args, kwargs, headers=headers, **options)
        company_id = current_company().company_id
        if not looks.announce(company_id, self.name, args or (), kwargs or {}, options.get("expires") or looks.SECONDS):
            return None
        try:
            return super().apply_async(args, kwargs, headers=headers, **options)
        except Exception:
            looks.begin(company_id, self.name, args or (), kwargs or {})  # none waits
            raise

    def apply_async_on_commit(self, args: Any = None, kwargs: Any = None, headers: Any = None, **options: Any) -> Any:
        headers = {HEADER: sign_envelope(self.name)} | (headers or {})
        return super().apply_async_on_commit(args, kwargs, headers=headers, **options)

    def delay_on_commit(self, *args: Any, **kwargs: Any) -> Any:
        return self.apply_async_on_commit(args, kwargs)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        facts = open_envelope(self.name, self._envelope())
        if self.look:
            looks.begin(facts["company_id"], self.name, args, kwargs)
        company = company_named(facts["company_id"])
        if company is None or company.status != Company.Status.ACTIVE:
            log.warning("task_dropped", task=self.name, reason="company_not_active")
            return None
        if facts["deadline"] is not None and time.time() > facts["deadline"]:
            log.info("task_dropped", task=self.name, reason="deadline_passed")
            return None
        try:
            with bind_company(company.binding(claimed=facts["company_id"], principal=facts["principal"])):
                return self._told(facts, args, kwargs)
        finally:
            close_old_connections()

    def _told(self, facts: dict[str, Any], args: Any, kwargs: Any) -> Any:
        """Celery tells of a failure after the company is unbound: its line would not say whose it was."""
        try:
            return self._perform(facts, args, kwargs)
        except (Retry, Ignore, Reject):
            raise
        except Exception:
            log.exception("task_failed", task=self.name)
            raise

    def _perform(self, facts: dict[str, Any], args: Any, kwargs: Any) -> Any:
        return super().__call__(*args, **kwargs)

    def _envelope(self) -> str | None:
        headers = self.request.headers or {}
        found: str | None = headers.get(HEADER) or self.request.get(HEADER)
        return found


class CrossingTask(CompanyTask):
    """News between the operators' company and another one: signed in one, run in the other, bound to one at a time.

    The only way from company to company. The message travels inside the envelope, so that its words are signed together
    with both names; the task is called with (sender, message) and must be safe to repeat.
    """

    abstract = True
    typing = False  # its arguments are made of the envelope, in the worker

    def send_to(self, company_id: str, **message: Any) -> None:
        """Send to that company. Raises CompanySwitch unless one of the two ends is the operators', NotFound."""
        sender = current_company()
        if (sender.company_id == OPERATOR_COMPANY) == (company_id == OPERATOR_COMPANY):
            raise CompanySwitch(f"{sender.company_id} has no news for {company_id}")
        if sender.read_only:
            raise Forbidden("A visit of support sends no work.", code="read_only")
        known = company_named(company_id)
        if known is None:
            raise NotFound(f"There is no company {company_id!r}.", code="company_unknown")
        envelope = _sign(
            self.name, known.binding(), time.time() + CROSSING_SECONDS, sender=sender.company_id, message=message
        )
        self.apply_async(headers={HEADER: envelope}, expires=CROSSING_SECONDS)

    def _perform(self, facts: dict[str, Any], args: Any, kwargs: Any) -> Any:
        ends = (facts.get("sender"), facts["company_id"])
        if args or kwargs or "message" not in facts or ends.count(OPERATOR_COMPANY) != 1:
            raise TaskForgery(f"{self.name}: not sent from company to company")
        return super()._perform(facts, (facts["sender"], facts["message"]), {})


class OperatorTask(Task):  # type: ignore[misc]
    """Work of the installation itself: may read the registry, is bound to no company."""

    abstract = True
    scope = Scope.OPERATOR
    acks_late = True


def for_each_company(work: Callable[[], object], *, suspended: bool = False) -> int:
    """Do it bound to every active company, and to suspended ones where said so; how many failed.

    One that fails is told of in the log and keeps no other from it.
    """
    failed = 0
    for company in [*all_companies(), *(all_companies(status=Company.Status.SUSPENDED) if suspended else [])]:
        try:
            with bind_company(company.binding()):
                work()
        except (SoftTimeLimitExceeded, OperationalError):  # our time is over, or the queue is away: the same for all
            raise
        except Exception as exc:
            failed += 1
            log.exception("company_failed", company_id=company.company_id, code=type(exc).__name__)
    return failed


@shared_task(base=OperatorTask, name="tenancy.provision_due", soft_time_limit=270, time_limit=300)
def provision_due() -> None:
    """The provisioning worker's look at the orders and its standby companies. Beat sends it every few seconds."""
    provide()


def hurry_orders() -> None:
    """Have the provisioning worker look now. Without a queue it looks when beat says so."""
    try:
        provision_due.apply_async(expires=60, retry=False)
    except OperationalError:
        log.info("orders_wait")
