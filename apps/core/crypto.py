"""Envelope encryption of stored secrets (SEC-1): sealed with a data key of the company, wrapped by a master key.

    sealed = seal(b"...", company_id="acme", field="platforms.connection.credentials")   # 'v2.<key>.<base64>'
    unseal(sealed, company_id="acme", field="platforms.connection.credentials")

Both work for the bound company only. What is stored goes into a SealedField (fields.py), whose `place` is the field.
Unwrapped data keys stay in the process for at most KEEP_SECONDS.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.core.errors import KeyDestroyed, NoCompany, SealBroken
from apps.core.ids import uuid7
from apps.core.masterkeys import KEY_BYTES, NONCE_BYTES, KeyRing, MasterKeys, decrypt, encrypt, parse_keys
from apps.core.models import CompanyKey

__all__ = [
    "KeyDestroyed", "SealBroken", "active_key", "forget_keys", "master_keys", "open_key", "parse_keys", "parse_sealed",
    "retire_active", "seal", "seal_with", "unseal", "wrap_key", "wrap_with",
]  # fmt: skip

KEEP_SECONDS = 300.0
KEEP_MOST = 2_000  # keys; some 300 bytes each
_WRAPPED_V1 = NONCE_BYTES + KEY_BYTES + 16

_bound_company: Callable[[], str] | None = None
_open: dict[tuple[str, UUID], tuple[float, bytes]] = {}
_lock = Lock()


@dataclass(frozen=True, slots=True)
class Parsed:
    """Parts of a sealed text: version, name of the key that opens it (v1: a master key, v2: a data key), bytes."""

    version: str
    key: str
    body: bytes


def ask_bound_company_of(question: Callable[[], str]) -> None:
    """Who tells which company is bound (tenancy does, when Django starts). The question raises NoCompany outside one."""
    global _bound_company
    _bound_company = question


@lru_cache(maxsize=4)
def _ring(text: str) -> KeyRing:
    return KeyRing(text)


def master_keys() -> MasterKeys:
    """This process's master keys. The place where a key service would be chosen instead."""
    return _ring(settings.MASTER_KEYS)


def seal(plain: bytes, *, company_id: str, field: str) -> str:
    """Encrypt for the bound company and one field; only unseal() with the same two opens it.

    Call it in the transaction that stores the value: until that ends, the key used cannot be retired. Raises NoCompany
    outside a company, SealBroken for any but the bound one.
    """
    _check_bound(company_id)
    with transaction.atomic():
        key_id, data_key = active_key(company_id)
        return seal_with(key_id, data_key, plain, company_id=company_id, field=field)


def seal_with(key_id: UUID, data_key: bytes, plain: bytes, *, company_id: str, field: str) -> str:
    """seal() by a key in hand, for many values in one transaction."""
    return f"v2.{key_id.hex}." + base64.b64encode(encrypt(data_key, plain, bound=_place(company_id, field))).decode()


def unseal(sealed: str, *, company_id: str, field: str) -> bytes:
    """The plain bytes. Raises SealBroken when anything about the value or its place does not fit, KeyDestroyed when
    the company's key is gone, NoCompany outside a company."""
    _check_bound(company_id)
    parsed = parse_sealed(sealed)
    bound = _place(company_id, field)
    if parsed.version == "v1":
        data_key = master_keys().unwrap(parsed.body[:_WRAPPED_V1], bound=bound, master=parsed.key)
        return decrypt(data_key, parsed.body[_WRAPPED_V1:], bound=bound)
    return decrypt(_data_key(company_id, UUID(hex=parsed.key)), parsed.body, bound=bound)


def parse_sealed(sealed: str) -> Parsed:
    """Read 'version.key.base64'. Raises SealBroken for any other text."""
    try:
        version, key, body = sealed.split(".", 2)
        parsed = Parsed(version, key, base64.b64decode(body, validate=True))
        if version not in ("v1", "v2") or (version == "v2" and UUID(hex=key).hex != key):
            raise SealBroken("a sealed value has an unknown form")
    except (ValueError, binascii.Error):
        raise SealBroken("a sealed value has an unknown form") from None
    return parsed


