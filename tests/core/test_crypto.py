"""Stored secrets open only where they belong, and only while their company's key exists (SEC-1)."""

from __future__ import annotations

import ast
import base64
import os
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.apps import apps
from django.conf import settings as live_settings
from django.db import transaction

from apps.core import crypto
from apps.core.crypto import KeyDestroyed, SealBroken, parse_keys, parse_sealed, seal, unseal
from apps.core.errors import NoCompany
from apps.core.fields import SealedField, sealed_fields
from apps.core.masterkeys import KeyRing
from apps.core.models import CompanyKey
from apps.core.privacy import SECRET
from apps.platforms.models import Connection
from apps.tenancy.context import bind_company
from tests.mirror import make_connection

ROOT = Path(__file__).resolve().parents[2]
FIELD = "platforms.connection.credentials"
PLAIN = b"the key of the helpdesk"
# Kept as hashes, or wrapped already: nothing that could be unsealed.
NOT_SEALED = {
    "accounts.user.password", "accounts.apitoken.digest", "accounts.usersession.digest", "accounts.recoverycode.digest",
    "core.companykey.wrapped", "ingest.hook.path_digest", "ingest.hook.header_digest", "ingest.hook.old_path_digest",
    "ingest.hook.old_header_digest",
}  # fmt: skip


def new_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


@pytest.fixture(autouse=True)
def nothing_remembered():
    crypto.forget_keys()
    yield
    crypto.forget_keys()


def test_a_sealed_value_opens_for_its_company_and_field_only(acme, globex):
    with bind_company(acme.binding()):
        sealed = seal(PLAIN, company_id="acme", field=FIELD)
        assert unseal(sealed, company_id="acme", field=FIELD) == PLAIN
        with pytest.raises(SealBroken):
            unseal(sealed, company_id="acme", field="accounts.user.totp")
        with pytest.raises(SealBroken):
            unseal(sealed, company_id="globex", field=FIELD)
        with pytest.raises(SealBroken):
            seal(PLAIN, company_id="globex", field=FIELD)
    with bind_company(globex.binding()):
        for company_id in ("acme", "globex"):
            with pytest.raises(SealBroken):
                unseal(sealed, company_id=company_id, field=FIELD)


def test_nothing_is_sealed_or_opened_without_a_company(acme):
    with bind_company(acme.binding()):
        sealed = seal(PLAIN, company_id="acme", field=FIELD)
        unseal(sealed, company_id="acme", field=FIELD)
    with pytest.raises(NoCompany):
        seal(PLAIN, company_id="acme", field=FIELD)
    with pytest.raises(NoCompany):
        unseal(sealed, company_id="acme", field=FIELD)  # though the key is in memory


def test_a_changed_sign_anywhere_breaks_the_seal(in_acme):
    sealed = seal(PLAIN, company_id="acme", field=FIELD)
    for place in range(len(sealed)):
        changed = sealed[:place] + ("B" if sealed[place] == "A" else "A") + sealed[place + 1 :]
        with pytest.raises(SealBroken):
            unseal(changed, company_id="acme", field=FIELD)


@pytest.mark.parametrize(
    "text", ["", "v2", "v2..", "v3.k1.AAAA", "v2.nokey.AAAA", "v1.k9.AAAA", "v1.k1.", "plain words", "v2.x.y.z"]
)
def test_what_was_never_sealed_is_a_broken_seal(text, in_acme):
    with pytest.raises(SealBroken):
        unseal(text, company_id="acme", field=FIELD)


def test_one_key_serves_a_company_and_each_company_has_its_own(acme, globex):
    used = {}
    for company in (acme, globex):
        with bind_company(company.binding()):
            used[company.company_id] = {
                parse_sealed(seal(PLAIN, company_id=company.company_id, field=FIELD)).key for _ in range(3)
            }
            assert {key.hex for key in CompanyKey.objects.values_list("id", flat=True)} == used[company.company_id]
    assert len(used["acme"] | used["globex"]) == 2


