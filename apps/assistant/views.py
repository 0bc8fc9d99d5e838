"""The agent's pages: queue, ticket, questions. They read what the workers made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.access import allow
from apps.accounts.find_views import find_company
from apps.accounts.permissions import may
from apps.accounts.reach import Reach
from apps.assistant import conversation, pages, queues
from apps.assistant.api import find_ticket
from apps.assistant.canned import offer
from apps.assistant.customers import customer_of
from apps.assistant.feedback import given_on
from apps.assistant.linked import linked_to
from apps.assistant.models import Brief
from apps.assistant.outcomes import outcomes_of
from apps.assistant.reaching import brief_for
from apps.assistant.services import QUESTION_LIMIT, ask_question
from apps.assistant.waiting import INDEX, delay_code, delay_of
from apps.assistant.words import live_words, priority_words, reason_words
from apps.core.audit import record
from apps.core.errors import AppError, BadInput, RateLimited
from apps.core.names import numbered
from apps.ingest.files import ask_files
from apps.ingest.hints import live, opened
from apps.ingest.models import Stream
from apps.ingest.tasks import send_hints
from apps.platforms.links import ticket_page as remote_page
from apps.platforms.models import Connection, Message, Ticket
from apps.platforms.reach import reach_of
from apps.platforms.writing import writing_of
from apps.tenancy.context import current_binding
from apps.tenancy.names import OPERATOR_COMPANY
from apps.tenancy.slots import RETRY_SECONDS

USES = ("inserted", "copied")  # what a page can do with a suggested reply
NOTHING = Brief.Outcome.NOT_ENOUGH_EVIDENCE
Read = Callable[[QuerySet[Message], QueryDict], conversation.Conversation]

def queue(request: HttpRequest) -> HttpResponse:
    """The first page of a company's host; on the bare host, the way to one's company; operators have their console."""
    binding = current_binding()
    if binding is None:
        return find_company(request)
    return redirect("console:companies") if binding.company_id == OPERATOR_COMPANY else _queue(request)


@allow("tickets.read")
@require_GET
def _queue(request: HttpRequest) -> HttpResponse:
    number = request.GET.get("number", "").strip().lstrip("#")
    if number:
        found = Ticket.objects.shown().within(reach_of(request.user)).named(number).order_by("-updated_at").first()
        if found is not None:
            return redirect("assistant:ticket", found.pk)
    context = _queue_context(request)
    if number:
        # Translators: %(number)s is the number of a ticket. Example: No ticket has this number: #48213
        context["notices"] = [_("No ticket has this number: %(number)s") % {"number": numbered(number)}]
    return render(request, "assistant/queue.html", context)


def _queue_context(request: HttpRequest) -> dict[str, Any]:
    filters = queues.Filters.read(request.GET)
    with transaction.atomic():
        reach = reach_of(request.user)
        rows, following = queues.page(filters, queues.tickets_of(filters, request.user, reach), request.GET, reach)
        return {
            "section": "queue", "heading": queues.name_of(filters, request.user), "rows": rows, "next": following,
            "first": (filters.query() or "sort=recent") if request.GET.get("after") else "",
            "sections": queues.sections(filters, request.user, reach), "sorts": queues.sorts(filters),
            "narrowed": filters.narrowed or filters.status != "waiting", "reader_language": _language(request),
            "syncing": Stream.objects.filter(first_completed_at=None).exists(), "here": request.get_full_path(),
            "unconnected": not rows and not Connection.objects.exists(),
        }  # fmt: skip


@allow("tickets.read")
@require_GET
def ticket_page(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """Conversation, draft and everything about the case; opening it computes nothing."""
    context = _ticket_context(request, ticket_id)
    if may("notes.read", request.user.role) and context["ticket"].state == Ticket.State.LIVE:
        if opened(context["ticket"], context["connection"]):  # no transaction is open
            send_hints()
        context |= _live(context["ticket"])
    if context["inserted"]:  # without script the link does what the button does
        record("draft_used", subject=f"ticket:{ticket_id}", mode="inserted")
    return render(request, "assistant/ticket.html", context)


@allow("notes.read")
@require_GET
def live_note(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """While the helpdesk is asked about a ticket on a screen: how fresh it is, and in the end what has changed."""
    ticket = find_ticket(ticket_id, reach := reach_of(request.user))
    context = {"ticket": ticket} | _live(ticket)
    context["changed"] = not context["live"].asking and context["live_mark"] != request.GET.get("seen")
    with transaction.atomic():
        readable = _readable(request).filter(ticket=ticket) if context["changed"] else Message.objects.none()
        context["conversation"] = conversation.of_news(readable, request.GET)
    if context["changed"]:
        context |= {
            "remote": remote_page(Connection.objects.get(pk=ticket.connection_id), ticket.remote_id), "due": pages.due_of(ticket),
            "priority": priority_words(ticket.priority), "page_url": reverse("assistant:ticket", args=[ticket.pk]),
            "linked": linked_to(ticket, reach), "outcomes": outcomes_of(ticket),
        }  # fmt: skip
    else:  # the next look goes on where this one stood
        context |= {"conversation": {"since": conversation.number_in(request.GET, "since") or 0}, "live_mark": request.GET.get("seen", "")[:64]}
    response = render(request, "assistant/live_update.html", context)
    if context["changed"]:
        response["HX-Retarget"], response["HX-Reswap"] = "#ticket-head", "outerHTML"
        response["HX-Trigger"] = "fresh"  # the card looks for news now
    return response


def _live(ticket: Ticket) -> dict[str, Any]:
    known = live(ticket)
    return {"live": known, "live_mark": f"{ticket.raw_hash[:12]}-{ticket.thread_version[:12]}", "live_words": live_words(known.error)}


@allow("assistant.read")
@require_GET
def draft_card(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """For a page that looks for news: 204 while nothing is new, else the card, the panels and the conversation."""
    fresh = "fresh" in request.GET
    reach = reach_of(request.user)
    if _mark(find_ticket(ticket_id, reach), reach, fresh) == request.GET.get("seen"):
        return HttpResponse(status=204)  # every half minute from every open page: the conversation is not read
    context = _ticket_context(request, ticket_id, read=conversation.of_news, fresh=fresh)
    return render(request, "assistant/draft_update.html", context)


def _mark(ticket: Ticket, reach: Reach, fresh: bool) -> str:
    """What the card of the ticket as it stands is named by."""
    stored, delay = _brief(ticket, reach)
    return pages.card_of(ticket, stored, stored.shape() if stored else None, fresh=fresh, delay=delay).mark


@allow("assistant.read")
@require_POST
def draft_used(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """The page tells that somebody put the suggested reply into theirs, or copied it: who and which ticket, no text."""
    mode = request.POST.get("mode", "")
    if mode not in USES:
        return HttpResponse(f"mode: one of {', '.join(USES)}.", status=400, content_type="text/plain")
    ticket = find_ticket(ticket_id, reach_of(request.user))
    if not Brief.objects.filter(ticket=ticket).exclude(outcome=NOTHING).exists():
        raise Http404
    record("draft_used", subject=f"ticket:{ticket_id}", mode=mode)
    return HttpResponse(status=204)


@allow("tickets.read")
@require_GET
def more_messages(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """What takes the place of a gap in a conversation. The focus goes to the message aimed at, or to the first that came."""
    with transaction.atomic():
        ticket = find_ticket(ticket_id, reach_of(request.user))
        parts = conversation.of_gap(_readable(request).filter(ticket=ticket), request.GET)
    context = {
        "ticket": ticket, "parts": parts, "entry": conversation.entry(parts, request.GET),
        "page_url": reverse("assistant:ticket", args=[ticket.pk]),
    }  # fmt: skip
    return render(request, "parts/messages.html", context)


def _readable(request: HttpRequest) -> QuerySet[Message]:
    """The messages this reader may see: a visit of support sees no private notes, nor what is not surely public."""
    if may("notes.read", request.user.role):
        return Message.objects.all()
    return Message.objects.filter(visibility="public")


def _reads_drafts(request: HttpRequest) -> bool:
    return may("assistant.read", request.user.role)


def _brief(ticket: Ticket, reach: Reach) -> tuple[Brief | None, str]:
    """The brief this reader may see, or why it is late. No transaction is open: it may ask the engine."""
    try:
        stored = brief_for(ticket, reach)
    except AppError as problem:
        return None, delay_code(problem.code)
    return stored, "" if stored is not None or ticket.is_solved else delay_of(ticket)


def _ticket_context(
    request: HttpRequest, ticket_id: UUID, *, read: Read = conversation.of_page, fresh: bool = False
) -> dict[str, Any]:
    """Everything the ticket page shows, read in one short transaction once there is a brief for its reader."""
    reach = reach_of(request.user)
    stored, delay = _brief(find_ticket(ticket_id, reach), reach)
    with transaction.atomic():
        ticket = find_ticket(ticket_id, reach)
        shown = read(_readable(request).filter(ticket=ticket), request.GET)
        connection = Connection.objects.get(pk=ticket.connection_id)
        if may("notes.read", request.user.role):  # a visit of support only reads
            ask_files(connection, ticket)
        remote = remote_page(connection, ticket.remote_id)
        writing = writing_of(request.user, ticket, connection)
        canned = offer(request.user, ticket, connection, request.GET.get("canned", ""))
    brief = stored.shape() if stored else None
    card = pages.card_of(ticket, stored, brief, fresh=fresh, delay=delay)
    return {
        "section": "queue", "ticket": ticket, "connection": connection, "conversation": shown, "remote": remote, "card": card, "writing": writing,
        "brief": None if card.state == "preparing" else brief, "due": pages.due_of(ticket),
        "priority": priority_words(ticket.priority), "customer": str(ticket.customer or "–"),
        "given": given_on(ticket, request.user) if brief else {},
        "summary_parts": (parts := pages.summary_parts(brief.summary) if brief else []),
        "summary_note": pages.summary_note(parts),
        "why": [(one, reason_words(one.reason)) for one in brief.why] if brief else [],
        "left_out": pages.left_out(brief.why) if brief else [], "known": customer_of(ticket, reach), "linked": linked_to(ticket, reach),
        "outcomes": outcomes_of(ticket, [one.ticket_id for one in brief.similar] if brief else []),
        "inserted": card.plain if request.GET.get("insert") == "draft" and _reads_drafts(request) else "",
        "canned": canned, "filled": canned.filled.text if canned.filled else "",
        "page_url": reverse("assistant:ticket", args=[ticket.pk]), "reader_language": _language(request),
        "ask_url": reverse("assistant:ask-ticket", args=[ticket.pk]),
    }  # fmt: skip


@allow("assistant.ask")
@require_POST
def ask_ticket(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """A question on a ticket's page: the answer alone for the page's log, the whole page without script."""
    ticket = find_ticket(ticket_id, reach_of(request.user))
    exchange = _exchange(request, ticket)
    if request.headers.get("HX-Request"):
        return _answer(request, exchange, ticket)
    context = _ticket_context(request, ticket_id) | {"exchange": exchange}
    return _when(exchange, render(request, "assistant/ticket.html", context, status=exchange.status))


@allow("assistant.ask")
@require_http_methods(["GET", "POST"])
def ask_page(request: HttpRequest) -> HttpResponse:
    """The question box alone."""
    exchange = _exchange(request, None) if request.method == "POST" else None
    if exchange is not None and request.headers.get("HX-Request"):
        return _answer(request, exchange, None)
    context = {"section": "ask", "ask_url": reverse("assistant:ask"), "exchange": exchange}
    return _when(exchange, render(request, "assistant/ask.html", context, status=exchange.status if exchange else 200))


def _answer(request: HttpRequest, exchange: pages.Exchange, ticket: Ticket | None) -> HttpResponse:
    response = render(request, "parts/answer.html", {"exchange": exchange, "ticket": ticket}, status=exchange.status)
    if not exchange.error:
        response["HX-Trigger"] = "answered"  # the field may be emptied
    return _when(exchange, response)


def _when(exchange: pages.Exchange | None, response: HttpResponse) -> HttpResponse:
    """A refusal for too many says when to come back."""
    if exchange is not None and exchange.status == RateLimited.status:
        response["Retry-After"] = str(round(RETRY_SECONDS))
    return response


def _exchange(request: HttpRequest, ticket: Ticket | None) -> pages.Exchange:
    """The answer, or what went wrong with the question kept. No transaction is open: the search is a network call."""
    question = request.POST.get("question", "")
    try:
        answer = ask_question(question=question, reach=reach_of(request.user), language=_language(request), ticket=ticket)
    except BadInput:
        # Translators: %(count)s is a number of characters. Example: 4,000
        words = _("Write a question. Most characters allowed: %(count)s") % {"count": number_format(QUESTION_LIMIT)}
        return pages.new_exchange(question, error=words, status=400)
    except RateLimited as problem:
        words = _(
            "Many questions of your company are being answered. Yours is still in the field. Ask again in a few seconds."
        )
        return pages.new_exchange(question, error=words, status=problem.status)
    except AppError as problem:
        if delay_code(problem.code) == INDEX:
            words = _(
                "No answer came back. The search is not available right now. Your question is still in the field. "
                "Try again in a moment."
            )
        else:
            words = _("No answer came back. Your question is still in the field. Try again in a moment.")
        return pages.new_exchange(question, error=words, status=problem.status)
    sources = pages.source_lines(answer.citations)
    return pages.new_exchange(question, answer=answer, insertable=ticket is not None, sources=sources)


def _language(request: HttpRequest) -> str:
    """The reader's language as sources name theirs: 'zh', not 'zh-hans'."""
    return str(request.LANGUAGE_CODE).split("-")[0]
