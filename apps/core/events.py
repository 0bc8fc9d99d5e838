"""Every event the product logs, audits or counts: whose it is, and which fields it may carry. What is not here is not
written.

A field is known by its name and has one shape everywhere. A value of another shape is replaced by a mark that tells
field and type (LOG-1), so an address or a phone number cannot pass under an allowed name, and no value can hold a line
break or a terminal's escape (LOG-2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_WORD = re.compile(r"[a-z](?:[a-z_.-]|[0-9](?![0-9]{4})){0,59}")  # no five digits in a row: no number of anything
_ROUTE = re.compile(r"[a-z][a-z0-9_:.-]{0,79}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_WHO = re.compile(r"(?:[a-z]{2,12}:(?:[A-Za-z0-9_-]{22}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}))?")
_COMPANY = re.compile(r"[a-z0-9-]{2,40}")
_PATH = re.compile(r"[A-Za-z_<][A-Za-z0-9_./<>-]{0,119}:[0-9]{1,6}(?: [A-Za-z_<][A-Za-z0-9_<>.]{0,79})?")
_CLASS = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,99}")
_TRANSACTION = re.compile(r"(?=[0-9]*[a-f])[0-9a-f]{8,32}")  # with a letter in it, it is no number of anything
_CODE = re.compile(r"(?:[A-Za-z_]|[0-9](?![0-9]{5})){1,60}")
# Ours has 16 signs, a proxy's 32 or the form of a UUID. With a letter in it, no id is a card's number.
REQUEST_ID = re.compile(r"(?=[0-9-]*[a-f])(?:[0-9a-f]{16}|[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


class Shape(StrEnum):
    """What a field's values look like."""

    COUNT = "count"  # a whole number or a truth value
    SECONDS = "seconds"
    WORD = "word"  # a word of ours: a code, a kind, a state
    ROUTE = "route"  # the name of an address, never the address
    ID = "id"  # a UUID of ours
    WHO = "who"  # kind:UUID, or kind:pseudonym where a person is meant
    COMPANY = "company"
    REQUEST = "request"
    CLASS = "class"  # the name of a Python class or logger
    CODE = "code"  # SQLSTATE, errno, an AppError's code
    PLACE = "place"  # file:line function
    TRANSACTION = "transaction"  # how a helpdesk's own logs name a call


_TEXTS = {
    Shape.WORD: _WORD, Shape.ROUTE: _ROUTE, Shape.ID: _UUID, Shape.WHO: _WHO, Shape.COMPANY: _COMPANY,
    Shape.REQUEST: REQUEST_ID, Shape.CLASS: _CLASS, Shape.CODE: _CODE, Shape.PLACE: _PATH, Shape.TRANSACTION: _TRANSACTION,
}  # fmt: skip
EVERYWHERE = frozenset({"request_id", "company", "principal"})  # what the context adds to every line
LARGEST = 10**9  # a count above it is a number of something else

FIELDS: dict[str, Shape] = {
    "account": Shape.WHO,
    "attempts": Shape.COUNT,
    "change": Shape.WORD,
    "changed": Shape.COUNT,
    "chunks": Shape.COUNT,
    "code": Shape.CODE,
    "company": Shape.COMPANY,
    "company_id": Shape.COMPANY,
    "connection": Shape.ID,
    "count": Shape.COUNT,
    "embedded": Shape.COUNT,
    "entries": Shape.COUNT,
    "findings": Shape.COUNT,
    "first": Shape.COUNT,
    "kind": Shape.WORD,
    "last": Shape.COUNT,
    "logger": Shape.CLASS,
    "method": Shape.WORD,
    "minutes": Shape.COUNT,
    "missing": Shape.COUNT,
    "mode": Shape.WORD,
    "model": Shape.CLASS,
    "new": Shape.WORD,
    "ok": Shape.COUNT,
    "old": Shape.WORD,
    "outcome": Shape.WORD,
    "placed": Shape.COUNT,
    "platform": Shape.WORD,
    "points": Shape.COUNT,
    "principal": Shape.WHO,
    "reason": Shape.WORD,
    "removed": Shape.COUNT,
    "renewed": Shape.COUNT,
    "request_id": Shape.REQUEST,
    "resealed": Shape.COUNT,
    "retired": Shape.COUNT,
    "rewrapped": Shape.COUNT,
    "role": Shape.WORD,
    "route": Shape.ROUTE,
    "rows": Shape.COUNT,
    "schema": Shape.WORD,
    "scope": Shape.WORD,
    "second": Shape.COUNT,
    "seconds": Shape.SECONDS,
    "sources": Shape.COUNT,
    "stage": Shape.WORD,
    "status": Shape.COUNT,
    "strangers": Shape.COUNT,
    "subject": Shape.WHO,
    "suppressed": Shape.COUNT,
    "task": Shape.ROUTE,
    "tickets": Shape.COUNT,
    "transaction": Shape.TRANSACTION,
    "where": Shape.PLACE,
}


