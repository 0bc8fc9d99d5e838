"""AUT-7: API tokens: form, checksum, life, scopes, two for a rotation, last use, and the pages that handle them."""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from apps.accounts import tokens
from apps.accounts.models import ApiToken, User
from apps.core.errors import BadInput, Conflict
from apps.core.models import AuditEvent
from apps.tenancy.context import bind_company
from apps.tenancy.credentials import ALPHABET, new_token, split_token

ROOT = Path(__file__).resolve().parents[2]
LIST = "/api/v1/tickets/"


@pytest.fixture
def lena(in_acme, make_user) -> User:
    return make_user(in_acme, "lead")


def api(clear: str, host: str = "acme.localhost") -> Client:
    return Client(headers={"host": host, "authorization": f"Bearer {clear}"})


def events() -> list[str]:
    return list(AuditEvent.objects.order_by("seq").values_list("event", flat=True))


def test_a_token_names_its_kind_and_company_and_has_256_random_bits():
    clear = new_token("api", "acme-north")
    assert split_token(clear) == ("api", "acme-north")
    assert len(ALPHABET) ** 43 > 2**255
    assert new_token("api", "acme-north") != clear


def test_no_sign_of_a_token_can_be_changed_unnoticed():
    clear = new_token("api", "acme")
    wrong = [clear[:i] + ("x" if clear[i] != "x" else "y") + clear[i + 1 :] for i in range(len(clear))]
    assert [one for one in wrong if split_token(one)] == []


def test_a_wrong_checksum_costs_no_question_to_the_database(lena):
    _token, clear = tokens.create(user=lena, name="export")
    wrong = clear[:-1] + ("0" if clear[-1] != "0" else "1")
    asked: list[str] = []

    def watch(execute, sql, params, many, context):
        asked.append(str(sql))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        assert api(clear).get(LIST).status_code == 200
        assert any("accounts_apitoken" in sql for sql in asked)
        asked.clear()
        assert api(wrong).get(LIST).status_code == 401
    assert not any("accounts_" in sql for sql in asked)


def test_a_token_of_another_kind_opens_nothing(lena):
    from apps.accounts.models import digest

    clear = new_token("hook", "acme")
    ApiToken.objects.create(user=lena, name="other", digest=digest(clear))
    assert api(clear).get(LIST).status_code == 401


def test_no_table_holds_a_token(lena):
    _token, clear = tokens.create(user=lena, name="export")
    secret = clear.split("_")[3]
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()")
        names = [row[0] for row in cursor.fetchall()]
        assert "accounts_apitoken" in names
        for name in names:
            cursor.execute(f'SELECT count(*) FROM "{name}" t WHERE t::text LIKE %s', [f"%{secret}%"])  # noqa: S608
            assert cursor.fetchone() == (0,), name


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"name": " "}, "name_invalid"),
        ({"name": "x" * 81}, "name_invalid"),
        ({"name": "a\x1b[31m"}, "name_invalid"),
        ({"scopes": []}, "scope_invalid"),
        ({"scopes": ["read", "all"]}, "scope_invalid"),
        ({"days": 0}, "days_invalid"),
        ({"days": 366}, "days_invalid"),
    ],
)
def test_what_cannot_be_a_token_is_not_made(lena, given, code):
    with pytest.raises(BadInput) as refused:
        tokens.create(user=lena, **{"name": "export"} | given)
    assert refused.value.code == code
    assert not ApiToken.objects.exists()


def test_the_database_holds_no_token_longer_than_a_year(lena):
    token, _clear = tokens.create(user=lena, name="export", days=365)
    with pytest.raises(IntegrityError, match="accounts_apitoken_expires"), transaction.atomic():
        ApiToken.objects.filter(pk=token.pk).update(expires_at=token.created_at + timedelta(days=366))


