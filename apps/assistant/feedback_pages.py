"""Feedback from a page: in place with script, by a plain form without."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts.access import allow
from apps.assistant.api import find_ticket
from apps.assistant.feedback import COMMENT_LIMIT, Thing, give_feedback, withdraw_feedback
from apps.assistant.marks import Mark
from apps.assistant.models import Feedback
from apps.assistant.services import QUESTION_LIMIT
from apps.core.errors import AppError, NotFound
from apps.platforms.reach import reach_of

VALUES = ("up", "down", "none")


@allow("feedback.give")
@require_POST
def feedback(request: HttpRequest) -> HttpResponse:
    """One word on one thing: value = up | down | none. A page without script goes back to where the thing is shown."""
    form = {name: value.replace("\0", "") for name, value in request.POST.items()}
    kind, value, reason = form.get("kind", ""), form.get("value", ""), form.get("reason", "")
    if kind not in Feedback.Kind.values or value not in VALUES or (reason and reason not in Feedback.Reason.values):
        return HttpResponse("kind, value and reason: as the form has them.", status=400, content_type="text/plain")
    reach = reach_of(request.user)
    ticket = find_ticket(_uuid(form["ticket"]), reach) if form.get("ticket") else None
    mark = Mark(kind, form.get("thing", ""), ticket.pk if ticket else None, form.get("question", "")[:QUESTION_LIMIT])
    status = 200
    try:
        mark = replace(mark, given=_keep(request, Thing(kind, reach, mark.thing, ticket), form, mark.question))
    except AppError as problem:
        if isinstance(problem, NotFound):
            raise Http404 from problem
        mark, status = replace(mark, error=_words(problem)), problem.status
    return _answer(request, mark, status)


def _keep(request: HttpRequest, thing: Thing, form: dict[str, str], question: str) -> Feedback | None:
    person: Any = request.user
    if form["value"] == "none":
        withdraw_feedback(user=person, thing=thing)
        return None
    told = {"reason": form.get("reason", ""), "comment": form.get("comment", "")} if form["value"] == "down" else {}
    return give_feedback(user=person, thing=thing, helpful=form["value"] == "up", question=question, **told)


def _answer(request: HttpRequest, mark: Mark, status: int) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return render(request, "parts/feedback.html", {"mark": replace(mark, used=True)}, status=status)
    if mark.ticket_id and mark.kind != Feedback.Kind.ANSWER and not mark.error:
        return redirect(f"{reverse('assistant:ticket', args=[mark.ticket_id])}#{mark.id}")
    back = reverse("assistant:ticket", args=[mark.ticket_id]) if mark.ticket_id else reverse("assistant:ask")
    return render(request, "assistant/feedback.html", {"section": "ask", "mark": mark, "back": back}, status=status)


def _words(problem: AppError) -> str:
    return {
        "draft_changed": _("The suggested reply is another one by now. Load the page again to judge it."),
        # Translators: %(count)s is a number of characters. Example: 1,000
        "comment_too_long": _("The text is too long. Most characters allowed: %(count)s")
        % {"count": number_format(COMMENT_LIMIT)},
    }.get(problem.code, _("Nothing was changed. Try again."))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as exc:
        raise Http404 from exc
