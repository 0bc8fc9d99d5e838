"""What every request carries: its id, its log context, its headers, and pages for errors."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable

import structlog
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from apps.core.audit import record_sparingly
from apps.core.events import REQUEST_ID

log = structlog.get_logger("deskhand.request")


def route_of(request: HttpRequest) -> str:
    """The name of the address asked for, 'unknown' when it is none of ours; the address itself may hold anything."""
    try:
        match = request.resolver_match or resolve(request.path_info)
    except Resolver404:
        return "unknown"
    return match.view_name.lower() or "unnamed"


def new_request_id() -> str:
    """16 signs of which one is a letter, so that no number passes for an id."""
    while True:
        found = secrets.token_hex(8)
        if REQUEST_ID.fullmatch(found):
            return found


def wants_json(request: HttpRequest) -> bool:
    """API callers get problem documents, people get pages."""
    return request.path.startswith("/api/")


def error_page(request: HttpRequest, status: int, *, title: str, detail: str) -> HttpResponse:
    """A page that says what happened and what to do, with the request id. Needs no database."""
    context = {"status": status, "title": title, "detail": detail, "request_id": getattr(request, "id", "")}
    return render(request, f"errors/{status}.html", context, status=status)


def page_context(request: HttpRequest) -> dict[str, object]:
    """Template context of every page."""
    return {"request_id": getattr(request, "id", "")}


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's token did not fit: nothing was changed."""
    return error_page(
        request,
        403,
        title=_("This form has expired"),
        detail=_("Nothing was changed. Go back, load the page again and send the form once more."),
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(
        request, 400, title=_("This request could not be read"), detail=_("Check the address and try again.")
    )


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Somebody who is known asked for what is not theirs: in the company's audit trail, if there is a company."""
    if structlog.contextvars.get_contextvars().get("company"):
        record_sparingly("access_refused", route=route_of(request), method=_method(request))
    return error_page(
        request,
        403,
        title=_("Not available to you"),
        detail=_("Your role does not include this page. An admin can change it."),
    )


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(
        request,
        404,
        title=_("Page not found"),
        detail=_("It may have been deleted, or you may not have access to it."),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    return error_page(
        request,
        500,
        title=_("This page could not be loaded"),
        detail=_("Try again. If it keeps happening, give your admin the ID below."),
    )


def _method(request: HttpRequest) -> str:
    return (request.method or "").lower()


class RequestMiddleware:
    """Gives the request an id, binds it to the log context, puts it and the privacy headers on the answer."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        if iscoroutinefunction(self):
            return self._async(request)
        self._begin(request)
        return self._end(request, self.get_response(request))

    async def _async(self, request: HttpRequest) -> HttpResponse:
        self._begin(request)
        return self._end(request, await self.get_response(request))  # type: ignore[misc]

    @staticmethod
    def _begin(request: HttpRequest) -> None:
        given = request.headers.get("X-Request-ID", "")
        request.id = given if REQUEST_ID.fullmatch(given) else new_request_id()  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request.id)  # type: ignore[attr-defined]

    @staticmethod
    def _end(request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response["X-Request-ID"] = request.id  # type: ignore[attr-defined]
        response.headers.setdefault("Content-Security-Policy", settings.CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
        if response.status_code >= 500:
            log.error("request_failed", status=response.status_code, method=_method(request), route=route_of(request))
        return response
