"""record(): add one entry to the bound company's audit trail, in its own short transaction (decisions 13)."""

from __future__ import annotations

import time
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from threading import Lock

import structlog
from django.db import connection, transaction

from apps.core.chain import GENESIS, content, key_of, link, pseudonym, ring
from apps.core.events import AUDIT_EVENTS, fits, mark
from apps.core.ids import uuid7
from apps.core.sql import Sealed, insert_entry, lock_head

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Fact = str | int | bool

# True while an entry is written: a reader who may write nothing else is recorded all the same.
recording: ContextVar[bool] = ContextVar("deskhand_recording", default=False)
SPARINGLY, PER_SECONDS = 30, 60.0
windows: dict[tuple[str, str], tuple[float, int]] = {}
_lock = Lock()


def record(event: str, *, principal: str = "", subject: str = "", request_id: str = "", **facts: Fact) -> None:
    """Add an entry for the bound company; it stays even when the caller then answers 4xx.

    `principal` and `subject` are 'kind:id'; persons among them are stored as pseudonyms (AUD-3). Principal and request
    id come from the log context when not given. The event and the names of its facts must be declared in events.py:
    ValueError otherwise. A value that does not fit its fact is replaced by a mark.

    Must be called outside a transaction (durable=True makes Django refuse otherwise): inside one, the caller's
    rollback would take the entry with it. Entries of a company are written one after another: whoever comes second
    waits for the commit of the first.
    """
    declared = AUDIT_EVENTS.get(event)
    if declared is None or not declared.fields.issuperset(facts):
        raise ValueError(f"audit event {event!r} with {sorted(facts)} is not declared in apps.core.events")
    context = structlog.contextvars.get_contextvars()
    kept = {name: value if fits(name, value) else mark(value) for name, value in facts.items()}
    who = principal or str(context.get("principal", ""))
    request = request_id or str(context.get("request_id", ""))
    token = recording.set(True)
    try:
        with transaction.atomic(durable=True):
            append(event, who, subject, request if fits("request_id", request) else "", kept)
    finally:
        recording.reset(token)


def record_on_commit(event: str, *, subject: str = "", **facts: Fact) -> None:
    """record() once the caller's transaction is through: for changes, which are no news when they are rolled back."""
    transaction.on_commit(lambda: record(event, subject=subject, **facts))


def record_sparingly(
    event: str, *, principal: str = "", subject: str = "", request_id: str = "", **facts: Fact
) -> None:
    """record() for what anybody can cause by knocking: at most 30 a minute of an event, a company and a process.

    What was left out is counted in `suppressed` of the first entry of the next minute.
    """
    company = str(structlog.contextvars.get_contextvars().get("company", ""))
    now = time.monotonic()
    with _lock:
        began, count = windows.get((company, event), (now, 0))
        left_out = 0
        if now - began >= PER_SECONDS:
            began, count, left_out = now, 0, max(0, count - SPARINGLY)
        windows[company, event] = (began, count + 1)
    if count < SPARINGLY:
        more = {"suppressed": left_out} if left_out else {}
        record(event, principal=principal, subject=subject, request_id=request_id, **facts, **more)


def record_sparingly_on_commit(event: str, *, subject: str = "", **facts: Fact) -> None:
    """record_sparingly() from inside a transaction that will commit: a refusal is an answer like any other."""
    transaction.on_commit(lambda: record_sparingly(event, subject=subject, **facts))


def append(event: str, principal: str, subject: str, request_id: str, facts: dict[str, Fact]) -> None:
    """The entry itself, in the caller's transaction, which holds the company's trail until it ends."""
    with connection.prepared_cursor() as cursor:
        head = lock_head(cursor)
        entry_id, at, key_id, company_id = uuid7(), datetime.now(UTC), ring().newest, head.company_id
        seq, previous = (head.seq + 1, head.mac) if head.seq else (1, GENESIS)
        principal, subject = pseudonym(principal, company_id), pseudonym(subject, company_id)
        body = content(
            company_id, seq, str(entry_id), microseconds(at), event, principal, subject, request_id, facts, key_id
        )
        mac = link(key_of("entries", company_id, key_id), previous, body)
        insert_entry(
            cursor, Sealed(entry_id, seq, at, event, principal, subject, request_id, facts, key_id, previous, mac)
        )


def microseconds(at: datetime) -> int:
    """Since 1970, as the seal counts them."""
    return (at - EPOCH) // timedelta(microseconds=1)
