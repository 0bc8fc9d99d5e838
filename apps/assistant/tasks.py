"""Celery's side of the assistant."""

from __future__ import annotations

from celery import shared_task

from apps.assistant.briefing import renew_after_first_sync
from apps.tenancy.context import bind_company
from apps.tenancy.registry import all_companies
from apps.tenancy.tasks import OperatorTask


@shared_task(base=OperatorTask, name="assistant.brief_renew")
def brief_renew() -> None:
    """Every company: are briefs older than the knowledge they should rest on?"""
    for company in all_companies():
        with bind_company(company.binding()):
            renew_after_first_sync()
