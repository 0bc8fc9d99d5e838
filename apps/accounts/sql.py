"""Compiled SQL of what every request asks about its token or its session (decisions 14)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import orjson
from django.db import connection

# Cast to text: a kept statement must not change its answer's types while a migration widens a column.
_FIND = """
SELECT t.id, t.scopes::text, coalesce(t.last_used_at <= %s, true), u.id, u.email::text, u.name::text, u.role::text, u.language::text
FROM accounts_apitoken t JOIN accounts_user u ON u.id = t.user_id
WHERE t.digest = %s AND t.revoked_at IS NULL AND t.expires_at > %s AND u.is_active
"""
# Two requests at once: one writes, the other does not wait for it.
_USED = """
UPDATE accounts_apitoken SET last_used_at = %s WHERE id = (
    SELECT id FROM accounts_apitoken WHERE id = %s AND (last_used_at IS NULL OR last_used_at <= %s)
    FOR NO KEY UPDATE SKIP LOCKED)
"""
_FIND_SESSION = """
SELECT s.session_data::text, p.id, u.id, coalesce(p.role, '')::text, p.begun_at, coalesce(p.last_seen_at <= %s, false)
FROM django_session s
LEFT JOIN accounts_usersession p ON p.digest = s.session_key AND p.ended_at IS NULL AND p.expires_at > %s
LEFT JOIN accounts_user u ON u.id = p.user_id AND u.is_active AND u.role = p.role
WHERE s.session_key = %s AND s.expire_date > %s
"""
_SEEN = """
UPDATE accounts_usersession SET last_seen_at = %s, expires_at = %s WHERE id = (
    SELECT id FROM accounts_usersession WHERE id = %s AND ended_at IS NULL AND last_seen_at <= %s
    FOR NO KEY UPDATE SKIP LOCKED)
"""
SEEN_FOR = timedelta(minutes=1)  # how exact "last used" and "last seen" are: one write a minute, however many requests


@dataclass(frozen=True, slots=True)
class Caller:
    """The person a token acts for, as much of them as a request needs."""

    id: UUID
    email: str
    name: str
    role: str
    language: str
    is_active: bool = True
    is_authenticated: bool = True
    is_anonymous: bool = False

    @property
    def pk(self) -> UUID:
        return self.id


@dataclass(frozen=True, slots=True)
class TokenRow:
    id: UUID
    scopes: list[str]
    unseen: bool  # its last use is not known to the minute
    user: Caller


def find_token(digest: bytes, now: datetime) -> TokenRow | None:
    """The live token with this digest in the bound company, with its person; None when there is none."""
    with connection.prepared_cursor() as cursor:
        cursor.execute(_FIND, [now - SEEN_FOR, digest, now])
        row = cursor.fetchone()
    if row is None:
        return None
    return TokenRow(row[0], orjson.loads(row[1]), row[2], Caller(*row[3:]))


def note_use(token_id: UUID, now: datetime) -> None:
    """Write that the token was used now, unless somebody has within the last minute."""
    with connection.prepared_cursor() as cursor:
        cursor.execute(_USED, [now, token_id, now - SEEN_FOR])


@dataclass(frozen=True, slots=True)
class FoundSession:
    """A session that has not expired, and the live row of a person behind it if there is one."""

    data: str
    entry: UUID | None
    user: UUID | None  # None too when the person is not active or has another role now
    role: str
    begun_at: datetime
    unseen: bool  # when they were last here is not known to the minute


def find_session(digest: str, now: datetime) -> FoundSession | None:
    """The session whose key has this digest in the bound company; None when there is none or its time is over."""
    with connection.prepared_cursor() as cursor:
        cursor.execute(_FIND_SESSION, [now - SEEN_FOR, now, digest, now])
        row = cursor.fetchone()
    return None if row is None else FoundSession(*row)


def note_seen(entry: UUID, now: datetime, expires_at: datetime) -> None:
    """Write that the person was here now, unless another request has within the last minute."""
    with connection.prepared_cursor() as cursor:
        cursor.execute(_SEEN, [now, expires_at, entry, now - SEEN_FOR])
