"""Who may open a page: every view names its rule of the role table."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from apps.accounts.permissions import may

View = Callable[..., HttpResponse]


def allow(rule: str) -> Callable[[View], View]:
    """Only for people whose role satisfies the rule. Others are sent to sign in, or refused with 403.

    A part of a page asked for by script gets a card instead of a redirect: the text on the page stays.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            person = request.user
            if not person.is_authenticated or not person.is_active:
                return _sign_in_first(request)
            if not may(rule, person.role):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def _sign_in_first(request: HttpRequest) -> HttpResponse:
    if not request.headers.get("HX-Request"):
        return redirect_to_login(request.get_full_path(), reverse("accounts:sign-in"))
    page = urlsplit(request.headers.get("HX-Current-URL", "")).path or "/"
    context = {
        "status": 401,
        "title": _("You were signed out"),
        "detail": _("Your text is kept on this page. Sign in again to continue."),
        "sign_in": f"{reverse('accounts:sign-in')}?{urlencode({'next': page})}",
    }
    return render(request, "errors/card.html", context, status=401)
