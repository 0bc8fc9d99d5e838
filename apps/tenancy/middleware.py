"""The edge: host, credential and X-Company-ID are compared before any company's data is touched (tenancy.md 2.6)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import dataclass

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.utils import translation
from django.utils.translation import gettext as _

from apps.core.api import problem
from apps.core.audit import record_sparingly
from apps.core.requests import error_page, route_of, wants_json
from apps.tenancy.alarms import REFUSED
from apps.tenancy.bodies import bind_body
from apps.tenancy.context import Binding, bind_company
from apps.tenancy.credentials import claimed_company
from apps.tenancy.models import Company
from apps.tenancy.registry import Known, api_host, company_at, company_named

BARE_PATHS = ("/", "/static/", "/language/", "/theme/")  # what the bare host serves: find my company


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer of the edge; `audit` is recorded in the company of the host or the credential."""

    status: int
    code: str
    audit: Known | None = None


def decide(*, host: str, path: str, claimed: str | None, sent: bool, header: str | None) -> Binding | Refusal | None:
    """The table of tenancy.md 2.6, first matching row wins. None: the bare host, no company at all."""
    at_host = company_at(host)
    shared = host == api_host()
    if at_host is None and not shared:
        bare = host == settings.BASE_DOMAIN and (path == "/" or path.startswith(BARE_PATHS[1:]))
        return None if bare else Refusal(404, "not_found")
    if shared:
        return _decide_shared(claimed, header)
    assert at_host is not None  # noqa: S101 - the branch above returned
    if sent and claimed != at_host.company_id:
        return Refusal(401, "unauthorized", audit=at_host)
    if sent and header is not None and header != at_host.company_id:
        return Refusal(403, "company_mismatch", audit=at_host)
    return _open(at_host, claimed)


def _decide_shared(claimed: str | None, header: str | None) -> Binding | Refusal:
    company = company_named(claimed) if claimed else None
    if company is None:
        return Refusal(401, "unauthorized")
    if header is None:
        return Refusal(400, "company_header_required")
    if header != company.company_id:
        return Refusal(403, "company_mismatch", audit=company)
    return _open(company, claimed)


def _open(company: Known, claimed: str | None) -> Binding | Refusal:
    """Schema of the host, company of the credential (W1, W2): were the comparison above wrong, 0 rows would be seen."""
    if company.status == Company.Status.ACTIVE:
        return company.binding(claimed=claimed)
    if company.status in (Company.Status.CLOSED, Company.Status.CLOSING):
        return Refusal(410, "company_closed")
    return Refusal(403, "company_suspended")


class EdgeMiddleware:
    """Binds the company for the whole request, or answers itself. First of the middlewares that touch data."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        if iscoroutinefunction(self):
            return self._async(request)
        verdict = self._judge(request)
        if isinstance(verdict, HttpResponse):
            return verdict
        with bind_company(verdict) if verdict else nullcontext():
            return bind_body(self.get_response(request))

    async def _async(self, request: HttpRequest) -> HttpResponse:
        verdict = await sync_to_async(self._judge)(request)
        if isinstance(verdict, HttpResponse):
            return verdict
        with bind_company(verdict) if verdict else nullcontext():
            return bind_body(await self.get_response(request))  # type: ignore[misc]

    @staticmethod
    def _judge(request: HttpRequest) -> Binding | HttpResponse | None:
        host, _port = split_domain_port(request.META.get("HTTP_HOST", ""))
        claimed, sent = claimed_company(request)
        header = request.headers.get("X-Company-ID")
        verdict = decide(host=host, path=request.path, claimed=claimed, sent=sent, header=header)
        if not isinstance(verdict, Refusal):
            return verdict
        if verdict.audit is not None and verdict.audit.status == Company.Status.ACTIVE:
            REFUSED.labels(verdict.code).inc()
            event = "tenant_mismatch" if verdict.status == 401 else "company_mismatch"
            with bind_company(verdict.audit.binding()):
                record_sparingly(event, route=route_of(request))
        return refuse(request, verdict)


def refuse(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The answer of a refused request: a problem document for the API, a page for people.

    In the language the request asks for: LocaleMiddleware comes later, and the thread still has that of the one before.
    """
    with translation.override(translation.get_language_from_request(request)):
        title, detail = _words(refusal.code)
        if wants_json(request):
            return problem(request, status=refusal.status, code=refusal.code, title=title, detail=detail)
        response = error_page(request, refusal.status, title=title, detail=detail)
    if refusal.status == 401:  # the cookie is of no use here: let the browser drop it and sign in again
        response.delete_cookie(settings.SESSION_COOKIE_NAME)
    return response


def _words(code: str) -> tuple[str, str]:
    return {
        "not_found": (_("Page not found"), _("It may have been deleted, or you may not have access to it.")),
        "unauthorized": (_("Sign in again"), _("Your session or token is not valid here.")),
        "company_header_required": (
            _("Company missing"),
            _("Send the header X-Company-ID with the company’s short name."),
        ),
        "company_mismatch": (
            _("Wrong company"),
            _("X-Company-ID names another company than your session or token."),
        ),
        "company_suspended": (_("Company suspended"), _("Access is paused. Ask whoever runs this installation.")),
        "company_closed": (_("Company closed"), _("This company no longer uses Deskhand.")),
    }[code]
