"""Is it still you? Asked again before what a thief of a session would do first (AUT-3)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.accounts.access import allow
from apps.accounts.factors import CodeRefused, has_factor, use_code
from apps.accounts.steps import is_fresh, note_confirmed
from apps.accounts.throttle import OLD, give_back_try, take_code
from apps.accounts.views import back, inside, minutes, too_many
from apps.core.audit import record_sparingly
from apps.core.errors import RateLimited
from apps.tenancy.limits import take


def confirm_first(request: HttpRequest, *, everybody: bool = False) -> HttpResponse | None:
    """Where to send a person before a sensitive action, or None to go on.

    Asked of people with a second factor, or of `everybody`, whose sign-in or confirmation is older than ten minutes.
    What was posted is not kept: they come back to the page they were on.
    """
    person: Any = request.user
    if is_fresh(request) or not (everybody or has_factor(person)):
        return None
    return redirect(f"{reverse('accounts:confirm')}?{urlencode({'next': back(request)})}")


@never_cache
@sensitive_post_parameters()
@allow("account.self")
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """A code or the password, then back to where the person came from."""
    person: Any = request.user
    onward = inside(request, request.POST.get("next") or request.GET.get("next", ""))
    context: dict[str, Any] = {"next": onward, "has_factor": has_factor(person)}
    if request.method != "POST":
        return render(request, "accounts/confirm.html", context)
    try:
        right = _is_them(request, person)
    except RateLimited as exc:
        return too_many(render(request, "accounts/confirm.html", context | {"minutes": minutes(exc)}), exc)
    if not right:
        record_sparingly("confirmation_refused", subject=person.principal)
        return render(request, "accounts/confirm.html", context | {"refused": True}, status=400)
    note_confirmed(request)
    return redirect(onward)


def _is_them(request: HttpRequest, person: Any) -> bool:
    code, password = request.POST.get("code", ""), request.POST.get("password", "")
    if code:
        marks = take_code(request, person)
        try:
            use_code(person, code)
        except CodeRefused:
            return False
    else:
        marks = [OLD.of(str(person.pk))]
        take(*marks)
        if not person.check_password(password):
            return False
    give_back_try(marks)
    return True
