"""Celery's side of proving."""

from __future__ import annotations

import time

import structlog
from celery import shared_task

from apps.compliance.heads import enabled, keep_head
from apps.tenancy.context import bind_company
from apps.tenancy.models import Company
from apps.tenancy.registry import all_companies
from apps.tenancy.tasks import OperatorTask

log = structlog.get_logger("deskhand.compliance")


@shared_task(base=OperatorTask, name="compliance.keep_heads")
def keep_heads() -> None:
    """Every company's head into the second store, once an hour."""
    if not enabled():
        log.warning("audit_heads_off")
        return
    began, count = time.monotonic(), 0
    for company in [*all_companies(), *all_companies(status=Company.Status.SUSPENDED)]:
        with bind_company(company.binding()):
            count += _keep()
    log.info("audit_heads_written", count=count, seconds=round(time.monotonic() - began, 3))


def _keep() -> bool:
    try:
        return keep_head()
    except OSError as exc:
        log.error("audit_head_failed", code=str(exc.errno))
        return False
