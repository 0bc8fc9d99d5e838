"""Signing in and out, language, appearance, keys, and the way to one's company."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.core.models import AuditEvent
from apps.tenancy.context import bind_company

PASSWORD = "correct horse battery"


@pytest.fixture
def mara(acme, make_user):
    return make_user(acme, email="mara@acme.example")


def at(host: str) -> Client:
    return Client(headers={"host": host})


def test_the_form_names_the_company_and_leads_where_one_wanted_to_go(acme, mara):
    browser = at("acme.localhost")
    page = browser.get("/sign-in/?next=/ask/").content.decode()
    assert "Sign in to Acme Audio" in " ".join(page.split())
    answer = browser.post("/sign-in/", {"username": "mara@acme.example", "password": PASSWORD, "next": "/ask/"})
    assert answer["Location"] == "/ask/"


def test_a_foreign_next_is_not_followed(acme, mara):
    answer = at("acme.localhost").post(
        "/sign-in/", {"username": "mara@acme.example", "password": PASSWORD, "next": "https://evil.example/"}
    )
    assert answer["Location"] == "/"


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(acme, mara):
    pages = []
    for email in ("mara@acme.example", "nobody@acme.example"):
        answer = at("acme.localhost").post(
            "/sign-in/", {"username": email, "password": "wrong"}, headers={"x-request-id": "00000000-0000-4000-8000-00000000000a"}
        )
        assert answer.status_code == 200
        page = answer.content.decode().replace(email, "")
        pages.append(
            page[page.index("<main") : page.index('name="csrfmiddlewaretoken"')]
            + page[page.index("</main>") - 400 : page.index("</main>")]
        )
    assert pages[0] == pages[1]
    assert "Email or password is not right" in pages[0]


def test_somebody_of_another_company_cannot_sign_in_here(acme, globex, mara):
    answer = at("globex.localhost").post("/sign-in/", {"username": "mara@acme.example", "password": PASSWORD})
    assert answer.status_code == 200
    assert "session" not in answer.cookies


def test_signing_in_and_failing_to_leave_audit_entries(acme, mara):
    browser = at("acme.localhost")
    browser.post("/sign-in/", {"username": "mara@acme.example", "password": "wrong"})
    browser.post("/sign-in/", {"username": "mara@acme.example", "password": PASSWORD})
    with bind_company(acme.binding()):
        events = list(AuditEvent.objects.values_list("event", flat=True))
    assert events == ["sign_in_refused", "signed_in"]


def test_signing_out_needs_a_form_and_clears_what_the_browser_kept(acme, client_of):
    browser = client_of(acme)
    assert browser.get("/sign-out/").status_code == 405
    answer = browser.post("/sign-out/")
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert browser.get("/ask/").status_code == 302


def test_forms_are_refused_without_their_token(acme, mara):
    strict = Client(enforce_csrf_checks=True, headers={"host": "acme.localhost"})
    answer = strict.post("/sign-in/", {"username": "mara@acme.example", "password": PASSWORD})
    assert answer.status_code == 403
    assert "This form has expired" in answer.content.decode()


def test_the_seven_languages_are_shown_in_themselves_and_one_is_kept_with_the_person(acme, client_of):
    browser = client_of(acme)
    page = browser.get("/").content.decode()
    for code, name in (
        ("ko", "한국어"),
        ("ja", "日本語"),
        ("zh-hans", "简体中文"),
        ("de", "Deutsch"),
        ("fr", "Français"),
        ("es", "Español"),
        ("en", "English"),
    ):
        assert f'value="{code}"' in page
        assert name in page
    answer = browser.post("/language/", {"language": "ko"}, headers={"referer": "http://acme.localhost/ask/?x=1"})
    assert answer["Location"] == "/ask/?x=1"
    assert '<html lang="ko"' in browser.get("/").content.decode()
    with bind_company(acme.binding()):
        assert User.objects.get(role="agent").language == "ko"


def test_a_language_chosen_before_signing_in_is_kept_in_a_cookie(acme):
    browser = at("acme.localhost")
    browser.post("/language/", {"language": "ja"})
    assert browser.cookies["language"]["httponly"]
    assert '<html lang="ja"' in browser.get("/sign-in/").content.decode()
    browser.post("/language/", {"language": "tlh"})
    assert '<html lang="ja"' in browser.get("/sign-in/").content.decode()


def test_the_way_back_never_leaves_the_site(acme, client_of):
    answer = client_of(acme).post("/theme/", {"theme": "dark"}, headers={"referer": "https://evil.example/x"})
    assert answer["Location"] == "/"


def test_a_theme_is_kept_with_the_person_and_worn_before_signing_in(acme, client_of):
    browser = client_of(acme)
    browser.post("/theme/", {"theme": "dark"})
    assert 'data-theme="dark"' in browser.get("/").content.decode()
    browser.post("/sign-out/")
    assert 'data-theme="dark"' in browser.get("/sign-in/").content.decode()
    browser.post("/theme/", {"theme": "system"})
    assert "data-theme" not in browser.get("/sign-in/").content.decode().split("<body")[0]
    browser.post("/theme/", {"theme": 'x" onload="'})
    assert "data-theme" not in browser.get("/sign-in/").content.decode().split("<body")[0]


def test_single_letter_keys_can_be_switched_off_and_on(acme, client_of):
    browser = client_of(acme)
    assert 'data-keys="on"' in browser.get("/").content.decode()
    browser.post("/keys/", {"keys": "off"})
    page = browser.get("/").content.decode()
    assert "data-keys" not in page
    assert "Switch keys on" in page
    browser.post("/keys/", {"keys": "on"})
    assert 'data-keys="on"' in browser.get("/").content.decode()


def test_the_bare_host_tells_nothing_about_who_is_there(acme):
    browser = at("localhost")
    there, not_there = (browser.post("/", {"company": name}) for name in ("acme", "nobody-here"))
    assert there.status_code == not_there.status_code == 302
    assert not_there["Location"] == "http://nobody-here.localhost:8000/"
    wrong = browser.post("/", {"company": "<b>x</b>"})
    assert wrong.status_code == 400
    assert "<b>x</b>" not in wrong.content.decode()
    assert "&lt;b&gt;x&lt;/b&gt;" in wrong.content.decode()


def test_admins_alone_see_the_way_to_the_admin(acme, client_of):
    assert 'href="/admin/"' in client_of(acme, "admin").get("/").content.decode()
    assert 'href="/admin/"' not in client_of(acme, "agent").get("/").content.decode()


@pytest.mark.parametrize("role", ["agent", "lead", "admin", "privacy"])
def test_every_role_of_the_company_reads_the_queue(acme, client_of, role):
    assert client_of(acme, role).get("/").status_code == 200


def test_somebody_switched_off_is_out_at_once(acme, client_of):
    browser = client_of(acme)
    with bind_company(acme.binding()):
        User.objects.filter(role="agent").update(is_active=False)
    assert browser.get("/").status_code == 302


def test_the_admin_offers_no_groups_that_would_do_nothing(acme, client_of):
    page = client_of(acme, "admin").get("/admin/")
    assert page.status_code == 200
    assert "/admin/auth/" not in page.content.decode()
    assert client_of(acme, "admin").get("/admin/auth/group/").status_code == 404
