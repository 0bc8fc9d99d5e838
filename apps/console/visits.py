"""An operator inside a company: who that is, and the two refusals of every write (here, and in the database)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth import BACKEND_SESSION_KEY, SESSION_KEY
from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.permissions import VISITOR
from apps.console.models import SupportAccess
from apps.core.api import problem
from apps.core.audit import record
from apps.core.requests import error_page, route_of, wants_json
from apps.tenancy.context import current_binding, name_principal, read_only

BACKEND = "apps.console.visits.VisitBackend"
SAFE = ("GET", "HEAD", "OPTIONS")
LEAVING = ("console:leave", "accounts:sign-out")  # what a visitor may send: they close the door behind them


@dataclass(frozen=True, slots=True)
class Visitor:
    """As much of a person as pages ask for. There is no row of User behind it, and nothing can be saved."""

    pk: UUID  # of the access
    operator_id: UUID
    name: str
    language: str
    until: datetime
    email: str = ""
    role: str = VISITOR
    theme: str = "system"
    keys_enabled: bool = True
    is_active: bool = True
    is_authenticated: bool = True
    is_anonymous: bool = False
    is_staff: bool = False
    is_superuser: bool = False
    is_admin: bool = False

    @property
    def id(self) -> UUID:
        return self.pk

    @property
    def principal(self) -> str:
        return f"operator:{self.operator_id}"

    def get_role_display(self) -> str:
        return _("Support")

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return False

    def has_module_perms(self, app_label: str) -> bool:
        return False


class VisitBackend(BaseBackend):
    """Sessions of visits: asked of the company's row on every request, so an end or the end of the time counts at once."""

    ends_its_sessions = True

    def get_user(self, user_id: Any) -> Any:
        access = SupportAccess.objects.filter(pk=user_id).first()
        if access is None or not access.is_open or access.until is None:
            return None
        return Visitor(access.pk, access.operator_id, access.operator_name, access.language, access.until)


def open_visit(request: HttpRequest, access: SupportAccess) -> None:
    """A fresh session of the visit, over when its time is."""
    assert access.until is not None  # noqa: S101 - open accesses have one
    request.session.flush()
    request.session[SESSION_KEY] = str(access.pk)
    request.session[BACKEND_SESSION_KEY] = BACKEND
    request.session.set_expiry(max(1, int((access.until - timezone.now()).total_seconds())))
    rotate_token(request)


class VisitMiddleware:
    """After sign-in is known. A visitor reads pages: no API, no form but the one that leaves, and no transaction that writes.

    Every page they open stands in the company's audit trail.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        visitor = _visitor(request)
        if visitor is None:
            return self.get_response(request)
        name_principal(visitor.principal)
        if request.method not in SAFE and route_of(request) in LEAVING:
            return self.get_response(request)
        read_only()
        subject = _subject(request)
        if request.method not in SAFE or wants_json(request):
            record("access_refused", subject=subject, route=route_of(request), method=str(request.method).lower())
            return _refuse(request)
        record("support_read", subject=subject, route=route_of(request))
        response = self.get_response(request)
        request.session.modified = False  # nothing of a visit is kept, and the database would refuse it
        return response


def _visitor(request: HttpRequest) -> Visitor | None:
    if current_binding() is None or request.session.session_key is None:
        return None
    if request.session.get(BACKEND_SESSION_KEY) != BACKEND:
        return None
    request.user.is_authenticated  # noqa: B018 - looks the lazy user up
    person = request.user._wrapped
    return person if isinstance(person, Visitor) else None


def _subject(request: HttpRequest) -> str:
    """The ticket looked at; the address is not resolved yet when a middleware asks."""
    try:
        ticket = resolve(request.path_info).kwargs.get("ticket_id")
    except Resolver404:
        return ""
    return f"ticket:{ticket}" if ticket else ""


def _refuse(request: HttpRequest) -> HttpResponse:
    title, detail = _("Support access only reads"), _("Nothing was changed.")
    if wants_json(request):
        return problem(request, status=403, code="read_only", title=title, detail=detail)
    return error_page(request, 403, title=title, detail=detail)
