"""The pages that send: a note at once, a reply once its recipient was confirmed, changes of the ticket.

They write down what is to be done and go back to the ticket; workers do it. No other view of the product leads to a
write in a helpdesk.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.access import allow
from apps.core.errors import AppError, BadInput, Forbidden
from apps.platforms.changes import TicketChange
from apps.platforms.labels import labelled, line_for
from apps.platforms.markup import clean
from apps.platforms.models import Connection, Ticket
from apps.platforms.ordering import agent_for, order, order_again, why_not
from apps.platforms.outgoing import Outgoing, Unsent
from apps.platforms.presence import others_on, tell
from apps.platforms.reach import reach_of
from apps.platforms.ready import LEFT
from apps.platforms.tasks import hand_over
from apps.platforms.words import refusal_words
from apps.platforms.writing import lines_of, recipient_of

Kind = Outgoing.Kind
ACTS = ("reply", "note", "discard", "restore")


@allow("replies.send")
@require_POST
def write(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """The composer's form: act = reply (asks for confirmation), note (sends), discard or restore what was begun."""
    ticket, act, text = find(request, ticket_id), request.POST.get("act", ""), clean(request.POST.get("text", ""))
    if act not in ACTS:
        return HttpResponse(f"act: one of {', '.join(ACTS)}.", status=400, content_type="text/plain")
    if act in ("discard", "restore"):
        _swap(request, ticket, text, restore=act == "restore")
        return _back(ticket, "reply")
    if act == "note":
        return _ordered(request, ticket, Kind.NOTE, labelled(text, _line(request, ticket, Kind.NOTE)), begun=text)
    return _confirm(request, ticket, text)


