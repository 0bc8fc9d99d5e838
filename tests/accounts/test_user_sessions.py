"""AUT-5: sessions people can see and end: limits by role, an end that counts with the next request, no question more."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest
import time_machine
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from apps.accounts.factors import reset, secret_of
from apps.accounts.models import Role, SecondFactor, User
from apps.accounts.session_models import ABSOLUTE, UserSession, idle_of
from apps.accounts.session_store import SessionStore, digest_of
from apps.tenancy.context import bind_company
from tests.accounts.browsers import CHROME, LIST, NEW, PASSWORD, audited, is_in, key_of, rows, signed_in
from tests.accounts.people import operator_company


@pytest.fixture
def mara(acme, make_user) -> User:
    return make_user(acme, "agent", email="mara@acme.example", password=PASSWORD)


def test_a_session_of_another_browser_is_refused_with_its_next_request(acme, mara):
    here, there = signed_in(), signed_in(CHROME)
    page = here.get(LIST).content.decode()
    assert [page.count(words) for words in ("Firefox on Linux", "Chrome on Windows", "This browser")] == [2, 2, 1]
    assert page.index("Firefox on Linux") < page.index("Chrome on Windows")  # this one first
    assert is_in(there)
    other = rows(acme)[1]
    told = here.post(f"{LIST}{other.pk}/end/", follow=True).content.decode()
    assert "Chrome on Windows is signed out." in told
    assert [is_in(there) for _ in range(3)] == [False] * 3
    assert is_in(here)
    assert audited(acme) == [("own", 1)]
    with bind_company(acme.binding()):
        assert not Session.objects.filter(session_key=other.digest).exists()
        assert UserSession.objects.get(pk=other.pk).digest is None


def test_a_request_on_its_way_when_the_session_ends_does_not_bring_it_back(acme, mara):
    browser = signed_in()
    with bind_company(acme.binding()):
        late, turning = SessionStore(key_of(browser)), SessionStore(key_of(browser))
        assert late[SESSION_KEY] == turning[SESSION_KEY] == str(mara.pk)
        UserSession.objects.live().end("own")
        late["draft"] = "late"
        with pytest.raises(UpdateError):
            late.save()
        turning.cycle_key()
        turning.save()
        assert dict(SessionStore(turning.session_key).items()) == {}
    assert not is_in(browser)


def test_everywhere_else_is_one_click_and_leaves_this_browser(acme, mara):
    here, others = signed_in(), [signed_in(), signed_in(CHROME)]
    told = here.post(f"{LIST}others/end/", follow=True).content.decode()
    assert "2 browsers are signed out." in told
    assert "Sign out everywhere else" not in told
    assert ([is_in(one) for one in others], is_in(here)) == ([False, False], True)
    assert audited(acme) == [("own", 2)]


def test_to_end_this_one_is_to_sign_out(acme, mara):
    browser = signed_in()
    answer = browser.post(f"{LIST}{rows(acme)[0].pk}/end/")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/")
    assert answer.cookies["session"].value == ""
    assert audited(acme) == [("signed_out", 1)]
    assert rows(acme)[0].ended_at is not None


def test_nobody_ends_or_sees_the_sessions_of_a_colleague_or_of_another_company(acme, globex, mara, make_user, client_of):
    browser, mine = signed_in(), rows(acme)[0]
    for stranger in (client_of(acme, "lead"), client_of(acme, "admin"), client_of(globex, "admin")):
        assert "Firefox" not in stranger.get(LIST).content.decode()
        assert stranger.post(f"{LIST}{mine.pk}/end/").status_code == 404
        stranger.post(f"{LIST}others/end/")
    outsider = client_of(globex, "admin")
    assert str(mine.pk) not in outsider.get("/admin/accounts/usersession/").content.decode()
    outsider.post("/admin/accounts/usersession/", {"action": "end", "_selected_action": [str(mine.pk)]})
    outsider.post("/admin/accounts/user/", {"action": "end_sessions", "_selected_action": [str(mara.pk)]})
    assert is_in(browser)
    with bind_company(globex.binding()):
        assert UserSession.objects.filter(pk=mine.pk).end("admin") == 0


def test_an_admin_sees_and_ends_all_sessions_of_a_person(acme, mara, client_of):
    boss = client_of(acme, "admin")
    first, second = signed_in(), signed_in(CHROME)
    listed = boss.get("/admin/accounts/usersession/?q=mara@acme.example").content.decode()
    assert "Firefox on Linux" in listed
    assert "Chrome on Windows" in listed
    assert "203.0.113.0/24" in listed
    assert key_of(first) not in listed
    assert key_of(first) not in boss.get(f"/admin/accounts/usersession/{rows(acme)[1].pk}/change/").content.decode()
    told = boss.post(
        "/admin/accounts/user/", {"action": "end_sessions", "_selected_action": [str(mara.pk)]}, follow=True
    )
    assert "2 sessions were ended." in told.content.decode()
    assert (is_in(first), is_in(second), is_in(boss)) == (False, False, True)
    assert audited(acme) == [("admin", 2)]
    third = signed_in()
    boss.post("/admin/accounts/usersession/", {"action": "end", "_selected_action": [str(rows(acme)[-1].pk)]})
    assert not is_in(third)
    fourth, last = signed_in(), rows(acme)[-1]
    boss.post(f"/admin/accounts/usersession/{last.pk}/delete/", {"post": "yes"})
    assert not is_in(fourth)
    assert last.pk not in [one.pk for one in rows(acme)]
    assert audited(acme) == [("admin", 2), ("admin", 1), ("admin", 1)]


@pytest.mark.parametrize("role", Role.values)
def test_every_role_has_its_limit_of_idleness(role, acme, make_user, client_of):
    company = operator_company() if role == "operator" else acme
    limit = timedelta(hours=8) if role in ("agent", "lead") else timedelta(minutes=30)
    assert idle_of(role) == limit
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        kept, left = client_of(company, role), client_of(company, role)
        words = "8 hours" if role in ("agent", "lead") else "30 minutes"
        assert words in kept.get(LIST).content.decode()
    with time_machine.travel(start + limit - timedelta(seconds=1), tick=False):
        assert is_in(kept)
    with time_machine.travel(start + limit + timedelta(seconds=1), tick=False):
        assert (is_in(kept), is_in(left)) == (True, False)


def test_a_role_nobody_thought_of_has_the_shorter_limit():
    assert idle_of("auditor") == timedelta(minutes=30)


@pytest.mark.parametrize("role", ["agent", "admin"])
def test_after_24_hours_everybody_signs_in_again_however_busy(role, acme, client_of):
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        browser = client_of(acme, role)
    moment, step = start, idle_of(role) - timedelta(minutes=2)
    while moment + step < start + ABSOLUTE:
        moment += step
        with time_machine.travel(moment, tick=False):
            assert is_in(browser), moment - start
    with time_machine.travel(start + ABSOLUTE - timedelta(seconds=1), tick=False):
        assert is_in(browser)
    with time_machine.travel(start + ABSOLUTE + timedelta(seconds=1), tick=False):
        assert not is_in(browser)


def test_a_page_that_looks_by_itself_keeps_nobody_signed_in(acme, client_of):
    browser, start = client_of(acme, "admin"), timezone.now()
    for minutes in range(0, 30, 5):
        with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
            assert browser.get("/", headers={"x-unattended": "1", "hx-request": "true"}).status_code == 200
    with time_machine.travel(start + timedelta(minutes=31), tick=False):
        assert browser.get("/", headers={"x-unattended": "1", "hx-request": "true"}).status_code == 401
    assert 'hx-headers=\'{"X-Unattended": "1"}\'' in client_of(acme, "admin").get("/").content.decode()


def test_whoever_was_idle_keeps_the_text_on_the_page(acme, client_of):
    browser = client_of(acme, "admin")
    with time_machine.travel(timezone.now() + timedelta(minutes=31), tick=False):
        answer = browser.post("/ask/", {"question": "?"}, headers={"hx-request": "true", "hx-current-url": "/ask/"})
        assert answer.status_code == 401
        assert "Your text is kept on this page." in answer.content.decode()
        whole = browser.get("/ask/")
        assert (whole.status_code, whole["Location"]) == (302, "/sign-in/?next=/ask/")


def test_the_key_is_another_after_signing_in_and_the_old_one_opens_nothing(acme, mara):
    browser = Client(headers={"host": "acme.localhost"})
    with bind_company(acme.binding()):
        planted = SessionStore()
        planted["theme"] = "an attacker's"
        planted.save()
    browser.cookies["session"] = f"acme.{planted.session_key}"
    browser.post("/sign-in/", {"username": mara.email, "password": PASSWORD})
    assert key_of(browser) != planted.session_key
    assert is_in(browser)
    stolen = Client(headers={"host": "acme.localhost"})
    stolen.cookies["session"] = f"acme.{planted.session_key}"
    assert not is_in(stolen)


def test_signing_in_again_in_the_same_browser_ends_what_was_there(acme, mara, make_user):
    from django.contrib.auth import login
    from django.test import RequestFactory

    with bind_company(acme.binding()):
        other = make_user(acme, "lead")
        request = RequestFactory().get("/")
        request.session = SessionStore()
        keys = []
        for person in (mara, mara, other):
            login(request, person, "apps.accounts.backends.PasswordBackend")
            request.session.save()
            keys.append(request.session.session_key)
        assert len(set(keys)) == 3
        assert [dict(SessionStore(key).items()) != {} for key in keys] == [False, False, True]
        assert [one.user_id for one in UserSession.objects.live()] == [other.pk]
        assert Session.objects.count() == 1


def test_all_sessions_end_when_the_person_is_switched_off_and_none_comes_back(acme, mara):
    browsers = [signed_in(), signed_in(CHROME)]
    with bind_company(acme.binding()):
        for active in (False, True):
            mara.is_active = active
            mara.save()
    assert [is_in(one) for one in browsers] == [False, False]
    assert audited(acme) == [("deactivated", 2)]


def test_all_sessions_end_with_another_role_and_none_comes_back(acme, mara, client_of):
    browser, boss = signed_in(), client_of(acme, "admin")
    fields = {"email": mara.email, "name": "Mara", "language": "en", "theme": "system", "is_active": "on"}
    for role in ("lead", "agent"):
        assert boss.post(f"/admin/accounts/user/{mara.pk}/change/", fields | {"role": role}).status_code == 302
    assert not is_in(browser)
    assert is_in(boss)
    assert audited(acme) == [("role", 1)]


def test_a_change_of_anything_else_ends_nothing(acme, mara, client_of):
    browser, boss = signed_in(), client_of(acme, "admin")
    fields = {"email": mara.email, "name": "Mara L", "role": "agent", "language": "de", "theme": "dark", "is_active": "on"}
    assert boss.post(f"/admin/accounts/user/{mara.pk}/change/", fields).status_code == 302
    assert browser.post("/theme/", {"theme": "light"}).status_code == 302
    assert is_in(browser)


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "lead"}])
def test_a_change_past_the_model_is_refused_all_the_same(acme, mara, change):
    browser = signed_in()
    with bind_company(acme.binding()):
        User.objects.filter(pk=mara.pk).update(**change)
        assert dict(SessionStore(key_of(browser)).items()) == {}  # Django's look at the person comes after it
    assert not is_in(browser)


def test_a_new_password_ends_all_but_the_browser_it_was_set_in(acme, mara):
    here, others = signed_in(), [signed_in(), signed_in(CHROME)]
    before = key_of(here)
    here.post("/password/", {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW})
    assert ([is_in(one) for one in others], is_in(here)) == ([False, False], True)
    assert key_of(here) != before
    assert audited(acme) == [("password", 2)]
    live = [one for one in rows(acme) if one.ended_at is None]
    assert [one.digest for one in live] == [digest_of(key_of(here))]


def test_a_password_set_by_link_ends_all(acme, mara):
    from apps.accounts.resets import reset_tokens, set_by_link

    browsers = [signed_in(), signed_in(CHROME)]
    with bind_company(acme.binding()):
        person = User.objects.get(pk=mara.pk)
        assert set_by_link(person=person, token=reset_tokens.make_token(person), password=NEW)
    assert [is_in(one) for one in browsers] == [False, False]
    assert audited(acme) == [("password", 2)]


def test_a_second_factor_set_up_or_reset_ends_the_other_sessions(acme, mara):
    browser, other = signed_in(), signed_in(CHROME)
    browser.post("/account/second-factor/", {"verb": "start"})
    with bind_company(acme.binding()):
        code = pyotp.TOTP(secret_of(SecondFactor.objects.get())).now()
    assert browser.post("/account/second-factor/", {"verb": "confirm", "code": code}).status_code == 200
    assert [is_in(one) for one in (browser, other)] == [True, False]
    assert audited(acme) == [("factor", 1)]
    with bind_company(acme.binding()):
        assert reset(User.objects.get(pk=mara.pk))
    assert not is_in(browser)
    assert audited(acme) == [("factor", 1), ("factor", 1)]
    assert [one.ended_at is None for one in rows(acme)] == [False, False]
