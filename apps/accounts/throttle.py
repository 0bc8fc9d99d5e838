"""How often a password may be tried, so that guessing takes for ever and nobody is locked out by somebody else (AUT-4).

A strange browser takes from four buckets: this address from this network, the network, the address from anywhere, the
company. A browser in which this person has signed in before takes from one of its own, so whoever hammers at an address,
from the same office too, only keeps strange browsers out. Tries that were right are given back.
"""

from __future__ import annotations

import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from apps.accounts.models import User
from apps.core.audit import record_sparingly
from apps.core.errors import RateLimited
from apps.core.network import network_of
from apps.tenancy.context import current_company
from apps.tenancy.limits import Mark, declare_rate, give_back, take

HERE = declare_rate("accounts.sign_in_here", burst=10, seconds=60)  # an address from a network: 1,440 a day
NETWORK = declare_rate("accounts.sign_in_network", burst=60, seconds=10)  # an office has many who mistype
ADDRESS = declare_rate("accounts.sign_in_address", burst=30, seconds=60)  # an address from everywhere
COMPANY = declare_rate("accounts.sign_in_company", burst=600, seconds=1)  # many networks, many addresses
KNOWN = declare_rate("accounts.sign_in_known", burst=10, seconds=60)  # a browser the person has used before
OLD = declare_rate("accounts.old_password", burst=5, seconds=60)  # asked again of somebody signed in
# Codes of the second factor (docs/decisions/0033): whoever tries them knows the password already.
CODE_HERE = declare_rate("accounts.code_here", burst=10, seconds=900)  # slower than the next: one network leaves some
CODE = declare_rate("accounts.code", burst=30, seconds=600)  # 144 a day of a million
CODE_KNOWN = declare_rate("accounts.code_known", burst=10, seconds=60)  # a browser that has proven the factor before
PROVEN = "2."  # begins the name of such a browser
KNOWN_SECONDS = 180 * 86_400


def marks_of(request: HttpRequest | None, address: str) -> list[Mark]:
    """The buckets a try for this address takes from."""
    address = clean(address)
    browser = known_browser(request, address) if request is not None else ""
    if browser:
        return [KNOWN.of(address, browser)]
    network = network_of(request) if request is not None else ""
    return [HERE.of(address, network), NETWORK.of(network), ADDRESS.of(address), COMPANY.of()]


def take_try(request: HttpRequest | None, address: str) -> list[Mark]:
    """Call before the password is looked at; give the marks back when it was right. Raises RateLimited, audited."""
    marks = marks_of(request, address)
    try:
        take(*marks)
    except RateLimited:
        record_sparingly("sign_in_refused", subject=f"address:{clean(address)}", reason="too_many")
        raise
    return marks


def take_code(request: HttpRequest, person: User) -> list[Mark]:
    """Call before a code is looked at; give the marks back when it was right. Raises RateLimited, audited."""
    who, browser = str(person.pk), known_browser(request, clean(person.email))
    if browser.startswith(PROVEN):
        marks = [CODE_KNOWN.of(who, browser)]
    else:
        marks = [CODE_HERE.of(who, network_of(request)), CODE.of(who)]
    try:
        take(*marks)
    except RateLimited:
        record_sparingly("sign_in_refused", subject=person.principal, reason="too_many")
        raise
    return marks


def give_back_try(marks: list[Mark]) -> None:
    give_back(*marks)


def remember_browser(response: HttpResponse, address: str, *, proven: bool = False) -> None:
    """This person has signed in here. The cookie opens nothing: it only says whose mistakes are counted apart.

    `proven`: with the second factor too. A browser that a password or a mail alone made known has no codes of its own.
    """
    value = _signer(clean(address)).sign((PROVEN if proven else "") + secrets.token_urlsafe(12))
    response.set_cookie(
        _cookie(clean(address)), value, max_age=KNOWN_SECONDS, samesite="Lax", secure=settings.SECURE_COOKIES,
        httponly=True,
    )  # fmt: skip


def known_browser(request: HttpRequest, address: str) -> str:
    """The name of the browser among those of this person; '' for a strange one."""
    try:
        return _signer(address).unsign(request.COOKIES.get(_cookie(address), ""), max_age=KNOWN_SECONDS)
    except signing.BadSignature:
        return ""


def clean(address: str) -> str:
    """As addresses are kept."""
    return address.strip().lower()


def _cookie(address: str) -> str:
    """One a person, since colleagues share browsers; the address cannot be read from it."""
    name = salted_hmac("deskhand.known", f"{current_company().company_id}\0{address}", algorithm="sha256").hexdigest()
    return f"{'__Host-' if settings.SECURE_COOKIES else ''}known-{name[:12]}"


def _signer(address: str) -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=f"deskhand.known\0{current_company().company_id}\0{address}")
