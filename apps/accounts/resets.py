"""Setting a new password by mail: who may ask how often, and what a link is worth."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from apps.accounts.models import User
from apps.accounts.session_models import open_for
from apps.accounts.throttle import clean
from apps.accounts.verifying import note_verified
from apps.core.audit import record_sparingly
from apps.core.errors import RateLimited
from apps.core.ids import uuid7
from apps.core.network import network_of
from apps.tenancy.addresses import company_url
from apps.tenancy.context import current_company
from apps.tenancy.limits import declare_rate, take

NETWORK = declare_rate("accounts.reset_network", burst=20, seconds=60)
COMPANY = declare_rate("accounts.reset_company", burst=100, seconds=10)
ADDRESS = declare_rate("accounts.reset_address", burst=3, seconds=600)  # nobody's mailbox is to be filled


class ResetTokens(PasswordResetTokenGenerator):
    """Good once and for settings.PASSWORD_RESET_TIMEOUT seconds: sealed over company, person, password, last sign-in.

    A new password, a sign-in, another address or being switched off ends it.
    """

    key_salt = "deskhand.reset"

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{current_company().company_id}\0{user.is_active}\0{super()._make_hash_value(user, timestamp)}"


reset_tokens = ResetTokens()


def ask_reset(*, address: str, request: HttpRequest) -> UUID:
    """Whom to send a link: somebody's id, or one that is nobody's and costs the caller the same.

    Raises RateLimited when this network or the company has asked too often. An address that was asked for too often
    gets nobody's id: the answer must be the same, and so must the mailbox's peace.
    """
    address = clean(address)
    take(NETWORK.of(network_of(request)), COMPANY.of())
    found = User.objects.active().filter(email=address).values_list("id", flat=True).first()
    record_sparingly("password_reset_asked", subject=f"address:{address}")
    try:
        take(ADDRESS.of(address))
    except RateLimited:
        found = None
    return found or uuid7()


def reset_link(person: User) -> str:
    """The page at the company's own host where a new password is set."""
    uid = urlsafe_base64_encode(force_bytes(person.pk))
    path = reverse("accounts:set-password", args=[uid, reset_tokens.make_token(person)])
    return company_url(current_company().company_id, path)


def set_by_link(*, person: User, token: str, password: str) -> bool:
    """Set the password if the link is still good; of two at once one wins. Every session of the person ends with it."""
    with transaction.atomic():
        locked = User.objects.active().select_for_update().filter(pk=person.pk).first()
        if locked is None or not reset_tokens.check_token(locked, token):
            return False
        locked.set_password(password)
        locked.save(update_fields=["password"])
        note_verified(locked, mode="link")  # the link came by mail to the address they have: another one ends it
        open_for(locked).end("password")
    return True
