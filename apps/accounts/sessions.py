"""Sessions whose cookie names its company: '<company>.<key>' (decisions 2)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse

from apps.accounts.session_models import open_for
from apps.accounts.session_store import UNATTENDED
from apps.tenancy.context import current_binding
from apps.tenancy.credentials import split_cookie


def this_session(request: HttpRequest) -> UUID | None:
    """The UserSession this request comes in; None for nobody."""
    request.session.get("")  # loads it if nothing has yet
    return getattr(request.session, "entry", None)


def end_others(request: HttpRequest, person: Any, reason: str) -> None:
    """Password or second factor has changed: no browser but this one stays signed in."""
    open_for(person).exclude(pk=this_session(request)).end(reason)


class CompanySessionMiddleware(SessionMiddleware):
    """The edge has refused cookies of other companies already; here the key is taken out and put back."""

    def process_request(self, request: HttpRequest) -> None:
        binding = current_binding()
        parts = split_cookie(request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""))
        key = parts[1] if binding and parts and parts[0] == binding.company_id else None
        request.session = self.SessionStore(key)
        request.session.attended = UNATTENDED not in request.headers

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response = super().process_response(request, response)
        cookie: Any = response.cookies.get(settings.SESSION_COOKIE_NAME)
        binding = current_binding()
        if cookie is not None and cookie.value and binding is not None:
            # set_cookie again: assigning .value would not quote it the way cookies are written
            cookie.set(cookie.key, f"{binding.company_id}.{cookie.value}", f"{binding.company_id}.{cookie.value}")
        return response
