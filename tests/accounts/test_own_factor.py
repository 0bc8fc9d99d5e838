"""AUT-3 on one's own pages: setting up, replacing, turning off, new recovery codes, and being asked again before harm."""

from __future__ import annotations

import time
from base64 import b64decode
from xml.etree import ElementTree

import orjson
import pytest
import segno
import time_machine
from django.conf import settings
from django.core import mail
from django.test import Client
from redis import Redis

from apps.accounts import factors
from apps.accounts.models import ApiToken, User
from apps.core.models import AuditEvent
from apps.tenancy.context import bind_company
from tests.accounts.authenticators import PASSWORD, App, set_up
from tests.accounts.people import operator_company

PAGE, CONFIRM, TOKENS = "/account/second-factor/", "/account/confirm/", "/account/tokens/"
QUEUE = "deskhand:interactive"
EMAIL = "lena@acme.example"


@pytest.fixture
def lena(acme, make_user) -> User:
    return make_user(acme, "lead", email=EMAIL)


@pytest.fixture
def app(acme, lena) -> App:
    return set_up(acme, lena)


def signed_in(email: str = EMAIL, code: str = "", company: str = "acme") -> Client:
    browser = Client(REMOTE_ADDR="192.0.2.1", headers={"host": f"{company}.localhost"})
    browser.post("/sign-in/", {"username": email, "password": PASSWORD})
    if code:
        browser.post("/sign-in/code/", {"code": code})
    assert browser.get("/password/").status_code == 200
    return browser


def do(browser: Client, verb: str, **more: str):
    return browser.post(PAGE, {"verb": verb} | more, headers={"referer": f"http://acme.localhost{PAGE}"})


def later(browser: Client, company, seconds: int = 601) -> None:
    """As if the person had shown who they are so long ago."""
    from apps.accounts.session_store import SessionStore

    with bind_company(company.binding()):
        session = SessionStore(browser.cookies["session"].value.split(".")[1])
        session["confirmed_at"] -= seconds
        session.save()


def events(company) -> list[str]:
    with bind_company(company.binding()):
        return list(AuditEvent.objects.order_by("seq").values_list("event", flat=True))


def test_from_off_to_on(acme, lena):
    browser, elsewhere = signed_in(), signed_in()
    assert "Off: your password alone" in browser.get(PAGE).content.decode()
    assert do(browser, "start")["Location"] == PAGE
    page = browser.get(PAGE)
    app = App(page.context["setup"].secret, [])
    assert " ".join(page.context["setup"].groups).replace(" ", "") == app.secret
    answer = do(browser, "confirm", code=app.code())
    assert answer.status_code == 200
    assert all(code in answer.content.decode() for code in answer.context["codes"])
    assert browser.get(PAGE).status_code == 200  # this browser goes on
    assert elsewhere.get(PAGE).status_code == 302  # the others have to prove it
    shown = " ".join(browser.get(PAGE).content.decode().split())
    assert "10 recovery codes left" in shown
    assert answer.context["codes"][0] not in shown  # shown once
    assert app.secret not in shown


def test_the_picture_is_the_address_in_plain_svg_under_our_policy(acme, lena):
    browser = signed_in()
    do(browser, "start")
    page = browser.get(PAGE)
    setup = page.context["setup"]
    svg = ElementTree.fromstring(str(setup.picture))
    assert {one.tag for one in svg.iter()} <= {"svg", "g", "path"}
    assert not {name for one in svg.iter() for name in one.attrib if name.startswith("on") or name in ("style", "href")}
    expected = f"otpauth://totp/Deskhand%20acme:lena%40acme.example?secret={setup.secret}&issuer=Deskhand%20acme"
    assert drawn(svg) == {
        (x, y) for y, row in enumerate(segno.make(expected, error="m", micro=False).matrix) for x, one in enumerate(row) if one
    }
    assert "script-src" not in page["Content-Security-Policy"]
    assert "default-src 'self'" in page["Content-Security-Policy"]
    assert page["Cache-Control"].startswith("max-age=0, no-cache, no-store")


def drawn(svg: ElementTree.Element) -> set[tuple[int, int]]:
    """The dark squares of segno's path: M to a line, h a run of dark, m past a run of light."""
    import re

    path = next(one.attrib["d"] for one in svg.iter("path") if "stroke" in one.attrib)
    found, x, y = set(), 0.0, 0.0
    for word, first, second in re.findall(r"([Mmh])(-?[\d.]+)(?: ?(-?[\d.]+))?", path):
        if word == "M":
            x, y = float(first), float(second)
        elif word == "m":
            x, y = x + float(first), y + float(second or 0)
        else:
            found |= {(int(x) - 4 + step, int(y) - 4) for step in range(int(first))}
            x += float(first)
    return found