def test_a_token_ends_on_its_day_and_at_once_when_revoked_or_its_person_leaves(lena):
    short, clear_short = tokens.create(user=lena, name="a", days=7)
    long, clear_long = tokens.create(user=lena, name="b")
    assert (long.expires_at - long.created_at).days in (89, 90)
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=5), tick=True):
        assert api(clear_short).get(LIST).status_code == 401
        assert api(clear_long).get(LIST).status_code == 200
        assert tokens.revoke(token=long)
        assert not tokens.revoke(token=long)
        assert api(clear_long).get(LIST).status_code == 401
    _other, clear = tokens.create(user=lena, name="c")
    User.objects.filter(pk=lena.pk).update(is_active=False)
    assert api(clear).get(LIST).status_code == 401
    assert short.name == "a"


def test_two_of_a_purpose_work_at_a_time_and_no_third(lena, make_user, in_acme):
    first, _clear = tokens.create(user=lena, name="export")
    tokens.create(user=lena, name=" export ")
    with pytest.raises(Conflict) as refused:
        tokens.create(user=lena, name="export")
    assert refused.value.code == "tokens_too_many"
    tokens.create(user=lena, name="import")
    tokens.create(user=make_user(in_acme, "admin"), name="export")
    tokens.revoke(token=first)
    tokens.create(user=lena, name="export")


def test_replacing_lets_the_old_one_work_for_a_week(lena):
    old, clear_old = tokens.create(user=lena, name="export", scopes=["read"], days=30)
    new, clear_new = tokens.replace(token=old)
    assert (new.name, new.scopes, (new.expires_at - new.created_at).days) == ("export", ["read"], 29)
    assert {api(one).get(LIST).status_code for one in (clear_old, clear_new)} == {200}
    with pytest.raises(Conflict):
        tokens.replace(token=new)
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1), tick=True):
        assert [api(one).get(LIST).status_code for one in (clear_old, clear_new)] == [401, 200]
        with pytest.raises(Conflict) as refused:
            tokens.replace(token=old)
        assert refused.value.code == "token_ended"
        tokens.replace(token=new)


def test_the_last_use_is_written_once_a_minute(lena):
    token, clear = tokens.create(user=lena, name="export")
    start = timezone.now()
    used = []
    for seconds in (0, 30, 59, 61, 90):
        with time_machine.travel(start + timedelta(seconds=seconds), tick=False):
            assert api(clear).get(LIST).status_code == 200
        token.refresh_from_db()
        used.append(round((token.last_used_at - start).total_seconds()))
    assert used == [0, 0, 0, 61, 61]


