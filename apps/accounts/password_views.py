"""A forgotten password, a new one by the link of a mail, and changing one's own."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.contrib.auth.views import INTERNAL_RESET_SESSION_TOKEN, PasswordResetConfirmView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.accounts.access import allow
from apps.accounts.models import User
from apps.accounts.resets import ask_reset, reset_tokens, set_by_link
from apps.accounts.sessions import end_others
from apps.accounts.tasks import hand_over, mail_changed, mail_reset
from apps.accounts.throttle import OLD, remember_browser
from apps.accounts.views import minutes, too_many
from apps.core.audit import record
from apps.core.errors import ExternalUnavailable, RateLimited
from apps.core.requests import error_page
from apps.tenancy.limits import give_back, take


class AddressForm(forms.Form):
    """An e-mail address, whosever it is."""

    email = forms.EmailField(max_length=254)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forgot_password(request: HttpRequest) -> HttpResponse:
    """Ask for a link; the answer never tells whether the address is somebody's."""
    form = AddressForm(request.POST or None)
    context: dict[str, Any] = {
        "form": form,
        "sent": "sent" in request.GET,
        "sends": settings.MAIL.sends,
    }
    if request.method != "POST" or not settings.MAIL.sends or not form.is_valid():
        status = 400 if form.errors else 200
        return render(request, "accounts/forgot_password.html", context, status=status)
    try:
        hand_over(mail_reset, str(ask_reset(address=form.cleaned_data["email"], request=request)))
    except RateLimited as exc:
        return too_many(render(request, "accounts/forgot_password.html", context | {"minutes": minutes(exc)}), exc)
    except ExternalUnavailable:
        return later(request)
    return redirect(f"{reverse('accounts:forgot-password')}?sent=1")


class SetPassword(PasswordResetConfirmView):
    """Django's page behind the link: the token goes into the session, so that no later address holds it.

    Nobody is signed in by it: whoever sets the password signs in as always.
    """

    template_name = "accounts/set_password.html"
    token_generator = reset_tokens
    form_class = SetPasswordForm

    def get_user(self, uidb64: str) -> User | None:
        person = super().get_user(uidb64)
        return person if person is not None and person.is_active else None

    def form_valid(self, form: SetPasswordForm[User]) -> HttpResponse:
        token = self.request.session.pop(INTERNAL_RESET_SESSION_TOKEN, "")
        person: User = self.user
        if not set_by_link(person=person, token=token, password=form.cleaned_data["new_password1"]):
            return redirect(self.request.path)
        record("password_changed", subject=f"user:{person.pk}", mode="link")
        with suppress(ExternalUnavailable):  # the password is set; the word about it is a courtesy
            hand_over(mail_changed, str(person.pk))
        response = redirect(f"{reverse('accounts:sign-in')}?password=set")
        remember_browser(response, person.email)
        return response


set_password = require_http_methods(["GET", "HEAD", "POST"])(SetPassword.as_view())


@never_cache
@sensitive_post_parameters()
@allow("account.self")
@require_http_methods(["GET", "HEAD", "POST"])
def change_password(request: HttpRequest) -> HttpResponse:
    """One's own, with the old one asked again; every other session ends."""
    person: Any = request.user
    form = PasswordChangeForm(person, request.POST or None)
    context: dict[str, Any] = {"form": form, "changed": "changed" in request.GET}
    if request.method != "POST":
        return render(request, "accounts/change_password.html", context)
    guess = OLD.of(str(person.pk))
    try:
        take(guess)
    except RateLimited as exc:
        context["form"] = PasswordChangeForm(person)
        return too_many(render(request, "accounts/change_password.html", context | {"minutes": minutes(exc)}), exc)
    valid = form.is_valid()
    if "old_password" not in form.errors:
        give_back(guess)
    if not valid:
        return render(request, "accounts/change_password.html", context, status=400)
    with transaction.atomic():
        form.save()
        end_others(request, person, "password")
    update_session_auth_hash(request, person)  # this browser goes on, under a new key
    record("password_changed", subject=f"user:{person.pk}", mode="page")
    with suppress(ExternalUnavailable):
        hand_over(mail_changed, str(person.pk))
    return redirect(f"{reverse('accounts:change-password')}?changed=1")


def later(request: HttpRequest) -> HttpResponse:
    """The queue is away: nothing was done, and the same may work in a moment."""
    answer = error_page(request, 503, title=_("Not available right now"), detail=_("Try again in a moment."))
    answer["Retry-After"] = "5"
    return answer
