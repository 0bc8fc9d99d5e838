"""The page of one's saved views: made from the queue's filters, renamed, moved, deleted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.access import allow
from apps.assistant.models import SavedView
from apps.assistant.queues import Filters, filter_words
from apps.assistant.saved import NAME_LIMIT, clean_query, delete_view, move_view, rename_view, save_view
from apps.core.errors import AppError, BadInput


@allow("views.own")
@require_http_methods(["GET", "HEAD", "POST"])
def views(request: HttpRequest) -> HttpResponse:
    """The list with a form for a new one; a POST keeps filters under a name and shows the queue with them."""
    if request.method != "POST":
        return _page(request, query=clean_query(request.GET.urlencode()))
    name, query = request.POST.get("name", ""), clean_query(request.POST.get("query", ""))
    try:
        view = save_view(user=_person(request), name=name, query=query)
    except AppError as problem:
        return _page(request, query=query, name=name, error=_words(problem), status=problem.status)
    return redirect(f"{reverse('assistant:queue')}?{view.query}")


@allow("views.own")
@require_POST
def change_view(request: HttpRequest, view_id: UUID) -> HttpResponse:
    """One thing with one view: action = rename | up | down | delete."""
    person, action = _person(request), request.POST.get("action", "")
    try:
        if action == "rename":
            rename_view(user=person, view_id=view_id, name=request.POST.get("name", ""))
        elif action in ("up", "down"):
            move_view(user=person, view_id=view_id, up=action == "up")
        elif action == "delete":
            # Translators: %(name)s is the name a person gave a list. Example: View deleted: Urgent hardware
            messages.success(request, _("View deleted: %(name)s") % {"name": delete_view(user=person, view_id=view_id)})
        else:
            raise BadInput("action: rename, up, down or delete.", code="action_invalid")
    except SavedView.DoesNotExist as exc:
        raise Http404 from exc
    except AppError as problem:
        return _page(request, wrong=view_id, error=_words(problem), status=problem.status)
    return redirect("assistant:views")


def _page(request: HttpRequest, *, query: str = "", status: int = 200, **more: Any) -> HttpResponse:
    found = list(SavedView.objects.filter(user=_person(request)))
    rows = [(view, filter_words(Filters.of(view.query))) for view in found]
    context = {
        "section": "queue", "rows": rows, "last": len(rows) - 1, "most": SavedView.MOST, "full": len(rows) >= SavedView.MOST,
        "query": query, "about": filter_words(Filters.of(query)), "name_limit": NAME_LIMIT,
    }  # fmt: skip
    return render(request, "assistant/views.html", context | more, status=status)


def _words(problem: AppError) -> str:
    return {
        "view_name_invalid": _("Give the view a name of at most 60 characters."),
        "view_name_taken": _("You already have a view with this name."),
        "views_full": _("You have 20 views, the most a person keeps. Delete one first."),
    }.get(problem.code, _("Nothing was changed. Try again."))


def _person(request: HttpRequest) -> Any:
    return request.user
