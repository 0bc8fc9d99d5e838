"""The session behind the edge: a second look at the cookie's company, whatever the edge has let through."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import RequestFactory

from apps.accounts.sessions import CompanySessionMiddleware
from apps.tenancy.context import bind_company

KEY = "0123456789abcdefghijklmnopqrstuv"


def taken(cookie: str) -> str | None:
    request = RequestFactory().get("/")
    request.COOKIES[settings.SESSION_COOKIE_NAME] = cookie
    CompanySessionMiddleware(lambda _: HttpResponse()).process_request(request)
    return request.session.session_key


def test_the_key_of_an_own_cookie_is_used(acme):
    with bind_company(acme.binding()):
        assert taken(f"acme.{KEY}") == KEY


@pytest.mark.parametrize("cookie", [f"globex.{KEY}", KEY, f".{KEY}", f"acme.{KEY}.x", f"acme.{KEY[:-1]}", "acme.", ""])
def test_the_key_of_any_other_cookie_is_not(acme, cookie):
    with bind_company(acme.binding()):
        assert taken(cookie) is None


def test_without_a_company_there_is_no_session():
    assert taken(f"acme.{KEY}") is None


def test_the_cookie_that_is_set_names_the_company(acme):
    with bind_company(acme.binding()):
        request = RequestFactory().get("/")
        inner = CompanySessionMiddleware(lambda _: HttpResponse())
        inner.process_request(request)
        request.session["theme"] = "dark"
        answer = inner.process_response(request, HttpResponse())
        assert answer.cookies[settings.SESSION_COOKIE_NAME].value == f"acme.{request.session.session_key}"


def test_a_cookie_that_is_not_set_or_taken_back_stays_so(acme):
    with bind_company(acme.binding()):
        inner = CompanySessionMiddleware(lambda _: HttpResponse())
        request = RequestFactory().get("/")
        inner.process_request(request)
        assert settings.SESSION_COOKIE_NAME not in inner.process_response(request, HttpResponse()).cookies
        request.COOKIES[settings.SESSION_COOKIE_NAME] = f"acme.{KEY}"  # of a session that has ended
        inner.process_request(request)
        request.session.flush()
        answer = inner.process_response(request, HttpResponse())
        assert answer.cookies[settings.SESSION_COOKIE_NAME].value == ""
