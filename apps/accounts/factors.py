"""A person's second factor: an authenticator app, and recovery codes for the day it is lost (AUT-3).

Every code works once: the database decides, so of two who come at once with the same code one gets in. What changes
something here stands in the audit trail afterwards, so none of it is called inside a transaction.
"""

from __future__ import annotations

import hashlib
import secrets
import time
import unicodedata
from datetime import timedelta
from typing import Any
from uuid import UUID

import pyotp
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import RecoveryCode, SecondFactor, User
from apps.accounts.session_models import open_for
from apps.core.audit import record
from apps.core.crypto import seal, unseal
from apps.core.errors import BadInput
from apps.tenancy.context import current_company

STEP, AROUND = 30, 1  # seconds a code is for; steps a clock may be off, either way
DIGITS = 6
RECOVERY_CODES, RECOVERY_LENGTH = 10, 24
SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # 32: five bits each, none that is read as another
PENDING = timedelta(minutes=30)  # how long a secret that was shown waits for its first code


class CodeRefused(BadInput):
    """Wrong, too old, used already, of somebody else: one answer for all."""

    code = "code_refused"


def must_have(role: str) -> bool:
    """Whether nobody of this role signs in without a second factor here (MFA_REQUIRED)."""
    return role in settings.MFA_REQUIRED


def has_factor(person: User) -> bool:
    """Whether signing in asks this person for a code."""
    return SecondFactor.objects.confirmed().filter(user=person).exists()


def start(person: User) -> SecondFactor:
    """A new secret that waits for its first code, in the place of an older one that waits; a confirmed one works on."""
    secret = pyotp.random_base32().encode()
    with transaction.atomic():
        _hold(person)
        SecondFactor.objects.pending().filter(user=person).delete()
        sealed = seal(secret, company_id=current_company().company_id, field="accounts.secondfactor.secret")
        return SecondFactor.objects.create(user=person, secret=sealed)


def waiting(person: User, factor_id: UUID | None) -> SecondFactor | None:
    """The one that waits for its first code, if it is that one and still young enough."""
    since = timezone.now() - PENDING
    return SecondFactor.objects.pending().filter(user=person, pk=factor_id, created_at__gt=since).first()


def secret_of(factor: SecondFactor) -> str:
    """The secret in base32. Raises SealBroken or KeyDestroyed as unseal()."""
    return unseal(factor.secret, company_id=current_company().company_id, field="accounts.secondfactor.secret").decode()


def address_of(factor: SecondFactor, person: User) -> str:
    """What the QR picture holds: otpauth://totp/Deskhand acme:person@..."""
    issuer = f"Deskhand {current_company().company_id}"
    return pyotp.TOTP(secret_of(factor)).provisioning_uri(name=person.email, issuer_name=issuer)


def confirm(person: User, factor_id: UUID | None, code: str) -> list[str]:
    """Make the waiting one the person's second factor; returns the recovery codes, which are shown this once.

    An older one and its recovery codes end with it, and so do all sessions but one that is told about it. Raises
    CodeRefused, and then nothing is changed.
    """
    with transaction.atomic():
        _hold(person)
        factor = waiting(person, factor_id)
        step = _step_of(factor, code) if factor is not None else None
        if factor is None or step is None:
            raise CodeRefused("The code is not right.")
        older = SecondFactor.objects.confirmed().filter(user=person).delete()[0]
        factor.confirmed_at, factor.last_step = timezone.now(), step
        factor.save(update_fields=["confirmed_at", "last_step"])
        _touch(person)
        codes = _new_codes(person)
    record("mfa_enabled", subject=person.principal, change="replaced" if older else "first")
    return codes


def use_code(person: User, code: str) -> str:
    """'app' or 'recovery' when the code opens, and it is used up then. Raises CodeRefused."""
    given = _clean(code)
    if len(given) == DIGITS and _use_step(person, given):
        return "app"
    if len(given) == RECOVERY_LENGTH and has_factor(person):
        unused = RecoveryCode.objects.filter(user=person, digest=_digest(person, given), used_at=None)
        if unused.update(used_at=timezone.now()):
            record("recovery_code_used", subject=person.principal, count=codes_left(person))
            return "recovery"
    raise CodeRefused("The code is not right.")


def renew_codes(person: User) -> list[str]:
    """Ten new recovery codes in the place of all older ones. Raises BadInput without a second factor."""
    with transaction.atomic():
        _hold(person)
        if not has_factor(person):
            raise BadInput("There is no second factor.", code="factor_missing")
        codes = _new_codes(person)
    record("recovery_codes_made", subject=person.principal)
    return codes


def codes_left(person: User) -> int:
    return RecoveryCode.objects.filter(user=person, used_at=None).count()


def turn_off(person: User) -> None:
    """Sign in with the password alone from now on. Whoever calls has asked for password and code."""
    with transaction.atomic():
        _forget(person)
    record("mfa_disabled", subject=person.principal)


def reset(person: User) -> bool:
    """For somebody who has lost app and codes: all of it goes, their sessions too. Returns whether there was anything."""
    with transaction.atomic():
        found = _forget(person)
        if found:
            open_for(person).end("factor")
    if found:
        record("mfa_reset", subject=person.principal)
    return found


def _forget(person: User) -> bool:
    _hold(person)
    found = SecondFactor.objects.filter(user=person).delete()[0]
    RecoveryCode.objects.filter(user=person).delete()
    if found:
        _touch(person)
    return bool(found)


def _hold(person: User) -> None:
    """One change of a person's second factor at a time."""
    User.objects.select_for_update(no_key=True).get(pk=person.pk)


def _touch(person: User) -> None:
    person.factor_changed_at = timezone.now()
    person.save(update_fields=["factor_changed_at"])


def _use_step(person: User, given: str) -> bool:
    factor = SecondFactor.objects.confirmed().filter(user=person).first()
    step = _step_of(factor, given) if factor is not None else None
    if factor is None or step is None:
        return False
    # The comparison is made again under the row's lock: whoever comes second finds the step used.
    return bool(SecondFactor.objects.filter(pk=factor.pk, last_step__lt=step).update(last_step=step))


def _step_of(factor: SecondFactor, code: str) -> int | None:
    """The step near now whose code this is."""
    given, now = _clean(code), int(time.time()) // STEP
    clock = pyotp.TOTP(secret_of(factor), digits=DIGITS, interval=STEP)
    found = None
    for step in range(now - AROUND, now + AROUND + 1):
        if secrets.compare_digest(clock.generate_otp(step), given):
            found = step
    return found


def _new_codes(person: User) -> list[str]:
    RecoveryCode.objects.filter(user=person).delete()
    codes = ["".join(secrets.choice(SIGNS) for _ in range(RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create([RecoveryCode(user=person, digest=_digest(person, code)) for code in codes])
    return ["-".join(code[at : at + 4] for at in range(0, RECOVERY_LENGTH, 4)) for code in codes]


def _digest(person: User, code: str) -> bytes:
    """120 random bits need no slow hash (ASVS 6.5.2); a row that was carried to somebody else opens nothing."""
    return hashlib.sha256(f"{current_company().company_id}\0{person.pk}\0{code}".encode()).digest()


def _clean(code: Any) -> str:
    """As it is compared: without what people and apps put between the signs, wide digits as plain ones."""
    plain = unicodedata.normalize("NFKC", str(code)[:200]).upper()
    return "".join(sign for sign in plain if sign.isascii() and sign.isalnum())
