"""Webhooks of helpdesks: an address of each connection at which its helpdesk says that tickets may have changed.

Who calls shows two secrets, one in the address and one in a header; a helpdesk that signs its calls (contracts 2.8, 3.7)
shows the first one and signs by a key that lies sealed here, within five minutes.
The body is a hint and no more: the numbers of tickets are read from it, and those tickets are asked for.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import compress
from typing import Any, cast
from uuid import UUID

import orjson
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from apps.core.audit import record_on_commit
from apps.core.crypto import seal, unseal
from apps.core.errors import BadInput, Forbidden, SealBroken
from apps.core.fields import SealedField
from apps.ingest import hints
from apps.ingest.models import Hook
from apps.platforms.base import PlatformAdapter
from apps.platforms.models import Connection
from apps.platforms.registry import adapter_class
from apps.tenancy import looks
from apps.tenancy.cache import declare
from apps.tenancy.context import current_company

SECRET_BYTES = 32
HEADER = "X-Deskhand-Secret"
BODY_MOST = 16 * 1024  # bytes; one number needs thirty
TICKETS_MOST = 100  # of one call
DIGITS = 19  # of a ticket's number
OLD_WORKS = timedelta(days=7)
HOOKS = declare("ingest.hooks", seconds=60, most=1)  # digests, never secrets
HEARD = "ingest.heard"  # name of the mark: when it was last heard has just been noted
NAMES = ("ticket_id", "ticket_ids")
_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Known:
    """A hook whose secrets somebody showed; of one whose calls are signed the address alone, and the signature is still to
    be read. `fresh`: the new ones, not those of before a rotation."""

    id: UUID
    connection_id: UUID
    fresh: bool
    platform: str = ""
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Secrets:
    """In clear, once: the last part of the address, and the value of the header, or the key by which calls are signed."""

    path: str
    header: str = ""
    key: str = ""


def make_hook(*, connection: Connection) -> tuple[Hook, Secrets]:
    """New secrets for a connection. Old ones work on until the new ones are heard, for a week at most."""
    signs, now = adapter_class(connection.platform).capabilities.signed_push, timezone.now()
    path, other = secrets.token_urlsafe(SECRET_BYTES), secrets.token_urlsafe(SECRET_BYTES)
    fresh = Secrets(path, key=other) if signs else Secrets(path, header=other)
    with transaction.atomic():
        held = Hook.objects.select_for_update().filter(connection=connection).first()
        hook = held or Hook(connection=connection)
        if held is not None:
            hook.old_path_digest, hook.old_header_digest, hook.old_sign_key = held.path_digest, held.header_digest, ""
            if held.sign_key:  # sealed for another field
                hook.old_sign_key = _seal(_unseal(held.sign_key, "sign_key"), "old_sign_key")
            hook.old_until = now + OLD_WORKS
        hook.path_digest, hook.header_digest = digest(fresh.path), digest(fresh.header) if fresh.header else ""
        hook.sign_key, hook.made_at = _seal(fresh.key, "sign_key") if fresh.key else "", now
        hook.save()
        _forget()
        looks.begin(current_company().company_id, HEARD, (str(hook.pk),), {})  # the first call with the new ones counts
        record_on_commit("webhook_changed", subject=f"connection:{connection.pk}", change="rotated" if held else "made")
    return hook, fresh


def end_hook(*, connection: Connection) -> bool:
    """Its address leads nowhere from now on. Whether there was one."""
    with transaction.atomic():
        gone, _ = Hook.objects.filter(connection=connection).delete()
        if gone:
            _forget()
            record_on_commit("webhook_changed", subject=f"connection:{connection.pk}", change="ended")
    return bool(gone)


def _forget() -> None:
    """What is kept of hooks is old: now, and when the caller's change can be read by others."""
    HOOKS.clear()
    transaction.on_commit(HOOKS.clear)


def find_hook(path: str, header: str) -> Known | None:
    """Whose secrets these are, in constant time for each of the company's few: all are compared, both parts of each.

    Asked of the cache, so that a burst of calls costs no database; every change of a hook clears it.
    """
    given, now, found = (digest(path), digest(header)), timezone.now(), None
    for one in HOOKS.get_or_make("all", make=_load):
        signed = adapter_class(one["connection__platform"]).capabilities.signed_push
        same = _same_path if signed else _same
        fresh = same(given, (one["path_digest"], one["header_digest"]))
        hook = Known(UUID(one["id"]), UUID(one["connection_id"]), fresh, one["connection__platform"], signed)
        until = datetime.fromisoformat(one["old_until"]) if one["old_until"] else None
        old = same(given, (one["old_path_digest"], one["old_header_digest"])) and until is not None and now < until
        if hook.fresh or old:
            found = hook
    return found


