"""Signing in after the password: the page for a code, and the page to set the second factor up where one is required."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.accounts.factors import CodeRefused, confirm, use_code, waiting
from apps.accounts.pictures import setup_of
from apps.accounts.session_models import open_for
from apps.accounts.steps import CODE, ENROL, finish, half_of, start_waiting, waiting_id
from apps.accounts.tasks import tell_factor_changed
from apps.accounts.throttle import give_back_try, remember_browser, take_code
from apps.accounts.views import minutes, too_many
from apps.core.audit import record_sparingly
from apps.core.errors import RateLimited


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def enter_code(request: HttpRequest) -> HttpResponse:
    """The second step: a code of the app, or a recovery code. Every refusal of a code reads the same."""
    half = half_of(request, CODE)
    if half is None:
        return _from_the_start()
    if request.method != "POST":
        return render(request, "accounts/sign_in_code.html")
    try:
        marks = take_code(request, half.person)
    except RateLimited as exc:
        return too_many(render(request, "accounts/sign_in_code.html", {"minutes": minutes(exc)}), exc)
    try:
        use_code(half.person, request.POST.get("code", ""))
    except CodeRefused:
        record_sparingly("sign_in_refused", subject=half.person.principal, reason="code")
        return render(request, "accounts/sign_in_code.html", {"refused": True}, status=400)
    give_back_try(marks)
    finish(request, half.person)
    response = redirect(half.onward)
    remember_browser(response, half.person.email, proven=True)
    return response


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """Who must have a second factor and has none sets it up here; signed in with its first code, not before."""
    half = half_of(request, ENROL)
    if half is None:
        return _from_the_start()
    context: dict[str, Any] = {"person": half.person}
    status = 200
    if request.method == "POST" and "again" in request.POST:
        start_waiting(request, half.person)
        return redirect("accounts:sign-in-enrol")
    if request.method == "POST":
        try:
            codes = confirm(half.person, waiting_id(request), request.POST.get("code", ""))
        except CodeRefused:
            context["refused"], status = True, 400
        else:
            open_for(half.person).end("factor")  # those from before it was asked for
            finish(request, half.person)
            tell_factor_changed(half.person)
            response = render(request, "accounts/recovery_codes.html", {"codes": codes, "onward": half.onward})
            remember_browser(response, half.person.email, proven=True)
            return response
    factor = waiting(half.person, waiting_id(request))
    context["setup"] = setup_of(factor, half.person) if factor is not None else None
    return render(request, "accounts/sign_in_enrol.html", context, status=status)


def _from_the_start() -> HttpResponse:
    return redirect(f"{reverse('accounts:sign-in')}?again=1")
