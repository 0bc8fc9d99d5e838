"""Master keys: who wraps the data keys of companies. A ring from MASTER_KEYS now, a key service later (SEC-1, SEC-2).

Knows no Django and no database. `bound` is what a wrapped key is tied to: the same bytes open it again, others do not.
"""

from __future__ import annotations

import base64
import os
import re
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from apps.core.errors import SealBroken

NONCE_BYTES = 12
KEY_BYTES = 32
_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")


class MasterKeys(Protocol):
    """What wraps data keys. A key service (AWS KMS and the like) is one more class with these three.

    Names are the key's identity for ever: they lie beside each wrapped key. Every method may be called from any thread.
    """

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all keys this process may use, newest first; never empty."""

    def wrap(self, data_key: bytes, *, bound: bytes, master: str) -> bytes:
        """The data key, readable only through the master key of this name. Raises SealBroken for an unknown name."""

    def unwrap(self, wrapped: bytes, *, bound: bytes, master: str) -> bytes:
        """The data key again. Raises SealBroken for an unknown name, altered bytes, or another `bound`."""


def parse_keys(ring: str) -> dict[str, bytes]:
    """Read 'id:base64,id:base64' (newest first). Raises ValueError naming the entry that is wrong, never its key."""
    keys: dict[str, bytes] = {}
    for entry in filter(None, (part.strip() for part in ring.split(","))):
        name, colon, encoded = entry.partition(":")
        if not colon or not _NAME.fullmatch(name):
            # The text before the colon may be the key itself when somebody forgot the name.
            raise ValueError("MASTER_KEYS: an entry is not name:base64 (a name has 1 to 40 of A-Z a-z 0-9 _ -)")
        if name in keys:
            raise ValueError(f"MASTER_KEYS: key {name!r} stands there twice")
        try:
            key = base64.b64decode(encoded, validate=True)
        except ValueError:
            raise ValueError(f"MASTER_KEYS: key {name!r} is not base64") from None
        if len(key) != KEY_BYTES:
            raise ValueError(f"MASTER_KEYS: key {name!r} has {len(key)} bytes, needs {KEY_BYTES}")
        keys[name] = key
    if not keys:
        raise ValueError("MASTER_KEYS holds no key")
    return keys


def encrypt(key: bytes, plain: bytes, *, bound: bytes) -> bytes:
    """Nonce and AES-256-GCM ciphertext."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound)


def decrypt(key: bytes, sealed: bytes, *, bound: bytes) -> bytes:
    """What encrypt() was given. Raises SealBroken when key, bytes or `bound` differ."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound)
    except (InvalidTag, ValueError):
        raise SealBroken("a sealed value was altered, or belongs to another company or field") from None


class KeyRing:
    """Master keys held in this process, from MASTER_KEYS or the file named by MASTER_KEYS_FILE."""

    def __init__(self, text: str) -> None:
        self._keys = parse_keys(text)

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self._keys)})"

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._keys)

    def wrap(self, data_key: bytes, *, bound: bytes, master: str) -> bytes:
        return encrypt(self._key(master), data_key, bound=bound)

    def unwrap(self, wrapped: bytes, *, bound: bytes, master: str) -> bytes:
        return decrypt(self._key(master), wrapped, bound=bound)

    def _key(self, master: str) -> bytes:
        try:
            return self._keys[master]
        except KeyError:
            raise SealBroken("a sealed value needs a master key that this process was not given") from None
