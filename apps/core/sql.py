"""Compiled SQL of the audit trail: take the head, add an entry (AUD-1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

# Two statements in one message. The second takes its snapshot after the lock is ours, so it sees the entry of whoever
# held it before; in one statement both would see the same old head and the chain would fork.
_LOCK = """SELECT current_setting('app.company_id'), pg_advisory_xact_lock(7305, hashtext(current_setting('app.company_id')));
SELECT seq, mac FROM core_auditevent ORDER BY seq DESC LIMIT 1"""
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


def lock_head() -> Head:
    """Make others wait until our transaction ends, and say where the trail ends. Inside a bound transaction only."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
        company_id = cursor.fetchone()[0]
        cursor.nextset()
        row = cursor.fetchone()
    return Head(company_id, row[0], bytes(row[1])) if row else Head(company_id, 0, b"")


def insert_entry(one: Sealed) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            [
                one.id, one.seq, one.at, one.event, one.principal, one.subject, one.request_id,
                orjson.dumps(one.facts).decode(), one.key_id, one.prev, one.mac,
            ],
        )  # fmt: skip