@allow("replies.send")
@require_POST
def send_reply(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """The confirmed reply. What should carry a label and does not is shown once more, with it: nothing goes out unseen."""
    ticket, text = find(request, ticket_id), clean(request.POST.get("text", ""))
    if text and labelled(text, _line(request, ticket, Kind.REPLY)) != text:
        return _confirm(request, ticket, text)
    if not recipient_of(ticket):
        return _refused(request, ticket, Forbidden("nobody to reply to", code="no_address"), request.POST.get("text", ""))
    return _ordered(request, ticket, Kind.REPLY, text, begun=request.POST.get("begun", ""))


@allow("replies.send")
@require_POST
def change(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """Status, priority, group, agent, tags: what differs from what we know is set."""
    ticket = find(request, ticket_id)
    try:
        told = _change_of(ticket, request.POST)
    except BadInput as problem:
        return _refused(request, ticket, problem, "")
    return _ordered(request, ticket, Kind.UPDATE, "", told)


@allow("replies.send")
@require_POST
def begun(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """The page tells what is in the composer, and that somebody is there; it hears who else is."""
    ticket, text = find(request, ticket_id), request.POST.get("text")
    tell(ticket, request.user, typing=text is not None)
    if text is not None:
        _keep(request, ticket, clean(text))
    return render(request, "platforms/others.html", {"others": others_on(ticket, request.user)})


@allow("replies.send")
@require_GET
def outgoing(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """What is under way on a ticket, for a page that waits for it."""
    ticket = find(request, ticket_id)
    lines = lines_of(request.user, ticket)
    waits = any(one.order.is_open for one in lines)
    return render(request, "platforms/outgoing.html", {"ticket": ticket, "lines": lines, "waits": waits})


@allow("replies.send")
@require_POST
def again(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Try again what failed; by whoever ordered it."""
    known = Outgoing.objects.filter(pk=order_id, user_id=request.user.pk).first()
    if known is None:
        raise Http404
    ticket = find(request, known.ticket_id)
    try:
        if order_again(person=request.user, order=known):
            hand_over(known.pk)
    except AppError as problem:
        return _refused(request, ticket, problem, known.text)
    return _back(ticket, "outgoing")


def find(request: Any, ticket_id: UUID) -> Ticket:
    """A ticket within the reader's reach, or 404."""
    tickets = Ticket.objects.shown().within(reach_of(request.user)).select_related("customer", "group", "agent")
    ticket = tickets.filter(pk=ticket_id).first()
    if ticket is None:
        raise Http404
    return ticket


def _confirm(request: HttpRequest, ticket: Ticket, text: str) -> HttpResponse:
    """Who gets it, and the text as it will be sent; nothing is sent by this page."""
    connection = Connection.objects.get(pk=ticket.connection_id)
    code = why_not(agent_for(request.user, connection.pk), connection, ticket)
    code = code or ("" if recipient_of(ticket) else "no_address") or ("" if text else "text_empty")
    code = code or ("placeholder_left" if LEFT.search(text) else "")
    if code:
        kind = BadInput if code in ("text_empty", "placeholder_left") else Forbidden
        return _refused(request, ticket, kind("not to be sent", code=code), text)
    _keep(request, ticket, text)
    context = {
        "section": "queue", "ticket": ticket, "begun": text, "recipient": recipient_of(ticket), "key": request.POST.get("key", ""),
        "text": labelled(text, _line(request, ticket, Kind.REPLY)), "from_draft": request.POST.get("from_draft", ""),
    }  # fmt: skip
    return render(request, "platforms/confirm.html", context)


def _ordered(
    request: HttpRequest, ticket: Ticket, kind: str, text: str, told: TicketChange | None = None, *, begun: str = ""
) -> HttpResponse:
    key = f"{request.POST.get('key', '')}:{kind}{request.POST.get('part', '')[:8]}"
    drafted = bool(request.POST.get("from_draft"))
    try:
        made = order(
            person=request.user, ticket=ticket, kind=kind, key=key, text=text, change=told, from_draft=drafted, begun=begun
        )
    except AppError as problem:
        return _refused(request, ticket, problem, text)
    hand_over(made.pk)
    return _back(ticket, "outgoing")


def _line(request: HttpRequest, ticket: Ticket, kind: str) -> str:
    """What the company adds where a suggestion is in the text."""
    connection = Connection.objects.get(pk=ticket.connection_id)
    return line_for(connection, ticket, kind, from_draft=bool(request.POST.get("from_draft")))


def _back(ticket: Ticket, place: str) -> HttpResponse:
    return redirect(f"{reverse('assistant:ticket', args=[ticket.pk])}#{place}")


def _refused(request: HttpRequest, ticket: Ticket, problem: AppError, text: str) -> HttpResponse:
    """Why nothing was sent; the text is kept on the page."""
    context = {"section": "queue", "ticket": ticket, "words": refusal_words(problem.code), "text": text}
    return render(request, "platforms/refused.html", context, status=problem.status)


def _keep(request: Any, ticket: Ticket, text: str) -> None:
    if not text and not Unsent.objects.filter(user_id=request.user.pk, ticket=ticket).exists():
        return
    facts: dict[str, Any] = {"text": text[:60_000]} | ({"before": ""} if text else {})
    if "from_draft" in request.POST:
        facts["from_draft"] = bool(request.POST["from_draft"])
    Unsent.objects.update_or_create(user_id=request.user.pk, ticket=ticket, defaults=facts)


def _swap(request: Any, ticket: Ticket, text: str, *, restore: bool) -> None:
    """Discard what was begun, and keep it for as long as nothing else is written; or take it back."""
    mine = Unsent.objects.filter(user_id=request.user.pk, ticket=ticket)
    if not restore:
        Unsent.objects.update_or_create(user_id=request.user.pk, ticket=ticket, defaults={"text": "", "before": text})
    elif (kept := mine.exclude(before="").first()) is not None:
        mine.update(text=kept.before, before="")


def _change_of(ticket: Ticket, form: Any) -> TicketChange:
    """What of the form differs. Raises BadInput for what is none of its choices."""
    connection = Connection.objects.get(pk=ticket.connection_id)
    status, priority, group, agent = (form.get(name, "") for name in ("status", "priority", "group", "agent"))
    if status and status not in {str(one["value"]) for one in connection.statuses}:
        raise BadInput("no such status", code="change_empty")
    if priority and priority not in ("1", "2", "3", "4"):
        raise BadInput("no such priority", code="change_empty")
    if group and not connection.group_set.filter(remote_id=group).exists():
        raise BadInput("no such group", code="change_empty")
    if agent and not connection.person_set.filter(remote_id=agent, kind="agent").exists():
        raise BadInput("no such agent", code="change_empty")
    tags = tuple(dict.fromkeys(one.strip()[:32] for one in form.get("tags", "").split(",") if one.strip()))
    return TicketChange(
        status=status if status and status != ticket.status_value else None,
        priority=int(priority) if priority and int(priority) != ticket.priority else None,
        group_id=group if "group" in form and group != (ticket.group.remote_id if ticket.group else "") else None,
        agent_id=agent if "agent" in form and agent != (ticket.agent.remote_id if ticket.agent else "") else None,
        tags=tags if "tags" in form and list(tags) != list(ticket.tags) else None,
    )
