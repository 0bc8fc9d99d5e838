"""The links of the audit trail: keys, pseudonyms of persons, and the HMAC each entry is sealed with (AUD-1, AUD-3)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from django.conf import settings

from apps.core.masterkeys import parse_keys

GENESIS = bytes(32)  # what the first entry of a company follows
PERSONS = ("user:", "token:", "address:", "operator:")  # who stands behind these is a person: kept as pseudonyms only
_MARK = 22  # signs of a pseudonym: 128 bits


class KeyUnknown(KeyError):
    """An entry was sealed with a key that is not in AUDIT_KEYS or MASTER_KEYS any more."""


@dataclass(frozen=True, slots=True)
class Ring:
    """The keys of the trail, newest first. Every company and purpose has a key derived from them."""

    keys: dict[str, bytes]

    @property
    def newest(self) -> str:
        return next(iter(self.keys))

    def key(self, purpose: str, company_id: str, key_id: str) -> bytes:
        """32 bytes. Raises KeyUnknown."""
        try:
            root = self.keys[key_id]
        except KeyError as exc:
            raise KeyUnknown(key_id) from exc
        return hmac.digest(root, f"deskhand.audit.{purpose}\x00{company_id}".encode(), "sha256")


@lru_cache(maxsize=4)
def _ring(audit_keys: str, master_keys: str) -> Ring:
    own = parse_keys(audit_keys) if audit_keys else {}
    derived = {f"master-{name}": key for name, key in parse_keys(master_keys).items()}
    return Ring(own | derived)


def ring() -> Ring:
    """AUDIT_KEYS, then what is derived from MASTER_KEYS: entries of a time without AUDIT_KEYS stay provable."""
    return _ring(settings.AUDIT_KEYS, settings.MASTER_KEYS)


@lru_cache(maxsize=512)
def _key(keys: tuple[str, str], purpose: str, company_id: str, key_id: str) -> bytes:
    return _ring(*keys).key(purpose, company_id, key_id)


def key_of(purpose: str, company_id: str, key_id: str) -> bytes:
    """The key of one company for one purpose. Raises KeyUnknown."""
    return _key((settings.AUDIT_KEYS, settings.MASTER_KEYS), purpose, company_id, key_id)


def pseudonym(who: str, company_id: str, key_id: str = "") -> str:
    """'user:<uuid>' as 'user:<22 signs>', by the newest key or a given one. What names no person stays as it is.

    Equal persons have equal pseudonyms, so entries of one person can be found while the person is there to be asked
    for; when the person's row is gone, nothing leads back (and nothing in the chain has to change).
    """
    if not who.startswith(PERSONS):
        return who
    kind, _, name = who.partition(":")
    key = key_of("names", company_id, key_id or ring().newest)
    mark = base64.urlsafe_b64encode(hmac.digest(key, who.encode(), "sha256")).decode()[:_MARK]
    return f"{kind}:{mark}" if name else ""


def pseudonyms(who: str, company_id: str) -> list[str]:
    """Every name this person has had in the trail: one a key."""
    return [pseudonym(who, company_id, key_id) for key_id in ring().keys]


def content(
    company_id: str,
    seq: int,
    entry_id: str,
    at: int,
    event: str,
    principal: str,
    subject: str,
    request_id: str,
    facts: dict[str, Any],
    key_id: str,
) -> bytes:
    """What is sealed, as canonical JSON: an array in this order, names of facts sorted. `at` is in microseconds."""
    return orjson.dumps(
        [company_id, seq, entry_id, at, event, principal, subject, request_id, facts, key_id],
        option=orjson.OPT_SORT_KEYS,
    )


def link(key: bytes, previous: bytes, body: bytes) -> bytes:
    """The seal of an entry: HMAC-SHA256 over the seal before it and its content."""
    return hmac.digest(key, previous + body, "sha256")


def linker(key: bytes) -> Callable[[bytes], str]:
    """link() as hex for many entries under one key: the key is worked into the hash once, which halves the time."""
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key.ljust(64, b"\x00")))
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in key.ljust(64, b"\x00")))

    def sealed(message: bytes) -> str:
        one, other = inner.copy(), outer.copy()
        one.update(message)
        other.update(one.digest())
        return other.hexdigest()

    return sealed
