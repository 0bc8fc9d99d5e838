"""Calls that a helpdesk signs: heard with the right key within five minutes, and like an address nobody has otherwise."""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import re
import time
from collections.abc import Iterator

import orjson
import pytest
from django.test import Client

from apps.accounts.models import User
from apps.core.errors import NotFound
from apps.ingest.models import Hook
from apps.platforms.adapters.freshdesk import FreshdeskAdapter
from apps.platforms.models import Connection
from apps.platforms.registry import adapters
from apps.tenancy.context import bind_company
from tests.ingest.test_webhooks import knock, nothing_is_kept, owed, sent

__all__ = ["nothing_is_kept", "sent"]  # their fixtures
ID = "9d385017c611228701d22104cc95c371"
BODY = {"table": "incident", "sys_id": ID, "sys_updated_on": "2026-03-01 09:00:00", "op": "update"}


def call(path: str, key: str, body: object = BODY, *, late: int = 0, signature: str = "", host: str = "acme") -> int:
    raw, moment = orjson.dumps(body), str(int(time.time()) - late)
    made = base64.b64encode(hmac.new(key.encode(), f"{moment}.".encode() + raw, hashlib.sha256).digest()).decode()
    headers = {"host": f"{host}.localhost", "x-deskhand-timestamp": moment, "x-deskhand-signature": signature or made}
    return Client(headers=headers, enforce_csrf_checks=True).post(f"/hooks/acme/{path}/", raw, content_type="application/json").status_code


def told(page: str) -> tuple[str, str]:
    """(last part of the address, key) as the script has them."""
    script = html.unescape(re.search(r'id="fresh-script"[^>]*>(.*?)</textarea>', page, re.DOTALL)[1])
    return re.search(r'var url = "http[^"]*/hooks/acme/([\w-]{43})/"', script)[1], re.search(r'var key = "([\w-]{43})"', script)[1]


@pytest.fixture
def connection(acme, settings) -> Iterator[Connection]:
    settings.PLATFORM_ADAPTERS = list(dict.fromkeys([*settings.PLATFORM_ADAPTERS, "apps.platforms.adapters.servicenow.ServiceNowAdapter"]))
    adapters.cache_clear()
    with bind_company(acme.binding()):
        made = Connection.objects.create(platform="servicenow", account="acme.service-now.example", credentials="")
    yield made
    adapters.cache_clear()


def test_the_script_of_the_page_makes_calls_that_are_heard_and_nothing_else_is(acme, globex, connection, client_of, sent):
    admin, where = client_of(acme, "admin"), f"/webhooks/{connection.pk}/"
    assert "Set it up in ServiceNow" in admin.get("/webhooks/").content.decode()
    path, key = told(admin.post(where, {"action": "make"}).content.decode())
    with bind_company(acme.binding()):
        held = Hook.objects.get()
        assert (held.header_digest, key in held.sign_key, len(held.sign_key) > 60) == ("", False, True)
    wrong = [
        call(path, "another"), call(path, key, signature="AAAA"), call(path, key, late=301), call(path, key, late=-301), call(path[:-1] + "_", key),
        call(path, key, host="globex"), call(path, key, "x" * 20_000), knock(path, key, BODY).status_code, knock(path, "", BODY).status_code,
    ]  # fmt: skip
    assert wrong == [404] * len(wrong)
    assert (owed(acme), sent) == ([], [])
    assert [call(path, key), call(path, key, late=200), call(path, key)] == [202] * 3
    assert owed(acme) == [(ID, 1)], "said again it is one read"
    assert call(path, key, {"sys_id": "../x"}) == 202, "what names no ticket of theirs is nothing to look for"
    assert len(owed(acme)) == 1
    page = admin.get("/webhooks/").content.decode()
    assert "Last heard:" in page and key not in page and path not in page
    new_path, new_key = told(admin.post(where, {"action": "make"}).content.decode())
    assert call(path, key) == 202, "the old one serves until the new one is heard"
    assert call(path, new_key) == 404
    assert (call(new_path, new_key), call(path, key)) == (202, 404)
    admin.post(where, {"action": "end"})
    assert call(new_path, new_key) == 404


def test_who_does_not_sign_has_no_script_and_the_page_speaks_seven_languages(acme, connection, client_of):
    for asked in (lambda: FreshdeskAdapter.push_script("", ""), lambda: FreshdeskAdapter.read_push({}, b"", "", None)):
        with pytest.raises(NotFound):
            asked()
    admin, seen = client_of(acme, "admin"), set()
    for language in ("en", "ko", "ja", "zh-hans", "de", "fr", "es"):
        with bind_company(acme.binding()):
            User.objects.filter(role="admin").update(language=language)
        page = admin.post(f"/webhooks/{connection.pk}/", {"action": "make"}).content.decode()
        seen |= {tuple(re.findall(r"<li>([^<]+)</li>", page)[-3:]) + (re.search(r'<label for="fresh-script">([^<]+)', page)[1],)}
    assert len(seen) == 7
