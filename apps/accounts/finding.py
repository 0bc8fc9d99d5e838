"""Find my company: which companies an address has an account at, told to nobody but the mailbox itself.

No list of addresses exists above the companies. A worker asks one company after the other, bound to each, as it does
for syncs; the address travels to it sealed. So no wall has a door for this, and erasing a person leaves nothing behind.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

from apps.accounts.models import User
from apps.accounts.throttle import clean
from apps.core.errors import RateLimited, SealBroken
from apps.core.masterkeys import decrypt, encrypt
from apps.core.network import network_of
from apps.tenancy.context import current_company
from apps.tenancy.limits import declare_rate, take
from apps.tenancy.models import Company
from apps.tenancy.names import check_company_id
from apps.tenancy.tasks import for_each_company

NETWORK = declare_rate("accounts.find_network", burst=20, seconds=60, public=True)
ANYWHERE = declare_rate("accounts.find_anywhere", burst=200, seconds=5, public=True)
ADDRESS = declare_rate("accounts.find_address", burst=3, seconds=600, public=True)
PLACE = b"deskhand.find"
NOBODY = "nobody@invalid"  # whom no company knows, sealed like anybody


@dataclass(frozen=True, slots=True)
class Account:
    """Where an address has an account, and what language its owner reads there."""

    company_id: str
    name: str
    language: str


def short_name(given: str) -> str:
    """The company id in 'acme', 'acme.freshdesk.com' or a link into the helpdesk. Raises BadInput. Looks nothing up."""
    text = given.strip().lower()
    try:
        host = (urlsplit(text).hostname if "://" in text else text.split("/")[0]) or ""
    except ValueError:
        host = ""
    return check_company_id(host.split(":")[0].split(".")[0])


def take_look(request: HttpRequest) -> None:
    """One question of this network. Raises RateLimited."""
    take(NETWORK.of(network_of(request)))


def ask_companies(*, address: str) -> str:
    """What to hand to the worker: the address, sealed; nobody's when it was asked for too often: the answer is the same.

    Raises RateLimited when the whole installation is asked too much.
    """
    address = clean(address)
    take(ANYWHERE.of())
    try:
        take(ADDRESS.of(address))
    except RateLimited:
        address = NOBODY
    return base64.b64encode(encrypt(_key(), address.encode(), bound=PLACE)).decode()


def opened(sealed: str) -> str:
    """The address. Raises SealBroken for what we did not seal."""
    try:
        return decrypt(_key(), base64.b64decode(sealed, validate=True), bound=PLACE).decode()
    except binascii.Error as exc:
        raise SealBroken("not one of our sealed addresses") from exc


def companies_of(address: str) -> list[Account]:
    """Every active company with an active person of this address, by name."""
    found: dict[str, str] = {}

    def look() -> None:
        language = User.objects.active().filter(email=address).values_list("language", flat=True).first()
        if language is not None:
            found[current_company().company_id] = language

    for_each_company(look)
    names = Company.objects.filter(company_id__in=found).values_list("company_id", "name").order_by("name")
    return [Account(company_id, name, found[company_id]) for company_id, name in names]


def _key() -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), PLACE, "sha256")
