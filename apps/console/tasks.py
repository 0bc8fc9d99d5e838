"""Celery's side: the operators ask each company, each company answers for itself. Nobody reads across."""

from __future__ import annotations

from typing import Any

import structlog
from celery import shared_task
from kombu.exceptions import OperationalError

from apps.console.figures import count_company, keep_figures
from apps.console.support import arrive, hear_accesses, told_accesses, waiting_requests
from apps.tenancy.context import bind_company
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
    """From the operators' company: tell the open requests and ask for figures. False: the queue is away."""
    return _send(answer_operators, company_id, requests=waiting_requests(company_id))


def tell_operators(*, figures: bool = False) -> bool:
    """From a company: tell what became of the accesses. False: the queue is away, the next asking will bring it."""
    if company_named(OPERATOR_COMPANY) is None:
        return False
    counted = {"figures": count_company()} if figures else {}
    return _send(hear_company, OPERATOR_COMPANY, accesses=told_accesses(), **counted)


@shared_task(base=CrossingTask, name="console.answer_operators")
def answer_operators(sender: str, message: Message) -> None:
    """In a company: keep what support asks for, tell the figures."""
    arrive(message["requests"])
    tell_operators(figures=True)


@shared_task(base=CrossingTask, name="console.hear_company")
def hear_company(sender: str, message: Message) -> None:
    """In the operators' company: what a company told. `sender` is signed, so it speaks for itself only."""
    if "figures" in message:
        keep_figures(sender, message["figures"])
    hear_accesses(sender, message["accesses"])


def _send(task: CrossingTask, company_id: str, **message: object) -> bool:
    try:
        task.send_to(company_id, **message)
    except OperationalError:
        log.warning("work_put_off", kind="console", code="queue_away", count=1)
        return False
    return True
