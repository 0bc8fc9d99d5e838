"""The agent's pages: queue, ticket, sources, questions. They read what the workers made."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.views import find_company
from apps.assistant import queues
from apps.assistant.api import find_ticket
from apps.assistant.models import Brief
from apps.assistant.services import ask_question, brief_state
from apps.assistant.shapes import Answer
from apps.assistant.words import missing_words, priority_words, reason_words
from apps.core.errors import AppError, BadInput
from apps.core.text import normalise
from apps.ingest.models import Stream
from apps.platforms.models import Article, Connection, Message, Ticket
from apps.tenancy.context import current_binding


def queue(request: HttpRequest) -> HttpResponse:
    """The first page of a company's host; on the bare host, the way to one's company."""
    return find_company(request) if current_binding() is None else _queue(request)


@login_required
@require_GET
def _queue(request: HttpRequest) -> HttpResponse:
    view, tickets = queues.filtered(request.GET)
    rows, following = queues.page(request.GET, tickets)
    context = {
        "section": "queue", "heading": queues.heading(view), "rows": rows, "next": following,
        "reader_language": request.LANGUAGE_CODE.split("-")[0],
        "syncing": Stream.objects.filter(first_completed_at=None).exists(),
        **queues.filters(request.GET, view),
    }  # fmt: skip
    return render(request, "assistant/queue.html", context)


@login_required
@require_GET
def ticket_page(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """Thread, draft and everything about the case; opening it computes nothing."""
    ticket = find_ticket(ticket_id)
    messages = Message.objects.filter(ticket=ticket).prefetch_related("attachments")
    context = _brief_context(ticket) | {
        "section": "queue", "messages": list(messages), "priority": priority_words(ticket.priority),
        "remote_url": _remote_url(ticket), "ask_url": reverse("assistant:ask-ticket", args=[ticket.pk]),
    }  # fmt: skip
    return render(request, "assistant/ticket.html", context)


@login_required
@require_GET
def draft_card(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """The card alone, for the page that waits for it."""
    return render(request, "parts/draft.html", _brief_context(find_ticket(ticket_id)))


def _brief_context(ticket: Ticket) -> dict[str, Any]:
    stored = Brief.objects.filter(ticket=ticket).first()
    brief = stored.shape() if stored else None
    state = brief_state(ticket, stored)
    context: dict[str, Any] = {"ticket": ticket, "brief": brief, "state": state, "solved": ticket.is_solved}
    if stored is None and ticket.is_solved:
        context["state"] = "off"
    context["card_state"] = {"preparing": "live"}.get(state, state)
    if brief is None:
        return context
    summary = brief.summary
    context["missing"] = [missing_words(code) for code in brief.draft.missing]
    context["why"] = [(one, reason_words(one.reason)) for one in brief.why]
    context["summary_parts"] = [
        (_("Request"), summary.request), (_("Tried so far"), summary.tried), (_("Where it stands"), summary.state),
        (_("Customer’s last question"), summary.last_ask), (_("Still open"), summary.open_questions),
        (_("Deadlines"), summary.dates),
    ]  # fmt: skip
    return context


def _remote_url(ticket: Ticket) -> str:
    """The ticket's page in the helpdesk; only the platform's own https address is ever linked."""
    base = str(Connection.objects.values_list("config__base_url", flat=True).get(pk=ticket.connection_id) or "")
    return f"{base}/a/tickets/{ticket.remote_id}" if base.startswith("https://") else ""


@login_required
@require_POST
def ask_ticket(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """A question on a ticket's page: the box with its answer, or the whole page without script."""
    ticket = find_ticket(ticket_id)
    context = _ask(request, ticket) | {"ask_url": reverse("assistant:ask-ticket", args=[ticket.pk]), "ticket": ticket}
    if request.headers.get("HX-Request"):
        return render(request, "parts/ask_form.html", context)
    return render(request, "assistant/ask.html", context)


@login_required
def ask_page(request: HttpRequest) -> HttpResponse:
    """The question box alone."""
    context: dict[str, Any] = {"section": "ask", "ask_url": reverse("assistant:ask")}
    if request.method == "POST":
        context |= _ask(request, None)
        if request.headers.get("HX-Request"):
            return render(request, "parts/ask_form.html", context)
    return render(request, "assistant/ask.html", context)


def _ask(request: HttpRequest, ticket: Ticket | None) -> dict[str, Any]:
    """The answer, or what went wrong with the question kept in its field."""
    question = request.POST.get("question", "")
    try:
        answer: Answer = ask_question(question=question, language=request.LANGUAGE_CODE, ticket=ticket)
    except BadInput:
        return {"error": _("Write a question of at most 4,000 characters."), "question": question}
    except AppError:
        return {"error": _("The search does not answer right now. Your question is still here; try again in a moment."),
                "question": question}  # fmt: skip
    return {"answer": answer}


@login_required
@require_GET
def source_message(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """A message as a source, with the quoted words marked."""
    message = get_object_or_404(Message.objects.select_related("ticket"), pk=source_id)
    ticket = find_ticket(message.ticket_id)
    context = _marked(request, message.text) | {
        "source_title": ticket.subject, "language": message.language, "kind": _("Message"), "ticket": ticket,
        "number": message.number, "private": message.is_private,
    }  # fmt: skip
    return render(request, "assistant/source.html", context)


@login_required
@require_GET
def source_article(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """An article as a source, with the quoted words marked."""
    article = Article.objects.usable().filter(pk=source_id).first()
    if article is None:
        raise Http404
    context = _marked(request, article.text) | {
        "source_title": article.title, "language": article.language, "kind": _("Article"),
        "private": article.visibility != "public",
    }  # fmt: skip
    return render(request, "assistant/source.html", context)


def _marked(request: HttpRequest, text: str) -> dict[str, str]:
    """The text in three parts around ?start=&end=; the whole text when the span does not fit it."""
    text = normalise(text)
    start, end = (request.GET.get(name, "") for name in ("start", "end"))
    if start.isdecimal() and end.isdecimal() and int(start) < int(end) <= len(text):
        return {"before": text[: int(start)], "marked": text[int(start) : int(end)], "after": text[int(end) :]}
    return {"before": text, "marked": "", "after": ""}