def active_key(company_id: str) -> tuple[UUID, bytes]:
    """The data key new values are sealed with, made when there is none; locked until the transaction ends.

    Asked of the database each time: a key kept from a transaction that was rolled back would seal values for nobody.
    """
    rows = CompanyKey.objects.select_for_update().filter(active=True).values_list("id", "wrapped")
    row = rows.first()
    if row is None:
        key_id = uuid7()
        wrapped = wrap_key(company_id, key_id, AESGCM.generate_key(bit_length=8 * KEY_BYTES))
        # Somebody else may be first: then theirs is the one.
        CompanyKey.objects.bulk_create([CompanyKey(id=key_id, wrapped=wrapped)], ignore_conflicts=True)
        row = rows.get()
    return row[0], open_key(company_id, *row)


def retire_active(company_id: str) -> UUID:
    """Put a new key in the place of the active one, in the caller's transaction; returns its id.

    Waits for transactions that seal with the old one, so that whoever reads after this sees all its values.
    """
    CompanyKey.objects.select_for_update().filter(active=True).first()
    CompanyKey.objects.filter(active=True).update(active=False, retired_at=timezone.now())
    return active_key(company_id)[0]


def wrap_key(company_id: str, key_id: UUID, data_key: bytes) -> dict[str, str]:
    """The key under every master key of this process, so that one with an older ring opens it too."""
    return {name: wrap_with(name, company_id, key_id, data_key) for name in master_keys().names}


def wrap_with(master: str, company_id: str, key_id: UUID, data_key: bytes) -> str:
    """The key under one master key, as base64."""
    wrapped = master_keys().wrap(data_key, bound=_key_place(company_id, key_id), master=master)
    return base64.b64encode(wrapped).decode()


def open_key(company_id: str, key_id: UUID, wrapped: dict[str, str]) -> bytes:
    """The data key, by the newest master key that has wrapped it. Raises SealBroken when this process has none."""
    ring = master_keys()
    for name in ring.names:
        if name in wrapped:
            body = base64.b64decode(wrapped[name])
            return ring.unwrap(body, bound=_key_place(company_id, key_id), master=name)
    raise SealBroken("a company's key is wrapped by master keys that this process was not given")


def forget_keys() -> None:
    """Empty the process's memory of unwrapped keys."""
    with _lock:
        _open.clear()


def _data_key(company_id: str, key_id: UUID) -> bytes:
    """The key by its id: from memory, or from the company's table."""
    now = time.monotonic()
    kept = _open.get((company_id, key_id))
    if kept is not None and kept[0] > now:
        return kept[1]
    wrapped = CompanyKey.objects.filter(pk=key_id).values_list("wrapped", flat=True).first()
    if wrapped is None:
        with _lock:
            _open.pop((company_id, key_id), None)
        raise KeyDestroyed("the key of a sealed value does not exist any more")
    data_key = open_key(company_id, key_id, wrapped)
    with _lock:
        for old in [one for one, (until, _) in _open.items() if until <= now]:
            del _open[old]
        while len(_open) >= KEEP_MOST:
            del _open[next(iter(_open))]
        _open[company_id, key_id] = (now + KEEP_SECONDS, data_key)
    return data_key


def _check_bound(company_id: str) -> None:
    if _bound_company is None:
        raise NoCompany("Nobody has told which company is bound.")
    if _bound_company() != company_id:
        raise SealBroken("a value of another company than the bound one")


def _place(company_id: str, field: str) -> bytes:
    return f"{company_id}\x00{field}".encode()


def _key_place(company_id: str, key_id: UUID) -> bytes:
    return f"deskhand.company-key\x00{company_id}\x00{key_id.hex}".encode()