def test_a_wrong_code_confirms_nothing_and_the_picture_stays(acme, lena):
    browser = signed_in()
    do(browser, "start")
    secret = browser.get(PAGE).context["setup"].secret
    answer = do(browser, "confirm", code=App(secret, []).wrong())
    assert answer.status_code == 400
    assert answer.context["setup"].secret == secret
    assert do(browser, "cancel").status_code == 302
    assert browser.get(PAGE).context["setup"] is None
    assert do(browser, "confirm", code=App(secret, []).code()).status_code == 400
    assert "mfa_enabled" not in events(acme)


def test_another_session_of_the_person_does_not_see_the_secret(acme, lena):
    browser, thief = signed_in(), signed_in()
    do(browser, "start")
    assert thief.get(PAGE).context["setup"] is None


def test_turning_off_asks_password_and_code(acme, lena, app):
    browser = signed_in(code=app.recovery[0])
    for given in ({"password": PASSWORD, "code": app.wrong()}, {"password": "wrong", "code": app.code()}, {}):
        assert do(browser, "off", **given).status_code == 400
    answer = do(browser, "off", password=PASSWORD, code=app.code())
    assert answer["Location"] == PAGE
    assert "Off: your password alone" in browser.get(PAGE).content.decode()
    assert "mfa_disabled" in events(acme)
    signed_in()


def test_turning_off_may_not_be_guessed_at(acme, lena, app):
    browser = signed_in(code=app.recovery[0])
    assert [do(browser, "off", password="no", code="1").status_code for _ in range(6)] == [400] * 5 + [429]


def test_who_must_have_one_does_not_turn_it_off(acme, lena, app, settings):
    settings.MFA_REQUIRED = frozenset({"lead"})
    browser = signed_in(code=app.recovery[0])
    assert 'name="verb" value="off"' not in browser.get(PAGE).content.decode()
    assert do(browser, "off", password=PASSWORD, code=app.code()).status_code == 400
    with bind_company(acme.binding()):
        assert factors.has_factor(lena)


def test_new_recovery_codes_and_another_phone(acme, lena, app):
    browser = signed_in(code=app.recovery[0])
    fresh = do(browser, "codes").context["codes"]
    assert len(set(fresh) - set(app.recovery)) == 10
    do(browser, "start")
    new = App(browser.get(PAGE).context["setup"].secret, [])
    signed_in(code=app.code())  # the old one works until the new one is confirmed
    assert do(browser, "confirm", code=new.code()).status_code == 200
    assert do(browser, "nonsense").status_code == 400


def test_the_person_is_told_by_mail_in_their_language_without_any_secret(acme, lena, app):
    from apps.accounts import tasks

    browser = signed_in(code=app.recovery[0])
    with Redis.from_url(settings.BROKER_URL) as queue:
        queue.delete(QUEUE)
        do(browser, "off", password=PASSWORD, code=app.code())
        (message,) = [orjson.loads(one) for one in queue.lrange(QUEUE, 0, -1)]
        queue.delete(QUEUE)
    assert message["headers"]["task"] == "accounts.mail_factor"
    with bind_company(acme.binding()):
        User.objects.update(language="de")
        mail.outbox.clear()
        tasks.mail_factor.run(*orjson.loads(b64decode(message["body"]))[0])
    (sent,) = mail.outbox
    assert sent.to == [EMAIL]
    assert sent.subject == "Ihr zweiter Faktor wurde geändert"
    assert "http://acme.localhost:8000/forgot-password/" in sent.body
    assert app.secret not in sent.body


# --- asked again


def make_token(browser: Client):
    form = {"name": "export", "scopes": ["read"], "days": "30"}
    return browser.post(TOKENS, form, headers={"referer": f"http://acme.localhost{TOKENS}"})


def count(company) -> int:
    with bind_company(company.binding()):
        return ApiToken.objects.count()


@pytest.mark.parametrize("by", ["code", "password"])
def test_a_token_is_made_only_by_somebody_who_has_just_shown_who_they_are(acme, lena, app, by):
    browser = signed_in(code=app.recovery[0])
    later(browser, acme)
    answer = make_token(browser)
    assert answer["Location"] == "/account/confirm/?next=%2Faccount%2Ftokens%2F"
    assert count(acme) == 0
    assert browser.get(TOKENS).status_code == 200  # looking asks nothing
    page = browser.get(answer["Location"]).content.decode()
    assert 'autocomplete="one-time-code"' in page
    wrong = browser.post(CONFIRM, {"next": TOKENS, by: app.wrong()})
    assert wrong.status_code == 400
    assert make_token(browser).status_code == 302
    right = {"code": app.code(), "password": PASSWORD}[by]
    assert browser.post(CONFIRM, {"next": TOKENS, by: right})["Location"] == TOKENS
    assert make_token(browser).status_code == 200
    assert count(acme) == 1
    assert "confirmation_refused" in events(acme)


def test_it_counts_for_ten_minutes(acme, lena, app):
    now = time.time()
    with time_machine.travel(now, tick=False) as clock:
        browser = signed_in(code=app.recovery[0])
        clock.move_to(now + 599)
        assert make_token(browser).status_code == 200
        clock.move_to(now + 601)
        assert make_token(browser).status_code == 302
        clock.move_to(now - 60)  # a clock that was set back proves nothing
        assert make_token(browser).status_code == 302


