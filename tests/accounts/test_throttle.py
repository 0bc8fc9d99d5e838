"""AUT-4: guessing is slow from wherever it comes, and no guesser keeps the right person out of their own browser."""

from __future__ import annotations

import pytest
from django.contrib.auth import authenticate
from django.test import Client

from apps.accounts import throttle
from apps.core.errors import RateLimited
from apps.core.models import AuditEvent
from apps.tenancy import cacheserver
from apps.tenancy.context import bind_company

EMAIL, PASSWORD = "mara@acme.example", "correct horse battery"


@pytest.fixture
def mara(acme, make_user):
    return make_user(acme, email=EMAIL)


def browser_at(network: str = "192.0.2.1", company: str = "acme") -> Client:
    return Client(REMOTE_ADDR=network, headers={"host": f"{company}.localhost"})


def sign_in(browser: Client, password: str = PASSWORD, email: str = EMAIL, **more):
    return browser.post("/sign-in/", {"username": email, "password": password}, **more)


def guess(times: int, network: str = "192.0.2.1", email: str = EMAIL) -> list[int]:
    browser = browser_at(network)
    return [sign_in(browser, "wrong", email).status_code for _ in range(times)]


def test_the_eleventh_guess_from_a_network_waits_even_when_it_is_right(mara):
    assert guess(11) == [200] * 10 + [429]
    answer = sign_in(browser_at())
    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert "session" not in answer.cookies
    page = " ".join(answer.content.decode().split())
    assert "Too many attempts. Try again in 1 minute." in page
    assert 'role="alert"' in page
    assert f'value="{EMAIL}"' in page
    assert PASSWORD not in page


def test_from_another_network_the_right_password_still_opens(mara):
    guess(15)
    assert sign_in(browser_at("198.51.100.9")).status_code == 302


def test_writing_the_address_otherwise_is_the_same_address(mara):
    guess(5)
    assert guess(6, email="  MARA@acme.example") == [200] * 5 + [429]


def test_guessing_from_many_networks_is_slow_too(mara):
    statuses = [guess(1, f"198.51.100.{number}")[0] for number in range(1, 41)]
    assert statuses == [200] * 30 + [429] * 10


def test_nobody_can_lock_somebody_out_of_a_browser_they_have_used(mara):
    known = browser_at("192.0.2.1")
    assert sign_in(known).status_code == 302
    known.post("/sign-out/")
    for number in range(1, 60):  # from everywhere, and from the same office
        guess(1, f"198.51.100.{number}")
    guess(70)
    assert sign_in(browser_at("203.0.113.1")).status_code == 429
    assert sign_in(known).status_code == 302


def test_a_known_browser_may_not_guess_for_ever_either(mara):
    known = browser_at()
    sign_in(known)
    known.post("/sign-out/")
    assert [sign_in(known, "wrong").status_code for _ in range(12)] == [200] * 10 + [429] * 2


def test_being_known_is_of_one_person_one_company_and_our_making(acme, globex, mara, make_user):
    make_user(acme, email="noor@acme.example")
    make_user(globex, email=EMAIL)
    known = browser_at()
    sign_in(known)
    known.post("/sign-out/")
    name, cookie = next((name, one) for name, one in known.cookies.items() if name.startswith("known-"))
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert "mara" not in name + cookie.value
    request = known.get("/sign-in/").wsgi_request
    with bind_company(acme.binding()):
        assert throttle.known_browser(request, EMAIL)
        assert not throttle.known_browser(request, "noor@acme.example")
        others = throttle._cookie("noor@acme.example")
        request.COOKIES[others] = cookie.value  # under another's name
        assert not throttle.known_browser(request, "noor@acme.example")
        request.COOKIES[name] = cookie.value[:-1] + ("A" if cookie.value[-1] != "A" else "B")
        assert not throttle.known_browser(request, EMAIL)
    with bind_company(globex.binding()):
        request.COOKIES[throttle._cookie(EMAIL)] = cookie.value  # of another company
        assert not throttle.known_browser(request, EMAIL)


def test_one_network_tries_many_addresses_and_is_slowed(mara):
    browser = browser_at()
    statuses = [sign_in(browser, "wrong", f"person{number}@acme.example").status_code for number in range(65)]
    assert statuses == [200] * 60 + [429] * 5
    assert sign_in(browser_at("198.51.100.9")).status_code == 302


def test_an_office_signing_in_in_the_morning_is_no_attack(acme, make_user):
    for number in range(70):
        make_user(acme, email=f"agent{number}@acme.example")
        assert sign_in(browser_at(), email=f"agent{number}@acme.example").status_code == 302


def test_a_company_is_slowed_as_a_whole_and_another_is_not(acme, globex, mara, make_user):
    make_user(globex, email=EMAIL)
    with bind_company(acme.binding()):
        for _ in range(throttle.COMPANY.burst):
            throttle.take(throttle.COMPANY.of())
    assert sign_in(browser_at()).status_code == 429
    assert sign_in(browser_at(company="globex")).status_code == 302


def test_an_unknown_address_is_slowed_alike(mara):
    assert guess(11, email="nobody@acme.example") == [200] * 10 + [429]


def test_every_way_that_takes_a_password_is_slowed(in_acme, mara, make_user):
    for _ in range(10):
        assert authenticate(username=EMAIL, password="wrong") is None
    with pytest.raises(RateLimited):
        authenticate(username=EMAIL, password=PASSWORD)


def test_the_admin_takes_no_password_of_its_own(acme, client_of, mara):
    browser = browser_at()
    assert browser.get("/admin/login/?next=/admin/accounts/")["Location"] == "/sign-in/?next=/admin/accounts/"
    assert browser.get("/admin/login/?next=https://evil.example/")["Location"] == "/sign-in/?next=/admin/"
    assert browser.post("/admin/login/", {"username": EMAIL, "password": PASSWORD})["Location"].startswith("/sign-in/")
    assert "session" not in browser.cookies
    assert client_of(acme, "agent").get("/admin/login/").status_code == 403


def test_what_was_refused_is_in_the_audit_log_but_cannot_flood_it(acme, mara):
    guess(10)
    browser = browser_at()
    for _ in range(60):
        sign_in(browser, "wrong")
    with bind_company(acme.binding()):
        facts = list(AuditEvent.objects.filter(event="sign_in_refused").values_list("facts", flat=True))
    assert facts[:10] == [{}] * 10
    assert facts[10:] == [{"reason": "too_many"}] * 30


def test_without_the_cache_server_guessing_is_slow_all_the_same(mara, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    cacheserver.server.cache_clear()
    try:
        assert guess(13) == [200] * 10 + [429] * 3
        assert sign_in(browser_at("198.51.100.9")).status_code == 302
    finally:
        cacheserver.server.cache_clear()


def test_the_page_says_it_in_the_readers_language(mara):
    guess(10)
    answer = sign_in(browser_at(), "wrong", headers={"accept-language": "de"})
    assert answer.status_code == 429
    assert '<html lang="de"' in answer.content.decode()
    assert "Too many attempts" not in answer.content.decode()
