"""The last resort: a bug becomes a page or a problem document with the request id, never a stack trace."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from apps.core import requests
from apps.core.api import problem


def server_error(request: HttpRequest) -> HttpResponse:
    if requests.wants_json(request):
        return problem(
            request,
            status=500,
            code="internal_error",
            title=_("Something went wrong"),
            detail=_("Try again. If it keeps happening, give your admin the request ID."),
        )
    return requests.server_error(request)
