"""A person's own second factor: set up, replaced, turned off; new recovery codes."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.accounts import factors
from apps.accounts.access import allow
from apps.accounts.confirm_views import confirm_first
from apps.accounts.models import SecondFactor
from apps.accounts.pictures import setup_of
from apps.accounts.sessions import end_others
from apps.accounts.steps import PROVEN, WAITING, start_waiting, waiting_id
from apps.accounts.tasks import tell_factor_changed
from apps.accounts.throttle import OLD, give_back_try, remember_browser, take_code
from apps.accounts.views import minutes, too_many
from apps.core.errors import BadInput, RateLimited
from apps.tenancy.limits import take


@never_cache
@sensitive_post_parameters()
@allow("account.self")
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """How it stands; a POST says in `verb` what to do: start | confirm | cancel | codes | off."""
    if request.method != "POST":
        return _page(request)
    verbs = {"start": _start, "confirm": _confirm, "cancel": _cancel, "codes": _codes, "off": _turn_off}
    act = verbs.get(request.POST.get("verb", ""))
    return act(request) if act is not None else _page(request, status=400)


def _start(request: HttpRequest) -> HttpResponse:
    """Whoever holds a session for a moment could lock its owner out with a telephone of their own: asked of everybody."""
    first = confirm_first(request, everybody=True)
    if first is not None:
        return first
    start_waiting(request, _person(request))
    return redirect("accounts:second-factor")


def _confirm(request: HttpRequest) -> HttpResponse:
    person = _person(request)
    try:
        codes = factors.confirm(person, waiting_id(request), request.POST.get("code", ""))
    except factors.CodeRefused:
        return _page(request, status=400, refused="confirm")
    request.session.pop(WAITING, None)
    end_others(request, person, "factor")
    _go_on(request, person)
    request.session[PROVEN] = True
    response = _page(request, codes=codes)
    remember_browser(response, person.email, proven=True)
    return response


def _cancel(request: HttpRequest) -> HttpResponse:
    request.session.pop(WAITING, None)
    return redirect("accounts:second-factor")


def _codes(request: HttpRequest) -> HttpResponse:
    first = confirm_first(request, everybody=True)
    if first is not None:
        return first
    try:
        codes = factors.renew_codes(_person(request))
    except BadInput:
        return _page(request, status=400)
    return _page(request, codes=codes)


def _turn_off(request: HttpRequest) -> HttpResponse:
    """Asks password and code, and is nothing for whoever must have one."""
    person = _person(request)
    if factors.must_have(person.role) or not factors.has_factor(person):
        return _page(request, status=400)
    marks = [OLD.of(str(person.pk))]
    try:
        take(*marks)
        marks += take_code(request, person)
    except RateLimited as exc:
        return too_many(_page(request, minutes=minutes(exc)), exc)
    try:
        if not person.check_password(request.POST.get("password", "")):
            raise factors.CodeRefused("The password is not right.")
        factors.use_code(person, request.POST.get("code", ""))
    except factors.CodeRefused:
        return _page(request, status=400, refused="off")
    give_back_try(marks)
    factors.turn_off(person)
    end_others(request, person, "factor")
    _go_on(request, person)
    messages.success(request, _("Signing in asks for your password alone from now on."))
    return redirect("accounts:second-factor")


def _go_on(request: HttpRequest, person: Any) -> None:
    """This browser stays signed in, under a new key; every other session has ended."""
    update_session_auth_hash(request, person)
    tell_factor_changed(person)


def _page(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    person = _person(request)
    factor = SecondFactor.objects.confirmed().filter(user=person).first()
    waits = factors.waiting(person, waiting_id(request))
    context = {
        "tab": "second-factor", "factor": factor, "required": factors.must_have(person.role),
        "setup": setup_of(waits, person) if waits is not None else None, "left": factors.codes_left(person),
    }  # fmt: skip
    return render(request, "accounts/second_factor.html", context | more, status=status)


def _person(request: HttpRequest) -> Any:
    return request.user
