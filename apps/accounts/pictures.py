"""What a person needs to set an authenticator app up: the QR picture and the secret to type."""

from __future__ import annotations

from dataclasses import dataclass

import segno
from django.utils.safestring import SafeString, mark_safe

from apps.accounts.factors import address_of, secret_of
from apps.accounts.models import SecondFactor, User

QUIET = 4  # modules of white around it, as readers want


@dataclass(frozen=True, slots=True)
class Setup:
    """One secret, twice."""

    picture: SafeString  # <svg>, black on white in every theme
    groups: list[str]  # the secret, four signs at a time
    secret: str


def setup_of(factor: SecondFactor, person: User) -> Setup:
    """Raises SealBroken or KeyDestroyed as secret_of()."""
    secret = secret_of(factor)
    picture = segno.make(address_of(factor, person), error="m", micro=False).svg_inline(
        border=QUIET, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None
    )
    groups = [secret[at : at + 4] for at in range(0, len(secret), 4)]
    return Setup(mark_safe(picture), groups, secret)  # noqa: S308 - drawn by segno: squares, no text of anybody
