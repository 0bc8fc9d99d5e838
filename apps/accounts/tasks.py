"""Mail is sent by a worker, at least once: a mail server that is away costs nobody a page, only time. And sweeping."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from celery import shared_task
from django.conf import settings
from kombu.exceptions import OperationalError

from apps.accounts.finding import companies_of, opened
from apps.accounts.mails import send_changed, send_companies, send_factor_changed, send_reset, send_verify
from apps.accounts.models import User
from apps.accounts.sweeping import sweep_sessions
from apps.core.errors import ExternalUnavailable, SealBroken
from apps.tenancy.tasks import CompanyTask, OperatorTask, for_each_company

EXPIRES = 1800  # seconds: a mail later than that surprises more than it helps
AGAIN: dict[str, Any] = {"autoretry_for": (OSError,), "retry_backoff": 5, "retry_backoff_max": 300, "max_retries": 6}


@shared_task(base=CompanyTask, name="accounts.mail_reset", **AGAIN)
def mail_reset(person_id: str) -> None:
    """The link to set a new password, if the id is somebody's here."""
    person = User.objects.active().filter(pk=person_id).first()
    if person is not None and settings.MAIL.sends:
        send_reset(person)


@shared_task(base=CompanyTask, name="accounts.mail_changed", **AGAIN)
def mail_changed(person_id: str) -> None:
    """Word that the password was changed."""
    person = User.objects.active().filter(pk=person_id).first()
    if person is not None and settings.MAIL.sends:
        send_changed(person)


@shared_task(base=CompanyTask, name="accounts.mail_factor", **AGAIN)
def mail_factor(person_id: str) -> None:
    """Word that the second factor was set up, changed or taken away."""
    person = User.objects.active().filter(pk=person_id).first()
    if person is not None and settings.MAIL.sends:
        send_factor_changed(person)


@shared_task(base=CompanyTask, name="accounts.mail_verify", **AGAIN)
def mail_verify(person_id: str) -> None:
    """The link that proves the address the person has by now, unless it is proven."""
    person = User.objects.active().filter(pk=person_id, email_verified_at=None).first()
    if person is not None and settings.MAIL.sends:
        send_verify(person)


@shared_task(base=OperatorTask, name="accounts.mail_companies", **AGAIN)
def mail_companies(sealed: str) -> None:
    """The companies of a sealed address, if there are any. What we did not seal is dropped."""
    with suppress(SealBroken):
        address = opened(sealed)
        accounts = companies_of(address) if settings.MAIL.sends else []
        if accounts:
            send_companies(address, accounts)


@shared_task(base=OperatorTask, name="accounts.sweep_sessions")
def sweep() -> None:
    """Every company's turn to lose what is over."""
    for_each_company(sweep_sessions)


def hand_over(task: Any, *arguments: str) -> None:
    """Give a mail to the workers. Raises ExternalUnavailable while the queue takes nothing."""
    try:
        task.apply_async(list(arguments), expires=EXPIRES)
    except OperationalError as exc:
        raise ExternalUnavailable("The queue did not answer.", code="queue_unavailable") from exc


def tell_factor_changed(person: User) -> None:
    """A mail about it, unless the queue takes nothing: the change is made, the word about it is a courtesy."""
    with suppress(ExternalUnavailable):
        hand_over(mail_factor, str(person.pk))
