"""AUT-3 at the door: password, then a code; nothing opens in between, and nothing leads around it."""

from __future__ import annotations

import time

import pytest
import time_machine
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import get_resolver

from apps.accounts import throttle
from apps.accounts.models import SecondFactor, User
from apps.accounts.resets import reset_link
from apps.accounts.session_store import digest_of
from apps.tenancy.context import bind_company
from tests.accounts.authenticators import PASSWORD, App, set_up
from tests.accounts.doors import CODE, EMAIL, ENROL, NEW, at, events, halfway, is_in, password, session_key
from tests.accounts.test_role_table import NO_SUCH, address, routes

OPEN = ("/sign-in/", "/forgot-password/", f"/set-password/{NO_SUCH}/{NO_SUCH}/", "/api/v1/schema/", "/api/v1/docs/", "/admin/jsi18n/")  # to everybody


@pytest.fixture
def mara(acme, make_user) -> User:
    return make_user(acme, email=EMAIL)


@pytest.fixture
def app(acme, mara) -> App:
    return set_up(acme, mara)


@pytest.fixture
def required(settings):
    settings.MFA_REQUIRED = frozenset({"admin", "privacy", "operator"})


def test_a_password_alone_leads_to_the_code_and_the_code_leads_in(acme, app):
    browser = at()
    answer = password(browser, next="/ask/")
    assert answer["Location"] == CODE
    assert not [name for name in answer.cookies if name.startswith("known-")]
    between = session_key(browser)
    page = browser.get(CODE).content.decode()
    assert 'autocomplete="one-time-code"' in page
    assert not is_in(browser)
    assert events(acme, "signed_in") == []
    answer = browser.post(CODE, {"code": app.code()})
    assert answer["Location"] == "/ask/"
    assert is_in(browser)
    assert session_key(browser) != between
    assert len(events(acme, "signed_in")) == 1
    with bind_company(acme.binding()):
        assert not Session.objects.filter(session_key=digest_of(between)).exists()


def test_who_has_no_second_factor_and_needs_none_signs_in_as_ever(acme, mara):
    browser = at()
    assert password(browser)["Location"] == "/"
    assert is_in(browser)


def test_a_recovery_code_leads_in_once(acme, app):
    browser = halfway()
    assert browser.post(CODE, {"code": app.recovery[0]}).status_code == 302
    assert is_in(browser)
    other = halfway()
    assert other.post(CODE, {"code": app.recovery[0]}).status_code == 400
    assert not is_in(other)
    assert events(acme, "recovery_code_used") == [{"count": 9}]


def test_a_code_that_was_looked_at_over_the_shoulder_is_refused(app):
    with time_machine.travel(time.time(), tick=False):
        shown = app.code()
        assert halfway().post(CODE, {"code": shown}).status_code == 302
        thief = halfway(at(network="198.51.100.9"))
        assert thief.post(CODE, {"code": shown}).status_code == 400
        assert not is_in(thief)


def test_every_refusal_reads_the_same(acme, app):
    with time_machine.travel(time.time(), tick=False):
        used = app.code()
        halfway().post(CODE, {"code": used})
        halfway().post(CODE, {"code": app.recovery[0]})
        bodies = set()
        for code in (used, app.wrong(), app.code(-5), app.recovery[0], "", "no code at all", "A" * 24):
            browser = halfway()
            answer = browser.post(CODE, {"code": code}, headers={"x-request-id": "0123456789abcdef"})
            assert answer.status_code == 400
            token = answer.context["csrf_token"]
            bodies.add(answer.content.decode().replace(str(token), ""))
    assert len(bodies) == 1
    assert events(acme, "sign_in_refused") == [{"reason": "code"}] * 7


# --- the state between


def test_it_lasts_five_minutes(app):
    now = time.time()
    with time_machine.travel(now, tick=False) as clock:
        browser = halfway()
        clock.move_to(now + 299)
        assert browser.get(CODE).status_code == 200
        clock.move_to(now + 301)
        answer = browser.post(CODE, {"code": app.code()})
        assert answer["Location"] == "/sign-in/?again=1"
        assert not is_in(browser)
        assert "too long" in browser.get("/sign-in/?again=1").content.decode()


