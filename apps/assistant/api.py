"""Version 1 of the API: tickets, their briefs and drafts, questions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson
from django.http import Http404, HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.reach import Reach
from apps.assistant.answers import Problem, StoredBrief, TicketPage, TicketThread
from apps.assistant.models import Brief
from apps.assistant.reaching import brief_for
from apps.assistant.services import QUESTION_LIMIT, ask_question, state_of
from apps.assistant.shapes import Answer, Draft
from apps.assistant.sql import BriefText, Row, brief_text, list_tickets, ticket_json
from apps.core.api import decode_cursor, encode_cursor, page_size
from apps.core.audit import record_on_commit
from apps.core.errors import BadInput, NotFound
from apps.core.views import DatabaseView
from apps.platforms.models import Ticket
from apps.platforms.reach import reach_of
from apps.tenancy.context import current_company

CATEGORIES = tuple(Ticket.Category.values)
REFUSED = dict.fromkeys((400, 401, 403, 404), Problem)


class QuestionSerializer(serializers.Serializer[Any]):
    """A question, perhaps about one ticket."""

    question = serializers.CharField(max_length=QUESTION_LIMIT)
    ticket = serializers.UUIDField(required=False)


class TicketListView(DatabaseView):
    """Tickets, newest change first."""

    rule = "tickets.read"

    @extend_schema(
        operation_id="tickets_list",
        parameters=[
            OpenApiParameter("status", str, enum=CATEGORIES, description="Only tickets of this category."),
            OpenApiParameter("limit", int, description="1 to 100, default 25."),
            OpenApiParameter("cursor", str, description="`next` of the page before."),
        ],
        responses={200: TicketPage, **REFUSED},
    )
    def get(self, request: Request) -> HttpResponse:
        status = request.GET.get("status", "")
        if status and status not in CATEGORIES:
            raise BadInput(f"status: one of {', '.join(CATEGORIES)}.", code="status_invalid")
        reach = reach_of(request.user)
        return keyset_page(
            request, lambda limit, after: list_tickets(status=status, reach=reach, limit=limit, after=after)
        )


class TicketView(DatabaseView):
    """One ticket with its thread."""

    rule = "tickets.read"

    @extend_schema(operation_id="tickets_retrieve", responses={200: TicketThread, **REFUSED})
    def get(self, request: Request, ticket_id: UUID) -> HttpResponse:
        place, text, linked = ticket_json(ticket_id, request.user.pk) or (None, "", [])
        if place is None:
            raise Http404
        reach = reach_of(request.user, place.agents)
        if not place.within(reach):
            raise Http404
        links = [
            {"kind": one.kind, "id": one.id, "number": one.number}
            for one in linked if reach.holds(one.connection, one.group, one.agent)
        ]  # fmt: skip
        tail = f', "links": {orjson.dumps(links).decode()}}}'  # the object PostgreSQL wrote goes on, unread
        return HttpResponse(text[:-1] + tail, content_type="application/json")


class BriefView(APIView):
    """The brief: summary, similar solved tickets, articles, draft, trace."""

    rule = "assistant.read"

    @extend_schema(operation_id="tickets_brief", responses={200: StoredBrief, **REFUSED})
    def get(self, request: Request, ticket_id: UUID) -> HttpResponse:
        stored = served_brief(request.user, ticket_id)
        state = state_of(stored.outcome, current=stored.current)
        head = f'{{"state": "{state}", "made_at": "{stored.made_at}", '  # and then what the object held, unread
        return HttpResponse(head + stored.json[1:], content_type="application/json")


class DraftView(APIView):
    """The suggested reply alone."""

    rule = "assistant.read"

    @extend_schema(operation_id="tickets_draft", responses={200: Draft, **REFUSED})
    def get(self, request: Request, ticket_id: UUID) -> HttpResponse:
        return HttpResponse(served_brief(request.user, ticket_id, draft=True).json, content_type="application/json")


class AskView(APIView):
    """A question gets cited passages, or an honest no."""

    rule = "assistant.ask"

    @extend_schema(operation_id="ask", request=QuestionSerializer, responses={200: Answer, 503: Problem, **REFUSED})
    def post(self, request: Request) -> Response:
        given = QuestionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        ticket_id = given.validated_data.get("ticket")
        reach = reach_of(request.user)
        ticket = find_ticket(ticket_id, reach) if ticket_id else None
        answer = ask_question(question=given.validated_data["question"], reach=reach, ticket=ticket)
        return Response(answer.model_dump(mode="json"))


def served_brief(reader: Any, ticket_id: UUID, *, draft: bool = False) -> BriefText:
    """The brief for another system, or its draft alone: handing over a suggested reply is a use of it.

    To a reader of limited reach it may have to be composed, which asks the vector engine: no transaction is open.
    Raises Http404, NotFound where none was made, ExternalUnavailable.
    """
    place, stored = brief_text(ticket_id, reader.pk, draft=draft) or (None, None)
    if place is None or stored is None or not place.within(reach := reach_of(reader, place.agents)):
        raise Http404
    if stored.outcome and not (reach.everything and place.product is None):
        stored = _limited(stored, find_ticket(ticket_id, reach), reach, draft=draft)
    if not stored.outcome:
        raise NotFound("This ticket has no brief yet.", code="brief_missing")
    if stored.outcome != Brief.Outcome.NOT_ENOUGH_EVIDENCE:
        record_on_commit("draft_used", subject=f"ticket:{ticket_id}", mode="api")
    return stored


def _limited(stored: BriefText, ticket: Ticket, reach: Reach, *, draft: bool) -> BriefText:
    """The brief as this reach may see it, written as PostgreSQL writes what is stored; none where it cannot be made."""
    row = brief_for(ticket, reach)
    if row is None:
        return BriefText("", False, "", "")
    text = orjson.dumps(row.data["draft"] if draft else row.data).decode()
    return BriefText(row.outcome, row.thread_version == ticket.thread_version, stored.made_at, text)


def keyset_page(request: Request, fetch: Callable[[int, tuple[str, ...] | None], list[Row]]) -> HttpResponse:
    """One page of `fetch(limit, after)`, whose rows are keyed by updated_at and id; `next` is sealed for the company."""
    limit, company_id = page_size(request), current_company().company_id
    cursor = request.GET.get("cursor", "")
    after = tuple(decode_cursor(cursor, 2, company_id=company_id)) if cursor else None
    rows = fetch(limit + 1, after)
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        following = encode_cursor(last["updated_at"], str(last["id"]), company_id=company_id)
    return json_answer({"results": rows[:limit], "next": following})


def json_answer(found: Any) -> HttpResponse:
    """Rows straight to orjson: the serializer and renderer would cost four times the query."""
    return HttpResponse(orjson.dumps(found, default=str), content_type="application/json")


def find_ticket(ticket_id: UUID, reach: Reach) -> Ticket:
    """A ticket within reach, or 404: one out of it, and another company's, look the same as one that never was."""
    ticket = Ticket.objects.shown().within(reach).select_related("customer", "group", "agent", "product", "firm").filter(pk=ticket_id).first()
    if ticket is None:
        raise Http404
    return ticket
