"""Who calls the API: the bearer of a token, or a person with a session (then CSRF is checked)."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication, exceptions

from apps.accounts.models import API, ApiToken, digest
from apps.accounts.sql import TokenRow, find_token, note_use
from apps.core.audit import record_sparingly_on_commit
from apps.tenancy.context import name_principal
from apps.tenancy.credentials import bearer, split_token


class TokenAuthentication(authentication.BaseAuthentication):
    """The edge has compared the company in the token with host and header; here the secret is verified."""

    def authenticate(self, request: Any) -> tuple[Any, TokenRow] | None:
        token = bearer(request._request)
        if token is None:
            return None
        kind, _company = split_token(token) or ("", "")
        now = timezone.now()
        found = find_token(digest(token), now) if kind == API else None
        if found is None:
            record_sparingly_on_commit("token_refused", subject=_ended(token))
            raise exceptions.AuthenticationFailed()
        if found.unseen:
            note_use(found.id, now)
        name_principal(f"token:{found.id}")
        return found.user, found

    def authenticate_header(self, request: Any) -> str:
        return 'Bearer realm="deskhand"'


def _ended(token: str) -> str:
    """The token as the trail names it when it was ours once: expired, revoked or of somebody who left; '' for noise."""
    row = ApiToken.objects.filter(digest=digest(token)).values_list("pk", flat=True).first()
    return f"token:{row}" if row else ""


class SessionAuthentication(authentication.SessionAuthentication):
    """Django's session with CSRF; refusals say 401, not 403."""

    def authenticate_header(self, request: Any) -> str:
        return 'Bearer realm="deskhand"'


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tells the OpenAPI page about bearer tokens."""

    target_class = "apps.accounts.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "dsk_api_<company>_…"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tells the OpenAPI page about the session cookie."""

    target_class = "apps.accounts.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "session"}