def test_a_token_is_replaced_only_then_too(acme, lena, app):
    browser = signed_in(code=app.recovery[0])
    make_token(browser)
    later(browser, acme)
    with bind_company(acme.binding()):
        path = f"{TOKENS}{ApiToken.objects.get().pk}/replace/"
    assert browser.post(path)["Location"].startswith(CONFIRM)
    assert count(acme) == 1


def test_who_has_no_second_factor_is_not_asked_for_a_token_but_before_setting_one_up(acme, lena):
    browser = signed_in()
    later(browser, acme)
    assert make_token(browser).status_code == 200
    assert do(browser, "start")["Location"].startswith(CONFIRM)
    assert browser.post(CONFIRM, {"next": PAGE, "password": PASSWORD})["Location"] == PAGE
    assert do(browser, "start")["Location"] == PAGE


@pytest.mark.parametrize("verb", ["start", "codes"])
def test_replacing_and_new_codes_are_asked_for_again(acme, lena, app, verb):
    browser = signed_in(code=app.recovery[0])
    later(browser, acme)
    assert do(browser, verb)["Location"].startswith(CONFIRM)
    with bind_company(acme.binding()):
        assert factors.codes_left(lena) == 9


@pytest.mark.parametrize("onward", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil.example"])
def test_confirming_leads_nowhere_else(acme, lena, app, onward):
    browser = signed_in(code=app.recovery[0])
    assert "evil" not in browser.get(CONFIRM, {"next": onward}).content.decode()
    assert browser.post(CONFIRM, {"next": onward, "code": app.code()})["Location"] == "/"


def test_a_stolen_session_may_not_guess(acme, lena, app):
    browser = signed_in(code=app.recovery[0])
    statuses = [browser.post(CONFIRM, {"password": f"guess {number}"}).status_code for number in range(6)]
    assert statuses == [400] * 5 + [429]
    other = Client(REMOTE_ADDR="198.51.100.7", headers={"host": "acme.localhost"})
    other.cookies["session"] = browser.cookies["session"].value
    statuses = [other.post(CONFIRM, {"code": app.wrong()}).status_code for _ in range(11)]
    assert statuses == [400] * 10 + [429]


def test_a_company_is_closed_only_by_an_operator_who_has_just_shown_who_they_are(acme, make_user):
    operators = operator_company()
    olga = make_user(operators, "operator", email="olga@operator.example")
    app = set_up(operators, olga)
    browser = signed_in("olga@operator.example", app.recovery[0], "operator")
    later(browser, operators)
    answer = browser.post("/console/companies/acme/orders/", {"verb": "close", "confirm": "acme"})
    assert answer["Location"].startswith(CONFIRM)
    later(browser, operators, -601)
    answer = browser.post("/console/companies/acme/orders/", {"verb": "close", "confirm": "not acme"})
    assert answer.status_code == 400  # asked no more; the rest of the form is looked at


def test_support_is_let_in_only_by_an_admin_who_has_just_shown_who_they_are(acme, make_user):
    from datetime import timedelta

    from django.utils import timezone

    from apps.console.models import SupportAccess
    from apps.core.ids import uuid7

    boss = make_user(acme, "admin", email="boss@acme.example")
    app = set_up(acme, boss)
    with bind_company(acme.binding()):
        access = SupportAccess.objects.create(
            operator_id=uuid7(), operator_name="Olga", language="en", reason="x", minutes=15,
            requested_at=timezone.now() - timedelta(minutes=1),
        )  # fmt: skip
    browser = signed_in("boss@acme.example", app.recovery[0])
    later(browser, acme)
    path = f"/support-access/{access.pk}/"
    assert browser.post(path, {"verb": "approve"})["Location"].startswith(CONFIRM)
    with bind_company(acme.binding()):
        access.refresh_from_db()
        assert access.is_waiting
    assert browser.post(path, {"verb": "deny"})["Location"] == "/support-access/"  # saying no is asked of nobody twice


def test_an_admin_resets_a_colleague_s_but_not_their_own(acme, lena, app, make_user):
    boss = make_user(acme, "admin", email="boss@acme.example")
    own = set_up(acme, boss)
    browser = signed_in("boss@acme.example", own.recovery[0])
    theirs = signed_in(code=app.recovery[0])
    form = {"action": "reset_factor", "_selected_action": [str(lena.pk), str(boss.pk)]}
    later(browser, acme)
    assert browser.post("/admin/accounts/user/", form)["Location"].startswith(CONFIRM)
    browser.post(CONFIRM, {"code": own.code()})
    answer = browser.post("/admin/accounts/user/", form, follow=True)
    assert "1 second factor was reset." in answer.content.decode()
    assert theirs.get(PAGE).status_code == 302
    with bind_company(acme.binding()):
        assert not factors.has_factor(lena)
        assert factors.has_factor(boss)
    assert "mfa_reset" in events(acme)
