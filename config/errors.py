"""The last resort: what nobody caught becomes a page or a problem document with the request id, never a stack trace."""

from __future__ import annotations

import sys

from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from psycopg.errors import ReadOnlySqlTransaction

from apps.core import requests
from apps.core.api import problem

RETRY_AFTER = "5"  # seconds


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500, called while the exception is being handled. A database that is away is no bug of ours."""
    error = sys.exc_info()[1]
    if isinstance(error, OperationalError | InterfaceError):
        return _unavailable(request)
    if isinstance(error, InternalError) and isinstance(error.__cause__, ReadOnlySqlTransaction):
        return requests.permission_denied(request, error)  # a visit of support tried to write
    if requests.wants_json(request):
        return problem(
            request,
            status=500,
            code="internal_error",
            title=_("Something went wrong"),
            detail=_("Try again. If it keeps happening, give your admin the request ID."),
        )
    return requests.server_error(request)


def _unavailable(request: HttpRequest) -> HttpResponse:
    """PostgreSQL is down, full or too slow: the same request may work in a moment."""
    title, detail = _("Not available right now"), _("Try again in a moment.")
    if requests.wants_json(request):
        answer = problem(request, status=503, code="unavailable", title=title, detail=detail)
    else:
        answer = requests.error_page(request, 503, title=title, detail=detail)
    answer["Retry-After"] = RETRY_AFTER
    return answer
