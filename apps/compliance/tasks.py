"""Celery's side of proving."""

from __future__ import annotations

import time

import structlog
from celery import shared_task

from apps.compliance.heads import enabled, keep_head
from apps.tenancy.tasks import OperatorTask, for_each_company

log = structlog.get_logger("deskhand.compliance")


@shared_task(base=OperatorTask, name="compliance.keep_heads")
def keep_heads() -> None:
    """Every company's head into the second store, once an hour."""
    if not enabled():
        log.warning("audit_heads_off")
        return
    began = time.monotonic()
    kept: list[bool] = []
    for_each_company(lambda: kept.append(_keep()), suspended=True)
    log.info("audit_heads_written", count=sum(kept), seconds=round(time.monotonic() - began, 3))


def _keep() -> bool:
    try:
        return keep_head()
    except OSError as exc:
        log.error("audit_head_failed", code=str(exc.errno))
        return False
