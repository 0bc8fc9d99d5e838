"""Whose address is it? Proven by a link that was mailed to it, never by having been typed (docs/decisions/0050)."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.signals import address_settled
from apps.core.audit import record_on_commit
from apps.tenancy.addresses import company_url
from apps.tenancy.context import current_company
from apps.tenancy.limits import declare_rate

MAILED = declare_rate("accounts.verify_mailed", burst=3, seconds=600)  # nobody's mailbox is to be filled


class VerifyTokens(PasswordResetTokenGenerator):
    """Good for one person and address until it is verified, and for settings.PASSWORD_RESET_TIMEOUT seconds."""

    key_salt = "deskhand.verify"

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        seal = (current_company().company_id, user.pk, user.is_active, user.email, user.email_verified_at, timestamp)
        return "\0".join(map(str, seal))


verify_tokens = VerifyTokens()


def verify_link(person: User) -> str:
    """The page at the company's own host where the address is confirmed, by nobody but this person, signed in."""
    return company_url(current_company().company_id, reverse("accounts:email-confirm", args=[verify_tokens.make_token(person)]))


def verify_by_link(*, person: User, token: str) -> bool:
    """Take the address for proven if the link is still good; of two at once one wins."""
    with transaction.atomic():
        locked = User.objects.active().select_for_update().filter(pk=person.pk).first()
        if locked is None or not verify_tokens.check_token(locked, token):
            return False
        note_verified(locked, mode="page")
    return True


def note_verified(person: User, *, mode: str) -> None:
    """The person has followed a link that was mailed to the address they have. In the caller's transaction, row locked."""
    if person.email_verified_at is not None:
        return
    person.email_verified_at = timezone.now()
    person.save(update_fields=["email_verified_at"])
    record_on_commit("email_verified", subject=person.principal, mode=mode)
    address_settled.send(sender=User, person=person)
