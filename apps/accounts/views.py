"""Sign in and out, language and appearance, and the bare host's page that helps find a company."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts.models import Theme
from apps.core.audit import record
from apps.core.errors import BadInput
from apps.tenancy.context import current_binding
from apps.tenancy.names import check_company_id


class SignIn(LoginView):
    """Django's form at the company's host; the answer is the same for an unknown address and a wrong password."""

    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if current_binding() is None:
            return redirect("/")
        return super().dispatch(request, *args, **kwargs)


def _signed_in(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    record("signed_in", principal=f"user:{user.pk}", request_id=getattr(request, "id", ""))


def _refused(sender: Any, request: HttpRequest | None = None, **kwargs: Any) -> None:
    record("sign_in_refused", request_id=getattr(request, "id", ""))


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
    response = redirect(_back(request))
    if language not in dict(settings.LANGUAGES):
        return response
    if current_binding() is not None and request.user.is_authenticated:
        request.user.language = language
        request.user.save(update_fields=["language"])
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=365 * 86_400, samesite="Lax",
                        secure=settings.SECURE_COOKIES)  # fmt: skip
    return response


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Light, dark or as the system; kept with the person, so no page flashes."""
    theme = request.POST.get("theme", "")
    if current_binding() is not None and request.user.is_authenticated and theme in Theme.values:
        request.user.theme = theme
        request.user.save(update_fields=["theme"])
    return redirect(_back(request))


def _back(request: HttpRequest) -> str:
    """The page the form was on, only if it is one of ours."""
    referrer = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(referrer, allowed_hosts={request.get_host()}):
        return urlsplit(referrer)._replace(scheme="", netloc="").geturl() or "/"
    return "/"


def find_company(request: HttpRequest) -> HttpResponse:
    """The bare host: lead to <company>.BASE_DOMAIN without telling whether it exists."""
    error = ""
    if request.method == "POST":
        try:
            company_id = check_company_id(request.POST.get("company", "").strip().lower())
        except BadInput:
            error = _("A short name has 2 to 40 letters a–z, digits or hyphens.")
        else:
            public = urlsplit(settings.PUBLIC_URL)
            port = f":{public.port}" if public.port else ""
            return redirect(f"{public.scheme}://{company_id}.{settings.BASE_DOMAIN}{port}/")
    return render(request, "accounts/find_company.html", {"error": error}, status=400 if error else 200)
