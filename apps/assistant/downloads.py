"""A file of a message, brought from the helpdesk when somebody clicks it: to be kept, never shown by us.

It is held whole until it is known to be whole, so half a file is never taken for one. Nobody gets its link: that would open
it for whoever holds it, without us.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.accounts.access import allow
from apps.assistant.files import file_lines
from apps.assistant.readable import find_file
from apps.core.audit import record
from apps.core.errors import AppError, NotFound, RateLimited
from apps.core.text import visible
from apps.platforms.fetching import PAUSED, fetch_file
from apps.platforms.filedata import INCOMPLETE, TOO_LARGE
from apps.platforms.models import Attachment

LONGEST = 120  # characters of a name; its end says what a system takes the file for
POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


@dataclass(frozen=True, slots=True)
class Away:
    """Why a file is not here, and what may help."""

    status: int
    title: str
    detail: str
    wait: int = 0  # seconds after which it may be had


@allow("files.read")
@require_GET
def download(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """The file as an attachment of unknown kind, whatever it says it is; or a page that says why there is none."""
    file = find_file(request, file_id)
    subject = f"attachment:{file.pk}"
    try:
        found = fetch_file(file)
    except AppError as problem:
        record("file_opened", subject=subject, outcome=problem.code)
        return _away_page(request, file, problem)
    record("file_opened", subject=subject, outcome="given")
    response = HttpResponse(found.body, content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, plain_name(file.name))
    response["Content-Security-Policy"] = POLICY
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def plain_name(name: str) -> str:
    """(pure) A name that any system can keep and whose end is what one sees: no path, no control, nothing that turns it around."""
    kept = "".join(one if one.isprintable() and one not in '/\\:*?"<>|' else "_" for one in visible(name)).strip(" .")
    if len(kept) <= LONGEST:
        return kept or "file"
    stem, dot, ending = kept.rpartition(".")
    return f"{stem[: LONGEST - 13]}.{ending}" if dot and len(ending) <= 12 else kept[:LONGEST]


def _away_page(request: HttpRequest, file: Attachment, problem: AppError) -> HttpResponse:
    away = _away(problem)
    context = {"section": "queue", "away": away, "file": file_lines([file])[0], "message": file.message}
    response = render(request, "assistant/file_away.html", context, status=away.status)
    if away.wait:
        response["Retry-After"] = str(away.wait)
    return response


def _away(problem: AppError) -> Away:
    if isinstance(problem, NotFound):
        return Away(410, _("This file is gone"), _("The helpdesk no longer has it. It may have been deleted there."))
    if problem.code == TOO_LARGE:
        detail = _("Files of up to 20 MB can be opened here. Open the ticket in your helpdesk for larger ones.")
        return Away(502, _("This file is too large"), detail)
    if problem.code == INCOMPLETE:
        detail = _("It is larger or smaller than your helpdesk says, so it was not passed on. Try again.")
        return Away(502, _("This file arrived damaged"), detail)
    if isinstance(problem, RateLimited):
        detail = _("Your helpdesk allows no more calls at the moment. Try again soon.")
        return Away(429, _("Too many files at once"), detail, max(1, round(problem.retry_after)))
    if problem.retryable and problem.code != PAUSED:
        detail = _("The file is there, not here. Try again in a minute.")
        return Away(503, _("Your helpdesk does not answer"), detail, 60)
    detail = _("Your helpdesk did not hand it over. Open the ticket there, or ask your admin to check the connection.")
    return Away(502, _("This file could not be opened"), detail)
