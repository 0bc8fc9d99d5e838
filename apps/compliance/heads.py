"""The heads of the audit trails, kept outside PostgreSQL: what shows that a tail was cut or an old copy put back (AUD-1).

One file a company in AUDIT_HEADS_DIR, one line an hour, each sealed over the seal of the line before. Whoever can write
to the database cannot write there, and whoever can write there lacks the key.
"""

from __future__ import annotations

import fcntl
import hmac
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
from django.conf import settings

from apps.compliance.sql import last_entry
from apps.core.chain import KeyUnknown, key_of, link, ring
from apps.tenancy.context import current_company

AT_LEAST_EVERY = timedelta(days=1)  # a line without news, so that a silence of the writer can be seen
GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Kept:
    """A line of the second store: entry `seq` had the seal `mac` at `at`."""

    seq: int
    mac: str
    at: str
    key_id: str
    seal: str


@dataclass(frozen=True, slots=True)
class Store:
    """What the second store says of a company, and the lines it cannot vouch for."""

    heads: list[Kept]
    broken: list[int]

    @property
    def last(self) -> Kept | None:
        return self.heads[-1] if self.heads else None


def enabled() -> bool:
    return bool(settings.AUDIT_HEADS_DIR)


def keep_head(*, now: datetime | None = None) -> bool:
    """Append the bound company's head when it moved or a day has passed. Raises OSError when the store is away."""
    found = last_entry()
    if found is None:
        return False
    now = now or datetime.now(UTC)
    with _locked() as descriptor:
        before = _read(descriptor).last
        if before and before.seq == found[0] and now - datetime.fromisoformat(before.at) < AT_LEAST_EVERY:
            return False
        line = _sealed(found[0], found[1].hex(), now.isoformat(), before.seal if before else GENESIS)
        os.write(descriptor, line)
        os.fsync(descriptor)
    return True


def keep_last_head() -> None:
    """The head once more before the trail is gone: hashes are all that stays of it. Raises OSError."""
    if enabled():
        keep_head()


def read_store() -> Store:
    """Every line of the bound company, and the numbers of lines whose seal does not fit. No store: nothing."""
    try:
        with _file().open("rb") as file:
            return _read(file.fileno())
    except FileNotFoundError:
        return Store([], [])


def _file() -> Path:
    return Path(settings.AUDIT_HEADS_DIR) / f"{current_company().company_id}.jsonl"


class _locked:  # noqa: N801 - used as a function
    """The company's file, open for appending by us alone."""

    def __enter__(self) -> int:
        folder = Path(settings.AUDIT_HEADS_DIR)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.descriptor = os.open(_file(), os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        fcntl.flock(self.descriptor, fcntl.LOCK_EX)
        return self.descriptor

    def __exit__(self, *exc: object) -> None:
        os.close(self.descriptor)


def _sealed(seq: int, mac: str, at: str, before: str) -> bytes:
    key_id = ring().newest
    seal = _seal(seq, mac, at, key_id, before)
    return orjson.dumps({"seq": seq, "mac": mac, "at": at, "key_id": key_id, "seal": seal}) + b"\n"


def _seal(seq: int, mac: str, at: str, key_id: str, before: str) -> str:
    key = key_of("heads", current_company().company_id, key_id)
    return link(key, before.encode(), orjson.dumps([seq, mac, at, key_id])).hex()


def _read(descriptor: int) -> Store:
    heads: list[Kept] = []
    broken: list[int] = []
    before = GENESIS
    text = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            kept = Kept(**orjson.loads(line))
            good = hmac.compare_digest(_seal(kept.seq, kept.mac, kept.at, kept.key_id, before), kept.seal)
        except (ValueError, TypeError, KeyUnknown):
            broken.append(number)
            continue
        if good:
            heads.append(kept)
        else:
            broken.append(number)
        before = kept.seal
    return Store(heads, broken)