def _load() -> list[dict[str, Any]]:
    names = ("id", "connection_id", "connection__platform", "path_digest", "header_digest", "old_path_digest", "old_header_digest", "old_until")
    rows = Hook.objects.values(*names)
    return [{name: "" if value is None else value.isoformat() if isinstance(value, datetime) else str(value) for name, value in row.items()} for row in rows]


def hear(*, hook: Known, body: bytes, headers: Mapping[str, str]) -> int:
    """Note what a call that showed the right secrets says. Returns for how many tickets that was news.

    Raises BadInput when it names none, Forbidden when it should be signed and is not.
    """
    adapter = adapter_class(hook.platform)
    company_id, numbers = current_company().company_id, _signed(hook, body, headers) if hook.signed else numbers_in(body, adapter)
    marks = [hints.mark(hook.connection_id, one) for one in numbers]
    if hook.fresh:
        marks.append((HEARD, (str(hook.id),)))
    news = looks.announce_all(company_id, marks, hints.APART_SECONDS)  # one question for all: in a burst there is no other
    told = hints.owe_reads(hook.connection_id, list(compress(numbers, news)))
    if hook.fresh and news[-1]:
        rows = Hook.objects.filter(pk=hook.id)
        if rows.exclude(old_until=None).update(old_path_digest="", old_header_digest="", old_sign_key="", old_until=None):
            HOOKS.clear()
        rows.update(heard_at=timezone.now())
    return told


def _signed(hook: Known, body: bytes, headers: Mapping[str, str]) -> list[str]:
    """Remote ids of the tickets that a signed call names. Raises Forbidden, also where the key cannot be opened."""
    name = "sign_key" if hook.fresh else "old_sign_key"
    held = Hook.objects.filter(pk=hook.id).values_list(name, flat=True).first()
    if not held:
        raise Forbidden("there is no such key", code="signature_invalid")
    try:
        key = _unseal(held, name)
    except SealBroken as exc:  # KeyDestroyed is one of them
        raise Forbidden("the key cannot be opened", code="signature_invalid") from exc
    return list(adapter_class(hook.platform).read_push(headers, body, key, timezone.now()))[:TICKETS_MOST]


def _seal(key: str, name: str) -> str:
    return seal(key.encode(), company_id=current_company().company_id, field=_column(name).place)


def _unseal(sealed: str, name: str) -> str:
    return unseal(sealed, company_id=current_company().company_id, field=_column(name).place).decode()


def _column(name: str) -> SealedField:
    return cast(SealedField, Hook._meta.get_field(name))


def numbers_in(body: bytes, adapter: type[PlatformAdapter]) -> list[str]:
    """(pure) The remote ids of tickets a body names, each once; whatever else it says is not read. Raises BadInput."""
    try:
        said: Any = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise BadInput("The body is not JSON.", code="body_unreadable") from exc
    said = said.get(adapter.push_wrapper, said) if isinstance(said, dict) else said
    named = [said.get(name) for name in NAMES] if isinstance(said, dict) else []
    flat = [one for entry in named for one in (entry if isinstance(entry, list) else [entry])]
    found = list(dict.fromkeys(number for one in flat if (number := _number(one) if adapter.ids_are_numbers else _id(one))))
    if not found:
        raise BadInput("ticket_id: the number of a ticket.", code="ticket_missing")
    if len(found) > TICKETS_MOST:
        raise BadInput(f"ticket_ids: at most {TICKETS_MOST}.", code="tickets_too_many")
    return found


def digest(secret: str) -> str:
    """256 random bits need no slow hash (AUT-7)."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _same_path(given: tuple[str, str], held: tuple[str, str]) -> bool:
    return constant_time_compare(given[0], held[0]) and bool(held[0])


def _same(given: tuple[str, str], held: tuple[str, str]) -> bool:
    both = [constant_time_compare(one, other) for one, other in zip(given, held, strict=True)]
    return all(both) and all(held)


def _number(value: object) -> str:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return str(int(text)) if text.isascii() and text.isdigit() and 0 < len(text) <= DIGITS and int(text) else ""


def _id(value: object) -> str:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return text if _ID.fullmatch(text) else ""
