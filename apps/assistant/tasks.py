"""Celery's side of the assistant."""

from __future__ import annotations

from celery import shared_task

from apps.assistant.briefing import renew_after_first_sync
from apps.tenancy.tasks import OperatorTask, for_each_company


@shared_task(base=OperatorTask, name="assistant.brief_renew")
def brief_renew() -> None:
    """Every company: are briefs older than the knowledge they should rest on?"""
    for_each_company(renew_after_first_sync)
