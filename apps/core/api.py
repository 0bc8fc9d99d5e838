"""What every API answer shares: orjson in and out, RFC 9457 problem documents, keyset pages."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import orjson
import structlog
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.response import Response

from apps.core.audit import record_sparingly_on_commit
from apps.core.errors import AppError, BadInput, RateLimited
from apps.core.requests import route_of

PROBLEM = "application/problem+json"
ANYTHING = "*/*"
MAX_BODY = 1024 * 1024  # CAP-3
MAX_PAGE = 100
SEAL_BYTES = 12
log = structlog.get_logger("deskhand.api")


class OrjsonRenderer(BaseRenderer):
    """JSON by orjson; times as ISO 8601 in UTC with 'Z'."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        if data is None:
            return b""
        return orjson.dumps(data, default=str, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)


class Negotiation(DefaultContentNegotiation):
    """Most callers take anything, or JSON, where there is nothing else: no need to weigh it."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        if len(renderers) == 1 and request.META.get("HTTP_ACCEPT", ANYTHING) in (ANYTHING, renderers[0].media_type):
            return renderers[0], renderers[0].media_type
        return super().select_renderer(request, renderers, format_suffix)


class OrjsonParser(BaseParser):
    """A JSON object of at most 1 MB."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        raw = stream.read(MAX_BODY + 1)
        if len(raw) > MAX_BODY:
            raise BadInput("The body is larger than 1 MB.", code="body_too_large")
        try:
            return orjson.loads(raw or b"{}")
        except orjson.JSONDecodeError as exc:
            raise exceptions.ParseError(f"Body is not JSON: {exc}") from exc


def problem_document(
    request: HttpRequest, *, code_status: int, code: str, title: str, detail: str, **extra: Any
) -> dict[str, Any]:
    """RFC 9457 members plus a stable `code` and the `request_id`."""
    return {
        "type": "about:blank",
        "title": title,
        "status": code_status,
        "detail": detail,
        "code": code,
        "request_id": getattr(request, "id", ""),
        **extra,
    }


def problem(request: HttpRequest, *, status: int, code: str, title: str, detail: str) -> HttpResponse:
    """A problem document outside DRF (the edge, error handlers)."""
    body = problem_document(request, code_status=status, code=code, title=title, detail=detail)
    response = HttpResponse(orjson.dumps(body), status=status, content_type=PROBLEM)
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="deskhand"'
    return response


def _titles() -> Mapping[int, str]:
    return {
        400: _("This request could not be read"),
        401: _("Sign in again"),
        403: _("Not available to you"),
        404: _("Not found"),
        405: _("Method not allowed"),
        409: _("Conflict"),
        415: _("Format not supported"),
        429: _("Too many requests"),
        502: _("The helpdesk gave an answer that could not be used"),
        503: _("Not available right now"),
    }


def problem_response(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every refusal becomes a problem document; bugs go on to the 500 handler."""
    request = context["request"]
    headers: dict[str, str] = {}
    fields: dict[str, Any] = {}
    if isinstance(exc, AppError):
        code_status, code, detail = exc.status, exc.code, _detail_of(exc)
        if isinstance(exc, RateLimited):
            headers["Retry-After"] = str(int(exc.retry_after) + 1)
    elif isinstance(exc, Http404):
        code_status, code, detail = 404, "not_found", _("It does not exist, or you do not have access to it.")
    elif isinstance(exc, PermissionDenied):
        code_status, code, detail = 403, "forbidden", _("Your role does not include this. An admin can change it.")
    elif isinstance(exc, exceptions.APIException):
        code_status, code = exc.status_code, str(exc.get_codes() if isinstance(exc.detail, str) else exc.default_code)
        detail = str(exc.detail) if isinstance(exc.detail, str) else _("Some fields are not right.")
        if isinstance(exc, exceptions.ValidationError):
            fields = {"errors": exc.get_full_details()}
        if isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
            code = "unauthorized"
            detail = _("Your session or token is not valid here.")
            headers["WWW-Authenticate"] = 'Bearer realm="deskhand"'
    else:
        return None
    if code_status == status.HTTP_403_FORBIDDEN:
        record_sparingly_on_commit("access_refused", route=route_of(request), method=request.method.lower())
    title = _titles().get(code_status, _("Something went wrong"))
    body = problem_document(request, code_status=code_status, code=code, title=title, detail=detail, **fields)
    return Response(body, status=code_status, headers=headers, content_type=PROBLEM)


def _detail_of(exc: AppError) -> str:
    """A translated sentence for the reader; the exception's own message is for logs and admins."""
    if exc.status == status.HTTP_404_NOT_FOUND:
        return _("It does not exist, or you do not have access to it.")
    if exc.retryable:
        return _("Try again in a moment.")
    return exc.message


def encode_cursor(*parts: str, company_id: str) -> str:
    """An opaque page cursor, sealed for one company (ISO-8)."""
    body = orjson.dumps(parts)
    return base64.urlsafe_b64encode(_seal(body, company_id) + body).decode().rstrip("=")


def decode_cursor(cursor: str, length: int, *, company_id: str) -> list[str]:
    """The parts of a cursor. Raises BadInput when it is not one of ours, or another company's."""
    try:
        whole = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        seal, body = whole[:SEAL_BYTES], whole[SEAL_BYTES:]
        parts = orjson.loads(body) if constant_time_compare(seal, _seal(body, company_id)) else None
    except (binascii.Error, ValueError) as exc:
        raise BadInput("cursor: use the value of 'next' as it was given.", code="cursor_invalid") from exc
    if not isinstance(parts, list) or len(parts) != length or not all(isinstance(part, str) for part in parts):
        raise BadInput("cursor: use the value of 'next' as it was given.", code="cursor_invalid")
    return parts


def _seal(body: bytes, company_id: str) -> bytes:
    text = f"{company_id}\0{body.decode()}"
    return salted_hmac("deskhand.cursor", text, algorithm="sha256").digest()[:SEAL_BYTES]


def page_size(request: HttpRequest, *, default: int = 25) -> int:
    """?limit= between 1 and 100. Raises BadInput otherwise."""
    given = request.GET.get("limit", "")
    if not given:
        return default
    if not given.isdecimal() or not 1 <= int(given) <= MAX_PAGE:
        raise BadInput(f"limit: a number from 1 to {MAX_PAGE}.", code="limit_invalid")
    return int(given)
