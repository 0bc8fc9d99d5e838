"""Compiled SQL of the audit trail: take the head, add an entry (AUD-1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

_HEAD = "SELECT company, last, seal FROM core_auditevent_head()"
_INSERT = """INSERT INTO core_auditevent
(id, seq, at, event, principal, subject, request_id, facts, key_id, prev, mac)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s, %s)"""


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of the bound company; seq 0 when there is none."""

    company_id: str
    seq: int
    mac: bytes


@dataclass(frozen=True, slots=True)
class Sealed:
    """An entry as it is stored."""

    id: UUID
    seq: int
    at: datetime
    event: str
    principal: str
    subject: str
    request_id: str
    facts: dict[str, Any]
    key_id: str
    prev: bytes
    mac: bytes


def lock_head(cursor: Any) -> Head:
    """Make others wait until our transaction ends, and say where the trail ends. Inside a bound transaction only."""
    cursor.execute(_HEAD)
    company_id, seq, mac = cursor.fetchone()
    return Head(company_id, seq or 0, bytes(mac or b""))


def insert_entry(cursor: Any, one: Sealed) -> None:
    cursor.execute(
        _INSERT,
        [
            one.id, one.seq, one.at, one.event, one.principal, one.subject, one.request_id,
            orjson.dumps(one.facts).decode(), one.key_id, one.prev, one.mac,
        ],
    )  # fmt: skip
