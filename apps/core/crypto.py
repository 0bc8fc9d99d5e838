"""Envelope encryption of stored credentials (SEC-1): AES-256-GCM, a data key per value, wrapped by a master key."""

from __future__ import annotations

import base64
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE_BYTES = 12
KEY_BYTES = 32


class SealBroken(ValueError):
    """The value was altered, moved to another company or field, or its master key is not in the ring."""


def parse_keys(ring: str) -> dict[str, bytes]:
    """Read 'id:base64,id:base64' (newest first). Raises ValueError naming the entry that is wrong."""
    keys: dict[str, bytes] = {}
    for entry in filter(None, (part.strip() for part in ring.split(","))):
        name, _, encoded = entry.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except ValueError as exc:
            raise ValueError(f"MASTER_KEYS: key {name!r} is not base64") from exc
        if len(key) != KEY_BYTES:
            raise ValueError(f"MASTER_KEYS: key {name!r} has {len(key)} bytes, needs {KEY_BYTES}")
        keys[name] = key
    if not keys:
        raise ValueError("MASTER_KEYS holds no key")
    return keys


@lru_cache(maxsize=4)
def _ring(text: str) -> dict[str, bytes]:
    return parse_keys(text)


def seal(plain: bytes, *, company_id: str, field: str) -> str:
    """Encrypt for one company and one field; only unseal() with the same two opens it."""
    ring = _ring(settings.MASTER_KEYS)
    key_id, master = next(iter(ring.items()))
    bound = f"{company_id}\x00{field}".encode()
    data_key = AESGCM.generate_key(bit_length=256)
    wrap_nonce, nonce = os.urandom(NONCE_BYTES), os.urandom(NONCE_BYTES)
    wrapped = AESGCM(master).encrypt(wrap_nonce, data_key, bound)
    sealed = AESGCM(data_key).encrypt(nonce, plain, bound)
    return f"v1.{key_id}." + base64.b64encode(wrap_nonce + wrapped + nonce + sealed).decode()


def unseal(sealed: str, *, company_id: str, field: str) -> bytes:
    """The plain bytes. Raises SealBroken when anything about the value or its place does not fit."""
    try:
        version, key_id, body = sealed.split(".", 2)
        master = _ring(settings.MASTER_KEYS)[key_id]
        raw = base64.b64decode(body, validate=True)
    except (ValueError, KeyError) as exc:
        raise SealBroken("sealed value is malformed or its master key is unknown") from exc
    if version != "v1":
        raise SealBroken(f"sealed value has unknown version {version!r}")
    bound = f"{company_id}\x00{field}".encode()
    wrapped_end = NONCE_BYTES + KEY_BYTES + 16
    try:
        data_key = AESGCM(master).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:wrapped_end], bound)
        nonce = raw[wrapped_end : wrapped_end + NONCE_BYTES]
        return AESGCM(data_key).decrypt(nonce, raw[wrapped_end + NONCE_BYTES :], bound)
    except (InvalidTag, ValueError) as exc:
        raise SealBroken("sealed value was altered or belongs to another company or field") from exc