@pytest.mark.parametrize("what", ["password", "switched off", "gone", "factor", "browser", "carried", "reset"])
def test_it_is_of_one_person_password_browser_and_session(acme, app, mara, what, make_user):
    from apps.accounts import factors

    browser = halfway()
    with bind_company(acme.binding()):
        person = User.objects.get(pk=mara.pk)
        if what == "password":
            person.set_password(NEW)
            person.save()
        elif what == "switched off":
            User.objects.update(is_active=False)
        elif what == "gone":
            User.objects.all().delete()
        elif what == "factor":
            app = set_up(acme, person)
        elif what == "reset":
            factors.reset(person)
    if what == "browser":  # the cookie, in a browser of another make
        other = at(**{"user-agent": "Stolen/1.0"})
        other.cookies = browser.cookies
        browser = other
    if what == "carried":  # the state itself, into a session another browser has
        browser = carried(acme, browser)
    answer = browser.post(CODE, {"code": app.code()})
    assert answer["Location"] == "/sign-in/?again=1"
    assert not is_in(browser)


def carried(company, browser: Client) -> Client:
    from apps.accounts.session_store import SessionStore

    with bind_company(company.binding()):
        session = SessionStore()
        session.update(SessionStore(session_key(browser)).load())
        session.create()
        session.update(SessionStore(session_key(browser)).load())
        session.save()
    other = at(company.company_id)
    other.cookies["session"] = f"{company.company_id}.{session.session_key}"
    return other


def test_it_opens_nothing_at_another_company_even_for_the_same_person(acme, globex, app, mara):
    """The row itself, the person's row and the second factor carried over: only the company differs."""
    browser = halfway()
    key = session_key(browser)
    with bind_company(acme.binding()):
        row = Session.objects.get(session_key=digest_of(key))
        person, factor = User.objects.get(pk=mara.pk), SecondFactor.objects.get()
    with bind_company(globex.binding()):
        User(pk=person.pk, email=EMAIL, name="Mara", password=person.password,
             factor_changed_at=person.factor_changed_at).save(force_insert=True)  # fmt: skip
        Session(session_key=digest_of(key), session_data=row.session_data, expire_date=row.expire_date).save(force_insert=True)
        SecondFactor(pk=factor.pk, user_id=person.pk, secret=factor.secret, confirmed_at=factor.confirmed_at).save(
            force_insert=True
        )
    there = at("globex")
    there.cookies["session"] = f"acme.{key}"
    assert there.get(CODE).status_code == 401
    there.cookies["session"] = f"globex.{key}"
    assert there.get(CODE)["Location"] == "/sign-in/?again=1"
    assert there.post(CODE, {"code": app.code()})["Location"] == "/sign-in/?again=1"


@pytest.mark.parametrize("stage", ["code", "enrol"])
def test_no_page_opens_in_it(acme, make_user, required, stage):
    """All named routes and the admin's, asked halfway: as if nobody was there, word for word the same answers."""
    boss = make_user(acme, "admin", email=EMAIL)
    if stage == "code":
        set_up(acme, boss)
    browser, nobody = halfway(), at()
    assert browser.get(f"/sign-in/{stage}/").status_code == 200
    other = {"code": ENROL, "enrol": CODE}[stage]
    walked = 0
    for route in sorted(set(routes(get_resolver().url_patterns))):
        path = address("admin/accounts/" if "(?P<" in route else route)
        if path in (f"/sign-in/{stage}/", "/sign-out/"):
            continue
        mine, theirs = browser.get(path), nobody.get(path)
        assert (mine.status_code, mine.get("Location")) == (theirs.status_code, theirs.get("Location")), path
        assert mine.wsgi_request.user.is_anonymous if hasattr(mine.wsgi_request, "user") else True, path
        assert mine.status_code != 200 or path in OPEN, path
        walked += 1
    assert walked > 70
    assert browser.get(other)["Location"] == "/sign-in/?again=1"
    assert browser.get(f"/sign-in/{stage}/").status_code == 200  # and it was there all the time
    browser.post("/sign-out/")
    assert browser.get(f"/sign-in/{stage}/").status_code == 302