class Scope(StrEnum):
    """Whose event it is: one company's, anybody's who knocks, or the installation's."""

    COMPANY = "company"
    PUBLIC = "public"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Event:
    """A declared event and the fields it may carry beside those every line has."""

    scope: Scope
    fields: frozenset[str]


def _company(*fields: str) -> Event:
    return Event(Scope.COMPANY, frozenset(fields))


def _public(*fields: str) -> Event:
    return Event(Scope.PUBLIC, frozenset(fields))


def _operator(*fields: str) -> Event:
    return Event(Scope.OPERATOR, frozenset(fields))


# What the audit trail holds (AUD-2): who did it and what it was done to are columns of their own.
AUDIT_EVENTS: dict[str, Event] = {
    "signed_in": _company("mode"),
    "sign_in_refused": _company("reason", "suppressed"),
    "session_ended": _company("reason", "count"),
    "password_reset_asked": _company("suppressed"),
    "password_changed": _company("mode"),
    "mfa_enabled": _company("change"),
    "mfa_disabled": _company(),
    "mfa_reset": _company(),
    "recovery_code_used": _company("count"),  # how many are left
    "confirmation_refused": _company("suppressed"),
    "recovery_codes_made": _company(),
    "access_refused": _company("route", "method", "suppressed"),
    "token_refused": _company("suppressed"),
    "tenant_mismatch": _company("route", "suppressed"),
    "company_mismatch": _company("route", "suppressed"),
    "token_created": _company(),
    "token_changed": _company("change"),
    "user_created": _company("role"),
    "user_changed": _company("change"),
    "user_deleted": _company(),
    "role_changed": _company("old", "new"),
    "email_verified": _company("mode"),
    "agent_mapped": _company("change", "mode"),  # a person here, and an agent of the helpdesk
    "connection_saved": _company("platform", "change"),
    "connection_refused": _company("code"),
    "model_connected": _company(),  # a provider of models, after a live call
    "model_refused": _company("code"),
    "models_changed": _company("kind", "change"),
    "portals_set": _company("count"),
    "label_set": _company("change"),  # whether what is sent says that an assistant helped
    "webhook_changed": _company("change"),
    "webhook_refused": _company("suppressed"),
    "sync_paused": _company(),
    "sync_resumed": _company(),
    "removals_confirmed": _company("count"),
    "notice_sent": _company("kind"),  # to an admin, by mail
    "tickets_synced": _company("count"),
    "reindex_ordered": _company("count", "mode"),
    "mirror_exported": _company("tickets"),
    "audit_exported": _company("entries", "first", "last"),
    "audit_verified": _company("entries", "findings", "ok"),
    "assistant_asked": _company("mode", "outcome"),
    "draft_made": _company("mode", "outcome"),
    "draft_used": _company("mode"),
    "writing_ordered": _company("kind"),  # by a click: to be done to a ticket in its helpdesk
    "writing_ended": _company("kind", "outcome", "code"),
    "file_opened": _company("outcome"),
    "file_reading_changed": _company("change"),
    "keys_rotated": _company("rewrapped", "renewed", "resealed", "retired"),
    # What operators do to a company stands in both trails: the company's own, and the operators' with the company's id.
    "support_requested": _company("minutes", "company_id"),
    "support_approved": _company("minutes", "company_id"),
    "support_denied": _company("company_id"),
    "support_entered": _company("company_id"),
    "support_read": _company("route"),
    "support_ended": _company("reason", "company_id"),
    "company_suspended": _company("company_id"),
    "company_resumed": _company("company_id"),
    # The operators' own trail alone: before the one there is no company, after the other none any more.
    "company_opened": _operator("company_id"),
    "company_closed": _operator("company_id"),
}

