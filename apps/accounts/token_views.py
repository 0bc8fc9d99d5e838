"""A person's own API tokens: made and replaced (each shown once), revoked; an admin revokes anybody's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.access import allow
from apps.accounts.confirm_views import confirm_first
from apps.accounts.models import DEFAULT_DAYS, ApiToken, Scope
from apps.accounts.tokens import create, replace, revoke
from apps.core.errors import BadInput, Conflict

# Translators: how long a token works. %(count)s is a number of days.
_DAYS = ngettext_lazy("%(count)s day", "%(count)s days", "count")
LIVES = tuple((days, _DAYS % {"count": days}) for days in (7, 30, DEFAULT_DAYS, 180, 365))


class TokenForm(forms.Form):
    """What a token is for, what it may do, and how long."""

    name = forms.CharField(label=gettext_lazy("Purpose"), max_length=80)
    scopes = forms.MultipleChoiceField(label=gettext_lazy("What it may do"), choices=Scope, initial=[Scope.READ.value])
    days = forms.TypedChoiceField(label=gettext_lazy("Works for"), choices=LIVES, coerce=int, initial=DEFAULT_DAYS)


@allow("tokens.own")
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """The list; a POST makes a token and shows it on the answer itself, so that it is kept nowhere."""
    if request.method != "POST":
        return _page(request, TokenForm())
    if (first := confirm_first(request)) is not None:
        return first
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=400)
    try:
        token, clear = create(user=_person(request), **form.cleaned_data)
    except BadInput:
        form.add_error("name", _("Say in a few words what the token is for."))
        return _page(request, form, status=400)
    except Conflict:
        form.add_error("name", _too_many())
        return _page(request, form, status=409)
    return _page(request, TokenForm(), fresh=token, clear=clear)


@allow("tokens.own")
@require_POST
def replace_token(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """A new token for the same purpose; the old one works on for a week, until the new one is in its place."""
    token = get_object_or_404(ApiToken, pk=token_id, user=_person(request))
    if (first := confirm_first(request)) is not None:
        return first
    try:
        fresh, clear = replace(token=token)
    except Conflict as exc:
        ended = exc.code == "token_ended"
        messages.error(request, _("This token works no more. Create a new one.") if ended else _too_many())
        return redirect("accounts:tokens")
    return _page(request, TokenForm(), fresh=fresh, clear=clear)


@allow("tokens.own")
@require_POST
def revoke_token(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """One's own; an admin anybody's."""
    person = _person(request)
    mine = {} if person.is_admin else {"user": person}
    token = get_object_or_404(ApiToken, pk=token_id, **mine)
    revoke(token=token)
    # Translators: %(name)s is what an API token is for. Example: “Nightly export” is revoked.
    messages.success(request, _("“%(name)s” is revoked.") % {"name": token.name})
    return redirect("accounts:tokens")


def _page(request: HttpRequest, form: TokenForm, *, status: int = 200, **more: Any) -> HttpResponse:
    person = _person(request)
    others = ApiToken.objects.active().exclude(user=person).select_related("user") if person.is_admin else []
    mine = ApiToken.objects.filter(user=person).order_by("-created_at")
    context = {"form": form, "mine": [token for token in mine if token.is_active], "others": others, "tab": "tokens"}
    return render(request, "accounts/tokens.html", context | more, status=status)


def _too_many() -> str:
    return _("Two tokens for this purpose work already. Revoke the one you no longer use.")


def _person(request: HttpRequest) -> Any:
    return request.user