# --- what would lead around it


def test_setting_the_password_anew_is_no_way_around(acme, app, mara):
    with bind_company(acme.binding()):
        path = reset_link(mara).split("localhost:8000")[1]
    browser = at()
    where = browser.get(path)["Location"]
    browser.post(where, {"new_password1": NEW, "new_password2": NEW})
    assert not is_in(browser)
    assert password(browser, given=NEW)["Location"] == CODE
    assert not is_in(browser)
    assert browser.post(CODE, {"code": app.wrong()}).status_code == 400
    assert browser.post(CODE, {"code": app.code()}).status_code == 302


def test_the_admin_and_the_api_have_no_door_of_their_own(acme, make_user, required):
    boss = make_user(acme, "admin", email=EMAIL)
    app = set_up(acme, boss)
    browser = at()
    for path in ("/admin/login/", "/admin/login/?next=/admin/"):
        answer = browser.post(path, {"username": EMAIL, "password": PASSWORD})
        assert answer["Location"].startswith("/sign-in/?next=")
    halfway(browser)
    assert browser.get("/admin/")["Location"].startswith("/admin/login/")
    assert browser.get("/api/v1/tickets/").status_code == 401
    assert at().get("/api/v1/tickets/", headers={"authorization": "Basic bWFyYTp4"}).status_code == 401
    browser.post(CODE, {"code": app.code()})
    assert browser.get("/admin/").status_code == 200
    assert browser.get("/api/v1/tickets/").status_code == 200


def test_a_token_works_without_a_code(acme, make_user, token_of, required):
    make_user(acme, "admin")
    api = at(authorization=f"Bearer {token_of(acme, 'admin')}")
    assert api.get("/api/v1/tickets/").status_code == 200


# --- guessing


def guess(browser: Client, app: App, times: int) -> list[int]:
    return [browser.post(CODE, {"code": app.wrong()}).status_code for _ in range(times)]


def test_the_eleventh_guess_waits_even_when_it_is_right(acme, app):
    browser = halfway()
    assert guess(browser, app, 11) == [400] * 10 + [429]
    answer = browser.post(CODE, {"code": app.code()})
    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= 900
    assert "Too many attempts" in answer.content.decode()
    fresh = halfway()  # a new half state is no new try
    assert fresh.post(CODE, {"code": app.code()}).status_code == 429
    assert events(acme, "sign_in_refused")[-1] == {"reason": "too_many"}


def test_from_another_network_and_from_a_known_browser_the_right_code_still_opens(acme, app):
    known = halfway()
    known.post(CODE, {"code": app.recovery[0]})
    known.post("/sign-out/")
    guess(halfway(), app, 12)
    assert halfway(at(network="198.51.100.9")).post(CODE, {"code": app.recovery[1]}).status_code == 302
    for number in range(10, 15):
        guess(halfway(at(network=f"198.51.100.{number}")), app, 10)
    assert halfway(at(network="203.0.113.1")).post(CODE, {"code": app.recovery[2]}).status_code == 429
    assert halfway(known).post(CODE, {"code": app.code()}).status_code == 302


def test_a_browser_that_a_mail_made_known_has_no_codes_of_its_own(acme, app, mara):
    """Else whoever reads the mailbox would get ten codes with every link."""
    request = HttpRequest()
    request.META["REMOTE_ADDR"] = "192.0.2.1"
    for proven, rates in ((False, ["accounts.code_here", "accounts.code"]), (True, ["accounts.code_known"])):
        with bind_company(acme.binding()):
            answer = HttpResponse()
            throttle.remember_browser(answer, EMAIL, proven=proven)
            (name,) = answer.cookies
            request.COOKIES = {name: answer.cookies[name].value}
            assert [mark.rate.name for mark in throttle.take_code(request, mara)] == rates


