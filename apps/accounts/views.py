"""Sign in and out, language and appearance."""

from __future__ import annotations

import math
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from apps.accounts.access import allow
from apps.accounts.models import Theme
from apps.accounts.steps import begin, stage_of
from apps.accounts.throttle import clean, remember_browser
from apps.core.audit import record
from apps.core.errors import RateLimited
from apps.tenancy.context import current_binding, current_company
from apps.tenancy.models import Company


class SignIn(LoginView):
    """Django's form at the company's host; the answer is the same for an unknown address and a wrong password."""

    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if current_binding() is None:
            return redirect("/")
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().post(request, *args, **kwargs)
        except RateLimited as exc:
            form = AuthenticationForm(request, initial={"username": request.POST.get("username", "")[:254]})
            return too_many(self.render_to_response(self.get_context_data(form=form, minutes=minutes(exc))), exc)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        person: Any = form.get_user()
        stage = stage_of(person)
        if stage:
            begin(self.request, person=person, stage=stage, onward=self.get_success_url())
            return redirect(f"accounts:sign-in-{stage}")
        response = super().form_valid(form)
        remember_browser(response, form.get_user().email)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        name = Company.objects.values_list("name", flat=True).get(company_id=current_company().company_id)
        return super().get_context_data(**kwargs) | {"company_name": name}


def too_many(response: Any, exc: RateLimited) -> HttpResponse:
    """A page that says when to come back, as an answer that says it too."""
    response.status_code = 429
    response["Retry-After"] = str(math.ceil(exc.retry_after))
    answer: HttpResponse = response
    return answer


def minutes(exc: RateLimited) -> int:
    return math.ceil(exc.retry_after / 60)


def _signed_in(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    record("signed_in", principal=f"user:{user.pk}")


def _refused(sender: Any, credentials: dict[str, Any], **kwargs: Any) -> None:
    record("sign_in_refused", subject=f"address:{clean(str(credentials.get('username') or ''))}")


user_logged_in.connect(_signed_in, dispatch_uid="deskhand.signed_in")
user_login_failed.connect(_refused, dispatch_uid="deskhand.sign_in_refused")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session and let the browser forget what it kept."""
    logout(request)
    response = redirect("accounts:sign-in")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """One of the seven; kept with the person, or in a cookie before signing in."""
    language = request.POST.get("language", "")
    response = redirect(back(request))
    if language not in dict(settings.LANGUAGES):
        return response
    if current_binding() is not None and request.user.is_authenticated:
        request.user.language = language
        request.user.save(update_fields=["language"])
    return _remember(response, settings.LANGUAGE_COOKIE_NAME, language)


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Light, dark or as the system; kept with the person, and in a cookie for pages before signing in."""
    theme, response = request.POST.get("theme", ""), redirect(back(request))
    if theme not in Theme.values:
        return response
    if current_binding() is not None and request.user.is_authenticated:
        request.user.theme = theme
        request.user.save(update_fields=["theme"])
    return _remember(response, "theme", theme)


@allow("account.self")
@require_POST
def choose_keys(request: HttpRequest) -> HttpResponse:
    """Single-letter keys on or off (WCAG 2.1.4)."""
    request.user.keys_enabled = request.POST.get("keys") == "on"
    request.user.save(update_fields=["keys_enabled"])
    return redirect(back(request))


def _remember(response: HttpResponse, name: str, value: str) -> HttpResponse:
    """A choice in a cookie of a year; no script needs to read it."""
    response.set_cookie(
        name, value, max_age=365 * 86_400, samesite="Lax", secure=settings.SECURE_COOKIES, httponly=True
    )
    return response


def back(request: HttpRequest) -> str:
    """The page the form was on, only if it is one of ours."""
    return inside(request, request.headers.get("Referer", ""))


def inside(request: HttpRequest, address: str) -> str:
    """The path of an address of this host; '/' for any other."""
    if url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()}):
        return urlsplit(address)._replace(scheme="", netloc="").geturl() or "/"
    return "/"
