"""After sign-in is known: ask whether it is enough, name the principal, speak the person's language."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from apps.accounts.steps import lacks_factor
from apps.core.audit import record
from apps.tenancy.context import current_binding, name_principal


class FactorMiddleware:
    """Who must have a second factor has proven it in this session, or the session ends.

    Sign-in sees to it; this sees to whoever was signed in before the role, or the setting, asked for it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        bound = current_binding() is not None and not request.path.startswith(settings.STATIC_URL)
        if bound and settings.MFA_REQUIRED and request.session.session_key is not None and lacks_factor(request):
            record("session_ended", subject=request.user.principal, reason="factor_missing", count=1)
            request.session.flush()
            request.user = AnonymousUser()
        return self.get_response(request)


class PersonMiddleware:
    """Pages only: the API names its principal when it authenticates, and answers in Accept-Language."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if current_binding() is None or request.path.startswith(("/api/", settings.STATIC_URL)):
            return self.get_response(request)
        if request.session.session_key is None or not request.user.is_authenticated:
            return self.get_response(request)
        name_principal(request.user.principal)
        language = request.user.language
        translation.activate(language)
        request.LANGUAGE_CODE = language
        response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response