def test_a_row_moved_between_schemas_does_not_open_even_with_its_key(acme, globex):
    with bind_company(acme.binding()):
        sealed = seal(PLAIN, company_id="acme", field=FIELD)
        key = CompanyKey.objects.values("id", "wrapped", "active").get()
    with bind_company(globex.binding()):
        CompanyKey.objects.filter(active=True).delete()
        with pytest.raises(KeyDestroyed):
            unseal(sealed, company_id="globex", field=FIELD)
        CompanyKey.objects.create(**key)
        with pytest.raises(SealBroken, match="altered, or belongs to another"):
            unseal(sealed, company_id="globex", field=FIELD)
        with pytest.raises(SealBroken):
            seal(PLAIN, company_id="globex", field=FIELD)


def test_the_key_table_of_another_company_is_behind_the_walls(acme, globex, superuser_url):
    with bind_company(acme.binding()):
        seal(PLAIN, company_id="acme", field=FIELD)
    with bind_company(globex.binding()):
        assert CompanyKey.objects.count() == 0
    with psycopg.connect(superuser_url) as admin:
        forced, policies = admin.execute(
            "SELECT relrowsecurity AND relforcerowsecurity, (SELECT count(*) FROM pg_policy WHERE polrelid = c.oid)"
            " FROM pg_class c WHERE oid = 'c_globex.core_companykey'::regclass"
        ).fetchone()
    assert (forced, policies) == (True, 2)


def test_a_value_of_the_first_version_still_opens(in_acme):
    master, bound = parse_keys(live_settings.MASTER_KEYS)["k1"], b"acme\x00" + FIELD.encode()
    data_key, wrap_nonce, nonce = AESGCM.generate_key(256), os.urandom(12), os.urandom(12)
    body = wrap_nonce + AESGCM(master).encrypt(wrap_nonce, data_key, bound)
    body += nonce + AESGCM(data_key).encrypt(nonce, PLAIN, bound)
    old = "v1.k1." + base64.b64encode(body).decode()
    assert unseal(old, company_id="acme", field=FIELD) == PLAIN
    with pytest.raises(SealBroken):
        unseal(old, company_id="acme", field="other")


def test_a_destroyed_key_is_told_as_such_and_stays_lost(in_acme):
    sealed = seal(PLAIN, company_id="acme", field=FIELD)
    CompanyKey.objects.all().delete()
    with pytest.raises(KeyDestroyed) as caught:
        unseal(sealed, company_id="acme", field=FIELD)
    assert (caught.value.code, caught.value.status, caught.value.retryable) == ("key_destroyed", 409, False)
    again = seal(PLAIN, company_id="acme", field=FIELD)  # a new secret can be stored at once
    assert unseal(again, company_id="acme", field=FIELD) == PLAIN
    with pytest.raises(KeyDestroyed):
        unseal(sealed, company_id="acme", field=FIELD)


def test_a_key_is_kept_for_a_bounded_time_and_in_bounded_number(in_acme, monkeypatch, django_assert_num_queries):
    sealed = seal(PLAIN, company_id="acme", field=FIELD)
    now = [1000.0]
    monkeypatch.setattr(crypto.time, "monotonic", lambda: now[0])
    with django_assert_num_queries(1):
        for _ in range(50):
            unseal(sealed, company_id="acme", field=FIELD)
    now[0] += crypto.KEEP_SECONDS - 1
    with django_assert_num_queries(0):
        unseal(sealed, company_id="acme", field=FIELD)
    CompanyKey.objects.all().delete()
    now[0] += 2
    with pytest.raises(KeyDestroyed):
        unseal(sealed, company_id="acme", field=FIELD)
    monkeypatch.setattr(crypto, "KEEP_MOST", 3)
    for _ in range(5):
        crypto.retire_active("acme")
        unseal(seal(PLAIN, company_id="acme", field=FIELD), company_id="acme", field=FIELD)
    assert len(crypto._open) <= 3


def test_a_key_made_in_a_transaction_that_failed_is_never_used_again(in_acme):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        lost = parse_sealed(seal(PLAIN, company_id="acme", field=FIELD)).key
        unseal(seal(PLAIN, company_id="acme", field=FIELD), company_id="acme", field=FIELD)
        raise ZeroDivisionError
    kept = seal(PLAIN, company_id="acme", field=FIELD)
    assert parse_sealed(kept).key != lost
    crypto.forget_keys()
    assert unseal(kept, company_id="acme", field=FIELD) == PLAIN