# What the logs hold.
LOG_EVENTS: dict[str, Event] = {
    "task_dropped": _company("task", "reason"),
    "indexed": _company("sources", "chunks", "embedded", "removed", "placed"),
    "file_read": _company("outcome"),
    "second_meaning": _company("sources", "chunks", "embedded"),
    "reconciled": _company("points", "rows", "strangers", "missing", "changed", "second"),
    "work_put_off": _company("kind", "code", "count"),
    "writing_unsure": _company("kind", "code"),
    "work_set_aside": _company("kind", "code", "count"),
    "connection_refused": _company("connection", "code"),
    "model_refused": _company("connection", "code"),
    "spend_unsettled": _company(),
    "removals_held": _company("kind", "count"),
    "notice_opened": _company("kind", "connection", "code", "count"),
    "notice_ended": _company("kind", "connection", "seconds"),
    "company_failed": _operator("company_id", "code"),
    "sweep_waits": _operator("kind"),
    "orders_wait": _operator(),
    "hints_wait": _company(),
    "company_untold": _operator("kind", "company_id"),  # an order is not in the company's own audit log
    "order_put_off": _operator("kind", "company_id", "code"),
    "standby_kept": _operator("change", "count"),
    "standby_unfit": _operator("code"),
    "order_ended": _operator("kind", "company_id", "outcome", "code"),
    "egress_failed": _company("reason"),
    "helpdesk_failed": _company("status", "code", "seconds", "transaction"),  # an answer that was none, as its own logs name it
    "request_failed": _public("status", "method", "route"),
    "isolation_alarm": _operator("kind", "schema", "model"),  # a wall had to hold
    "foreign": _operator("where"),  # a library's line: where it was written, not what it says
    "undeclared": _operator("where"),  # a line of ours that is missing here
    "crashed": _operator("where"),  # an exception that a library tells of, or that nobody caught
    "task_failed": _company("task"),
    "audit_heads_written": _operator("count", "seconds"),
    "audit_heads_off": _operator(),
    "audit_head_failed": _company("code"),
    "cache_away": _operator("code"),
    "cache_back": _operator(),
    "cache_foreign_value": _company("kind"),
}

# What /metrics counts. Its reader is the operator: a label never names a company, a person or anything of theirs.
METRICS: dict[str, Event] = {
    "deskhand_isolation_alarms": _operator("kind"),
    "deskhand_edge_refused": _operator("code"),
    "deskhand_cache_calls": _operator("namespace", "outcome"),
    "deskhand_stage_seconds": _operator("stage"),
}


def fits(field: str, value: Any) -> bool:
    """Whether the value has the shape of the field; False for a field nobody declared."""
    shape = FIELDS.get(field)
    if shape is None:
        return False
    if shape is Shape.COUNT:
        return isinstance(value, int) and -LARGEST < value < LARGEST
    if shape is Shape.SECONDS:
        return isinstance(value, int | float) and -LARGEST < value < LARGEST
    return isinstance(value, str) and _TEXTS[shape].fullmatch(value) is not None


def mark(value: Any) -> str:
    """What stands in the place of a value that may not be written."""
    return f"<{type(value).__name__}>"
