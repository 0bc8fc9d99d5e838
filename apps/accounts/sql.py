"""Compiled SQL of what every API request asks about its token (decisions 14)."""

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
SEEN_FOR = timedelta(minutes=1)  # how exact "last used" is: one write a minute and token, however many requests


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
