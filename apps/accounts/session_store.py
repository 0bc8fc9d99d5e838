"""The engine of sessions: Django's table, and for people a live row of UserSession read with it (AUT-5).

One statement asks for both, so that an end counts in every process with the next request and costs none a question
more. It fails closed: a session that names a person and has no live row is nobody's. The key stands in the cookie
alone; both tables hold its digest, so that a copy of the database opens no session.
"""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, SESSION_KEY, load_backend
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

from apps.accounts.devices import device_of
from apps.accounts.models import User
from apps.accounts.session_models import UserSession, expiry
from apps.accounts.sql import FoundSession, find_session, note_seen
from apps.core.audit import record
from apps.core.network import coarse_network

UNATTENDED = "X-Unattended"  # the header of requests a page makes by itself: nobody need be at the keyboard


def digest_of(key: str) -> str:
    """Of a session's key, as stored: its 165 random bits need no slow hash, and 160 bits of it are as many as fit."""
    return hashlib.sha256(key.encode()).hexdigest()[:40]


class SessionStore(DatabaseStore):
    """Django's database sessions; `entry` is the UserSession behind it, None for nobody's and for visits."""

    entry: UUID | None = None
    attended = True

    def load(self) -> dict[str, Any]:
        now = timezone.now()
        found = find_session(digest_of(self.session_key or ""), now)
        data = self.decode(found.data) if found is not None else {}
        if found is None or (SESSION_KEY in data and not _lives(data, found)):
            self._session_key = None
            return {}
        self.entry = found.entry
        if found.entry is not None and found.unseen and self.attended:
            note_seen(found.entry, now, expiry(found.role, found.begun_at, now))
        return data

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        row = super().create_model_instance(data)
        row.session_key = digest_of(row.session_key)
        return row

    def exists(self, session_key: str) -> bool:
        found: bool = super().exists(digest_of(session_key))
        return found

    def cycle_key(self) -> None:
        """Another key for the same session; the row goes with it, unless it has ended meanwhile."""
        data, old = self._session, self.session_key
        self.create()
        self._session_cache = data
        if old is not None:
            if self.entry is not None:
                moved = UserSession.objects.filter(digest=digest_of(old))
                moved.update(digest=digest_of(self.session_key or ""))
            self.delete(old)

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            super().delete(digest_of(key))
            UserSession.objects.filter(digest=digest_of(key)).end()

    def flush(self) -> None:
        super().flush()
        self.entry = None

    def begin(self, person: User, *, user_agent: str, network: str) -> None:
        """This session is from now on this person's, under a key nobody has had before."""
        if self.entry is not None:
            self.delete()
        if self.entry is not None or self.session_key is None:
            self.create()
        now = timezone.now()
        browser, system = device_of(user_agent)
        row = UserSession.objects.create(
            user=person, digest=digest_of(self.session_key or ""), role=person.role, begun_at=now, last_seen_at=now,
            expires_at=expiry(person.role, now, now), browser=browser, system=system, network=network,
        )  # fmt: skip
        self.entry = row.pk

    async def acreate(self) -> None:
        await sync_to_async(self.create)()

    async def asave(self, must_create: bool = False) -> None:
        await sync_to_async(self.save)(must_create)

    async def aload(self) -> dict[str, Any]:
        return await sync_to_async(self.load)()

    async def acycle_key(self) -> None:
        await sync_to_async(self.cycle_key)()

    async def adelete(self, session_key: str | None = None) -> None:
        await sync_to_async(self.delete)(session_key)

    async def aflush(self) -> None:
        await sync_to_async(self.flush)()


def _lives(data: dict[str, Any], found: FoundSession) -> bool:
    """Whether a session that names somebody may go on: theirs, or of a backend that asks for its end itself."""
    if found.entry is not None:
        return found.user is not None and str(found.user) == data[SESSION_KEY]
    path = data.get(BACKEND_SESSION_KEY)
    return path in settings.AUTHENTICATION_BACKENDS and getattr(load_backend(path), "ends_its_sessions", False)


def _begin(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    request.session.begin(user, user_agent=request.META.get("HTTP_USER_AGENT", ""), network=coarse_network(request))


def _ended(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    if isinstance(user, User):
        record("session_ended", subject=f"user:{user.pk}", reason="signed_out", count=1)


user_logged_in.connect(_begin, dispatch_uid="deskhand.session_begun")
user_logged_out.connect(_ended, dispatch_uid="deskhand.session_ended")
