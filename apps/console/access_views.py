"""Support access in the company itself: its admins answer and end, operators come in and leave."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.access import allow
from apps.accounts.confirm_views import confirm_first
from apps.console import support
from apps.console.models import SupportAccess
from apps.console.places import companies_only
from apps.console.tasks import tell_operators
from apps.console.visits import open_visit
from apps.core.errors import Conflict

SHOWN = 50


@companies_only
@allow("support.approve")
@require_GET
def accesses(request: HttpRequest) -> HttpResponse:
    """Who asks, who is inside, who was."""
    return _accesses(request)


@companies_only
@allow("support.approve")
@require_POST
def decide(request: HttpRequest, access_id: UUID) -> HttpResponse:
    """approve | deny | end."""
    get_object_or_404(SupportAccess, pk=access_id)
    verb = request.POST.get("verb", "")
    if verb == "approve" and (first := confirm_first(request)) is not None:
        return first
    try:
        if verb in ("approve", "deny"):
            support.answer(access_id=access_id, approve=verb == "approve", person=request.user)
        elif verb == "end":
            support.end(access_id=access_id, reason="admin")
        else:
            return _accesses(request, status=400, error=_("Choose one of the buttons."))
    except Conflict:
        return _accesses(request, status=409, error=_("That was answered or over already. Nothing was changed."))
    tell_operators()
    return redirect("console:accesses")


def _accesses(request: HttpRequest, *, status: int = 200, error: str = "") -> HttpResponse:
    rows = list(SupportAccess.objects.select_related("answered_by").order_by("-requested_at")[:SHOWN])
    context = {
        "section": "support",
        "waiting": [one for one in rows if one.is_waiting],
        "inside": [one for one in rows if one.is_open],
        "past": [one for one in rows if not one.is_waiting and not one.is_open],
        "error": error,
    }
    return render(request, "console/accesses.html", context, status=status)


@companies_only
@require_http_methods(["GET", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """A GET only shows whose door it is: links are opened by previews and scanners too. The POST uses the pass up."""
    token = request.POST.get("pass", "") if request.method == "POST" else request.GET.get("pass", "")
    try:
        if request.method == "GET":
            access, _nonce = support.look_at_pass(token)
            return render(request, "console/enter.html", {"access": access, "token": token})
        access = support.use_pass(token)
    except support.PassRefused:
        return render(request, "console/enter.html", {"access": None}, status=403)
    open_visit(request, access)
    tell_operators()
    return redirect("/")


@companies_only
@require_POST
@allow("support.leave")
def leave(request: HttpRequest) -> HttpResponse:
    """The operator is done: the access ends, not the session alone."""
    with suppress(Conflict):  # an admin was quicker
        support.end(access_id=request.user.pk, reason="operator")
    logout(request)
    tell_operators()
    return redirect("accounts:sign-in")
