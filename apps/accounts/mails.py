"""The mails people get about their access: plain text, in their language, with links to the company's own host only."""

from __future__ import annotations

from typing import Any

from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from apps.accounts.finding import Account
from apps.accounts.models import User
from apps.accounts.resets import reset_link
from apps.accounts.verifying import verify_link
from apps.tenancy.addresses import company_url
from apps.tenancy.context import current_company
from apps.tenancy.models import Company


def send_reset(person: User) -> None:
    """The link to set a new password. Raises OSError when the mail server does not take it."""
    with translation.override(person.language):
        _send(person, _("Set a new password"), "mail/reset.txt", {"link": reset_link(person)})


def send_changed(person: User) -> None:
    """Word that the password was changed, for the case that it was somebody else. Raises OSError."""
    with translation.override(person.language):
        link = company_url(current_company().company_id, reverse("accounts:forgot-password"))
        _send(person, _("Your password was changed"), "mail/changed.txt", {"link": link})


def send_factor_changed(person: User) -> None:
    """Word that the second factor was set up, changed or taken away. Raises OSError."""
    with translation.override(person.language):
        link = company_url(current_company().company_id, reverse("accounts:forgot-password"))
        _send(person, _("Your second factor was changed"), "mail/factor.txt", {"link": link})


def send_verify(person: User) -> None:
    """The link that proves an address. Raises OSError."""
    with translation.override(person.language):
        _send(person, _("Verify your email"), "mail/verify.txt", {"link": verify_link(person)})


def send_companies(address: str, accounts: list[Account]) -> None:
    """The companies of an address, in the language of the first. Raises OSError."""
    with translation.override(accounts[0].language):
        listed = [
            {"name": one.name, "link": company_url(one.company_id, reverse("accounts:sign-in"))} for one in accounts
        ]
        post(address, _("Your companies"), "mail/companies.txt", {"accounts": listed})


def post(address: str, subject: str, template: str, context: dict[str, Any]) -> None:
    """One mail. Raises OSError (smtplib's errors are that too)."""
    text = render_to_string(template, context).strip() + "\n"
    EmailMessage(subject, text, to=[address], headers={"Auto-Submitted": "auto-generated"}).send()


def _send(person: User, subject: str, template: str, context: dict[str, Any]) -> None:
    name = Company.objects.values_list("name", flat=True).get(company_id=current_company().company_id)
    post(person.email, subject, template, context | {"email": person.email, "company": name})
