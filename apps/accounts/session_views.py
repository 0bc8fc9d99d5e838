"""Where a person is signed in: look, and end one, or all but this one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.access import allow
from apps.accounts.session_models import IDLE_OTHERS, UserSession, idle_of
from apps.accounts.sessions import this_session
from apps.accounts.views import sign_out

SHOWN = 100


@allow("account.self")
@require_http_methods(["GET", "HEAD"])
def sessions(request: HttpRequest) -> HttpResponse:
    """This browser first, then as they were last seen."""
    this = this_session(request)
    mine = sorted(_mine(request).order_by("-last_seen_at")[:SHOWN], key=lambda one: one.pk != this)
    idle = idle_of(_person(request).role)
    context = {"mine": mine, "this": this, "tab": "sessions", "long": idle > IDLE_OTHERS}
    return render(request, "accounts/sessions.html", context)


@allow("account.self")
@require_POST
def end_session(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """One of one's own; to end this one is to sign out."""
    if session_id == this_session(request):
        return sign_out(request)
    session = get_object_or_404(_mine(request), pk=session_id)
    _mine(request).filter(pk=session_id).end("own")
    # Translators: %(device)s is a browser. Example: Firefox on Windows is signed out.
    messages.success(request, _("%(device)s is signed out.") % {"device": session.device})
    return redirect("accounts:sessions")


@allow("account.self")
@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """Everywhere but here."""
    count = _mine(request).exclude(pk=this_session(request)).end("own")
    if count:
        # Translators: %(count)s is a number of browsers in which the reader is no longer signed in.
        told = ngettext("%(count)s browser is signed out.", "%(count)s browsers are signed out.", count)
        messages.success(request, told % {"count": count})
    return redirect("accounts:sessions")


def _mine(request: HttpRequest) -> Any:
    return UserSession.objects.live().filter(user=_person(request).pk)


def _person(request: HttpRequest) -> Any:
    return request.user
