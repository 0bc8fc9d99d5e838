"""A real door for every event about second factors."""

from __future__ import annotations

from django.test import Client

from apps.accounts import factors
from apps.accounts.models import SecondFactor, User
from apps.tenancy.context import bind_company
from tests.accounts.authenticators import App, set_up
from tests.compliance.causes import PASSWORD, Entry, Place, causes, sent, told

PAGE = "/account/second-factor/"


def signed_in_as(person: User, code: str = "") -> Client:
    """By the form, and the second step where there is one."""
    browser = Client(headers={"host": "visited.localhost"})
    sent(browser.post("/sign-in/", {"username": person.email, "password": PASSWORD}), 302)
    if code:
        sent(browser.post("/sign-in/code/", {"code": code}), 302)
    return browser


def with_app(place: Place) -> tuple[User, App, Client]:
    person = place.person()
    app = set_up(place.halls.visited, person)
    return person, app, signed_in_as(person, app.code())


@causes("mfa_enabled")
def set_a_factor_up(place: Place) -> list[Entry]:
    person = place.person()
    browser = signed_in_as(person)
    sent(browser.post(PAGE, {"verb": "start"}), 302)
    with bind_company(place.halls.visited.binding()):
        app = App(factors.secret_of(SecondFactor.objects.pending().get(user=person)), [])
    sent(browser.post(PAGE, {"verb": "confirm", "code": app.code()}), 200)
    return [Entry("visited", f"user:{person.pk}", f"user:{person.pk}", {"change": "first"})]


@causes("mfa_disabled")
def turn_a_factor_off(place: Place) -> list[Entry]:
    person, app, browser = with_app(place)
    sent(browser.post(PAGE, {"verb": "off", "password": PASSWORD, "code": app.code(1)}), 302)
    return [Entry("visited", f"user:{person.pk}", f"user:{person.pk}")]


@causes("mfa_reset")
def reset_a_factor(place: Place) -> list[Entry]:
    person, _app, _browser = with_app(place)
    told("reset_mfa", "visited", person.email)
    return [Entry("visited", "", f"user:{person.pk}")]


@causes("recovery_codes_made")
def make_recovery_codes(place: Place) -> list[Entry]:
    person, _app, browser = with_app(place)
    sent(browser.post(PAGE, {"verb": "codes"}), 200)
    return [Entry("visited", f"user:{person.pk}", f"user:{person.pk}")]


@causes("recovery_code_used")
def use_a_recovery_code(place: Place) -> list[Entry]:
    person = place.person()
    app = set_up(place.halls.visited, person)
    signed_in_as(person, app.recovery[0])
    return [Entry("visited", "", f"user:{person.pk}", {"count": len(app.recovery) - 1})]


@causes("confirmation_refused")
def confirm_wrongly(place: Place) -> list[Entry]:
    person = place.person()
    sent(signed_in_as(person).post("/account/confirm/", {"password": "something else"}), 400)
    return [Entry("visited", f"user:{person.pk}", f"user:{person.pk}")]