def test_a_person_s_guesses_are_not_held_against_a_colleague(acme, app, make_user):
    noor = make_user(acme, email="noor@acme.example")
    theirs = set_up(acme, noor)
    guess(halfway(), app, 12)
    assert halfway(email="noor@acme.example").post(CODE, {"code": theirs.code()}).status_code == 302


# --- who must have one


@pytest.mark.parametrize("role", ["admin", "privacy"])
def test_who_must_have_one_sets_it_up_before_anything_opens(acme, make_user, required, role):
    person = make_user(acme, role, email=EMAIL)
    browser = at()
    assert password(browser, next="/ask/")["Location"] == ENROL
    between = session_key(browser)
    page = browser.get(ENROL)
    secret = page.context["setup"].secret
    assert "<svg" in page.content.decode()
    assert 'role="img"' in page.content.decode()
    assert not is_in(browser)
    app = App(secret, [])
    assert browser.post(ENROL, {"code": app.wrong()}).status_code == 400
    assert not is_in(browser)
    answer = browser.post(ENROL, {"code": app.code()})
    assert answer.status_code == 200
    codes = answer.context["codes"]
    assert len(codes) == 10
    assert all(code in answer.content.decode() for code in codes)
    assert 'href="/ask/"' in answer.content.decode()
    assert is_in(browser)
    assert session_key(browser) != between
    assert events(acme, "mfa_enabled") == [{"change": "first"}]
    fresh = at()
    assert password(fresh)["Location"] == CODE
    assert fresh.post(CODE, {"code": codes[0]}).status_code == 302
    with bind_company(acme.binding()):
        assert User.objects.get(pk=person.pk).last_login is not None


def test_setting_up_may_take_half_an_hour_and_a_picture_is_made_anew(acme, make_user, required):
    make_user(acme, "admin", email=EMAIL)
    now = time.time()
    with time_machine.travel(now, tick=False) as clock:
        browser = halfway()
        first = browser.get(ENROL).context["setup"].secret
        assert browser.post(ENROL, {"again": "1"})["Location"] == ENROL
        second = browser.get(ENROL).context["setup"].secret
        assert first != second
        assert browser.post(ENROL, {"code": App(first, []).code()}).status_code == 400
        clock.move_to(now + 1700)
        assert browser.get(ENROL).status_code == 200
        clock.move_to(now + 1801)
        assert browser.get(ENROL)["Location"] == "/sign-in/?again=1"


def test_a_secret_is_shown_to_the_browser_that_began_only(acme, make_user, required):
    make_user(acme, "admin", email=EMAIL)
    first = halfway()
    shown = first.get(ENROL).context["setup"].secret
    second = halfway()
    assert second.get(ENROL).context["setup"].secret != shown
    assert first.get(ENROL).context["setup"] is None  # ended by the second
    assert first.post(ENROL, {"code": App(shown, []).code()}).status_code == 400


def test_who_becomes_an_admin_signs_in_anew(acme, mara, required):
    browser = at()
    password(browser)
    assert is_in(browser)
    with bind_company(acme.binding()):
        User.objects.filter(pk=mara.pk).update(role="admin")
    assert browser.get("/api/v1/tickets/").status_code == 401
    assert not is_in(browser)
    assert password(browser)["Location"] == ENROL


def test_a_session_from_before_the_setting_ends(acme, mara, settings):
    browser = at()
    password(browser)
    settings.MFA_REQUIRED = frozenset({"agent"})
    assert browser.get("/api/v1/tickets/").status_code == 401
    assert events(acme, "session_ended") == [{"reason": "factor_missing", "count": 1}]
    assert not is_in(browser)
    assert password(browser)["Location"] == ENROL


def test_by_default_those_who_can_do_harm_must():
    from config.env import Env

    assert Env.model_fields["mfa_required"].default == "admin,privacy,operator"
    assert frozenset() == django_settings.MFA_REQUIRED  # of these tests
