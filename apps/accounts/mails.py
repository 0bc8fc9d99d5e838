"""The mails people get about their access: plain text, in their language, with links to the company's own host only."""

from __future__ import annotations

from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Any

from django.conf import settings
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


def refused_for_good(error: OSError) -> bool:
    """Whether the mail server takes this mail at no time: no such mailbox, not this content. All else may pass."""
    if isinstance(error, SMTPRecipientsRefused):
        return all(code >= 500 for code, _said in error.recipients.values())
    return isinstance(error, SMTPDataError) and error.smtp_code >= 500


def write_to(person: User, *, subject: str, template: str, context: dict[str, Any], number: str = "") -> None:
    """One mail to a person of the bound company, in the language that is active. `number`: the same for the same mail, so
    that a mailbox may know a repetition. Raises OSError."""
    company_id = current_company().company_id
    name = Company.objects.values_list("name", flat=True).get(company_id=company_id)
    headers = {"Message-ID": f"<{number}@{company_id}.{settings.BASE_DOMAIN}>"} if number else {}
    post(person.email, subject, template, context | {"email": person.email, "company": name}, headers)


def post(
    address: str, subject: str, template: str, context: dict[str, Any], headers: dict[str, str] | None = None
) -> None:
    """One mail. Raises OSError (smtplib's errors are that too)."""
    text = render_to_string(template, context).strip() + "\n"
    EmailMessage(subject, text, to=[address], headers={"Auto-Submitted": "auto-generated"} | (headers or {})).send()


def _send(person: User, subject: str, template: str, context: dict[str, Any]) -> None:
    write_to(person, subject=subject, template=template, context=context)