def test_a_process_without_the_master_key_says_so_and_names_no_secret(in_acme, settings):
    sealed = seal(PLAIN, company_id="acme", field=FIELD)
    settings.MASTER_KEYS = f"k7:{new_key()}"
    with pytest.raises(SealBroken, match="not given") as caught:
        unseal(sealed, company_id="acme", field=FIELD)
    assert settings.MASTER_KEYS[3:] not in repr(caught.value)


def test_another_keeper_of_master_keys_needs_three_methods(in_acme, monkeypatch):
    """As a key service would: the process never sees the master key, and wrapped keys are opaque."""

    class Service:
        names = ("service-1",)
        asked: list[str] = []
        _ring = KeyRing(f"service-1:{new_key()}")

        def wrap(self, data_key, *, bound, master):
            self.asked.append("wrap")
            return self._ring.wrap(data_key, bound=bound, master=master)

        def unwrap(self, wrapped, *, bound, master):
            self.asked.append("unwrap")
            return self._ring.unwrap(wrapped, bound=bound, master=master)

    service = Service()
    monkeypatch.setattr(crypto, "master_keys", lambda: service)
    sealed = seal(PLAIN, company_id="acme", field=FIELD)
    service.asked.clear()
    for _ in range(10):
        assert unseal(sealed, company_id="acme", field=FIELD) == PLAIN
    assert service.asked == ["unwrap"]  # once: the rest came from memory


@pytest.mark.parametrize(
    "ring",
    ["", " , ", "k1", "k1:", "k1:AAAA", "k1:not base64!", ":" + "A" * 43 + "=", "A" * 43 + "=", "a b:" + "A" * 43 + "=",
     "k1:" + "A" * 43 + "=,k1:" + "B" * 43 + "="],
)  # fmt: skip
def test_a_wrong_ring_is_refused_without_repeating_it(ring):
    with pytest.raises(ValueError, match="MASTER_KEYS") as caught:
        parse_keys(ring)
    assert "AAAA" not in str(caught.value) and "BBBB" not in str(caught.value)


def test_the_ring_does_not_show_its_keys():
    key = new_key()
    ring = KeyRing(f"k2:{key}")
    assert repr(ring) == "KeyRing(k2)"
    assert key not in f"{ring} {ring!r}"


def test_a_sealed_field_takes_nothing_that_was_not_sealed(in_acme):
    connection = make_connection()
    for text in ("secret-key-of-the-helpdesk", '{"api_key": "x"}', "v2.short.AAAA"):
        connection.credentials = text
        with pytest.raises(ValueError) as caught, transaction.atomic():
            connection.save()
        assert text not in str(caught.value)
        with pytest.raises(ValueError), transaction.atomic():
            Connection.objects.update(credentials=text)
    connection.refresh_from_db()
    assert connection.secrets() == {"api_key": "secret-key-of-the-helpdesk"}


def test_every_secret_is_in_a_sealed_field_or_known_to_be_a_hash():
    open_ones = {
        f"{model._meta.label_lower}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields
        if getattr(model, "data_classes", {}).get(field.name) is SECRET and not isinstance(field, SealedField)
    }
    assert open_ones - NOT_SEALED == set()


def test_every_place_that_is_sealed_is_a_sealed_field_which_rotation_can_find():
    """seal(field="…") may only name the place of a SealedField: anything else would be forgotten by rotate_keys."""
    places = {field.place for _, field in sealed_fields()}
    assert places >= {FIELD}
    named = []
    for path in (ROOT / "apps").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
            if name in ("seal", "unseal"):
                value = next((one.value for one in node.keywords if one.arg == "field"), None)
                if isinstance(value, ast.Attribute) and value.attr == "place":
                    continue  # asked of the field itself
                assert isinstance(value, ast.Constant), f"{path}:{node.lineno} does not name its field"
                named.append(value.value)
    assert named
    assert set(named) <= places
