"""Celery's side: the operators ask each company, each company answers for itself. Nobody reads across."""

from __future__ import annotations

from typing import Any

import structlog
from celery import shared_task
from django.db import transaction
from django.db.models.signals import post_save
from kombu.exceptions import OperationalError

from apps.accounts.models import User
from apps.console.figures import count_company, keep_figures
from apps.console.support import (
    arrive,
    companies_entered,
    end_gone,
    gone_accesses,
    hear_accesses,
    told_accesses,
    waiting_requests,
)
from apps.tenancy.context import bind_company, current_binding
from apps.tenancy.names import OPERATOR_COMPANY
from apps.tenancy.registry import all_companies, company_named
from apps.tenancy.tasks import CrossingTask, OperatorTask

log = structlog.get_logger("deskhand.console")
Message = dict[str, Any]


@shared_task(base=OperatorTask, name="console.ask_companies")
def ask_companies() -> None:
    """Every few minutes: each company tells its figures, and hears requests that got lost."""
    operators = company_named(OPERATOR_COMPANY)
    if operators is None:
        return  # nobody has opened it: nobody asks
    with bind_company(operators.binding()):
        for company in all_companies():
            if company.company_id != OPERATOR_COMPANY:
                ask_company(company.company_id)


def ask_company(company_id: str) -> bool:
    """From the operators' company: tell what is asked and who is gone, ask for figures. False: the queue is away."""
    news = {"requests": waiting_requests(company_id), "gone": gone_accesses(company_id)}
    return _send(answer_operators, company_id, **news)


def tell_operators(*, figures: bool = False) -> bool:
    """From a company: tell what became of the accesses. False: the queue is away, the next asking will bring it."""
    if company_named(OPERATOR_COMPANY) is None:
        return False
    counted = {"figures": count_company()} if figures else {}
    return _send(hear_company, OPERATOR_COMPANY, accesses=told_accesses(), **counted)


@shared_task(base=CrossingTask, name="console.answer_operators")
def answer_operators(sender: str, message: Message) -> None:
    """In a company: keep what support asks for, end the visits of who is gone, tell the figures."""
    arrive(message["requests"])
    end_gone(message.get("gone", ()))  # a message of an older release has none
    tell_operators(figures=True)


@shared_task(base=CrossingTask, name="console.hear_company")
def hear_company(sender: str, message: Message) -> None:
    """In the operators' company: what a company told. `sender` is signed, so it speaks for itself only."""
    if "figures" in message:
        keep_figures(sender, message["figures"])
    hear_accesses(sender, message["accesses"])


def watch_operators() -> None:
    """Called once, when the apps are ready: an operator who is switched off is out of every company."""
    post_save.connect(_operator_saved, sender=User, dispatch_uid="deskhand.console.operator_saved")


def _operator_saved(sender: Any, instance: User, **kwargs: Any) -> None:
    bound = current_binding()
    if bound is not None and bound.company_id == OPERATOR_COMPANY and not instance.is_active:
        transaction.on_commit(lambda: [ask_company(one) for one in companies_entered(instance)])


def _send(task: CrossingTask, company_id: str, **message: object) -> bool:
    try:
        task.send_to(company_id, **message)
    except OperationalError:
        log.warning("work_put_off", kind="console", code="queue_away", count=1)
        return False
    return True