def test_what_happens_to_tokens_is_in_the_audit_trail(lena, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        old, _clear = tokens.create(user=lena, name="export")
        new, _clear = tokens.replace(token=old)
        tokens.revoke(token=new)
    assert events() == ["token_created", "token_created", "token_changed", "token_changed"]
    assert [row.facts.get("change") for row in AuditEvent.objects.order_by("seq")][2:] == ["replaced", "revoked"]


def test_a_person_makes_replaces_and_revokes_a_token_on_the_page(acme, client_of):
    browser = client_of(acme, "lead")
    page = browser.post("/account/tokens/", {"name": "Nightly", "scopes": ["read"], "days": "30"})
    assert page["Cache-Control"] == "no-store"
    clear = _shown(page)
    assert api(clear).get(LIST).status_code == 200
    assert api(clear).post("/api/v1/ask/", {"question": "?"}, content_type="application/json").status_code == 403
    listed = browser.get("/account/tokens/").content.decode()
    assert "Nightly" in listed
    assert clear not in listed
    with bind_company(acme.binding()):
        token = ApiToken.objects.get()
    second = _shown(browser.post(f"/account/tokens/{token.pk}/replace/"))
    assert second != clear
    third = browser.post("/account/tokens/", {"name": "Nightly", "scopes": ["read"], "days": "30"})
    assert third.status_code == 409
    assert "Two tokens for this purpose work already" in third.content.decode()
    after = browser.post(f"/account/tokens/{token.pk}/revoke/", follow=True).content.decode()
    assert "“Nightly” is revoked" in after
    assert [api(one).get(LIST).status_code for one in (clear, second)] == [401, 200]


@pytest.mark.parametrize(
    "given", [{}, {"name": "", "scopes": "read", "days": "30"}, {"name": "x", "days": "30"},
              {"name": "x", "scopes": "all", "days": "30"}, {"name": "x", "scopes": "read", "days": "9999"}]
)  # fmt: skip
def test_a_form_that_is_not_right_makes_nothing_and_says_so(acme, client_of, given):
    answer = client_of(acme, "lead").post("/account/tokens/", given)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()
    with bind_company(acme.binding()):
        assert not ApiToken.objects.exists()


def test_an_admin_sees_and_revokes_those_of_others_and_cannot_replace_them(acme, client_of, token_of):
    clear = token_of(acme, "lead")
    lead, boss = client_of(acme, "lead"), client_of(acme, "admin")
    with bind_company(acme.binding()):
        token = ApiToken.objects.get()
        own, _clear = tokens.create(user=User.objects.get(role="admin"), name="boss only")
    assert token.name in boss.get("/account/tokens/").content.decode()
    assert "boss only" not in lead.get("/account/tokens/").content.decode()
    assert lead.post(f"/account/tokens/{own.pk}/revoke/").status_code == 404
    assert boss.post(f"/account/tokens/{token.pk}/replace/").status_code == 404
    assert boss.post(f"/account/tokens/{token.pk}/revoke/").status_code == 302
    assert api(clear).get(LIST).status_code == 401


def test_the_admin_site_revokes_and_changes_nothing_else(acme, client_of, token_of):
    clear = token_of(acme, "lead")
    boss = client_of(acme, "admin")
    with bind_company(acme.binding()):
        token = ApiToken.objects.get()
    assert boss.post(f"/admin/accounts/apitoken/{token.pk}/change/", {"name": "x"}).status_code == 403
    boss.post("/admin/accounts/apitoken/", {"action": "revoke", "_selected_action": [str(token.pk)]})
    assert api(clear).get(LIST).status_code == 401


def test_a_token_of_one_company_is_not_found_in_another(acme, globex, client_of, token_of):
    token_of(globex, "lead")
    with bind_company(globex.binding()):
        foreign = ApiToken.objects.get().pk
    for verb in ("replace", "revoke"):
        assert client_of(acme, "admin").post(f"/account/tokens/{foreign}/{verb}/").status_code == 404


def test_the_commands_make_list_replace_and_revoke(db, acme, make_user, capsys):
    import json

    def run(*given: str) -> dict:
        call_command(*given, json=True)
        return json.loads(capsys.readouterr().out)

    lead = make_user(acme, "lead")
    made = run("create_token", "acme", lead.email, "--expires", "10", "--scope", "read")
    (row,) = run("tokens", "acme")["tokens"]
    assert (row["id"], row["email"], row["scopes"]) == (made["id"], lead.email, "read")
    new = run("tokens", "acme", "--replace", made["id"])
    assert run("tokens", "acme", "--revoke", made["id"]) == {"revoked": True}
    assert [api(one["token"]).get(LIST).status_code for one in (made, new)] == [401, 200]
    for given in (["--expires", "400"], ["--name", " "]):
        with pytest.raises(CommandError):
            call_command("create_token", "acme", lead.email, *given)
    with pytest.raises(CommandError, match="token_unknown"):
        call_command("tokens", "acme", "--revoke", "0198c0de-0000-7000-8000-000000000000")


def test_the_pattern_for_secret_scanners_finds_every_token():
    rule = tomllib.loads((ROOT / ".gitleaks.toml").read_text(encoding="utf-8"))["rules"][0]
    pattern = re.compile(rule["regex"])
    for company in ("ab", "acme-north", "x" * 40):
        clear = new_token("api", company)
        assert pattern.search(f'token = "{clear}"')[1] == clear
        assert rule["keywords"] == ["dsk_"]



def _shown(page) -> str:
    assert page.status_code == 200
    found = re.search(r'id="fresh"[^>]* value="(dsk_[^"]+)"', page.content.decode())
    assert found
    return found[1]
