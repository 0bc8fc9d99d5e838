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

from apps.assistant.answers import Problem, StoredBrief, TicketPage, TicketThread
from apps.assistant.models import Brief
from apps.assistant.services import QUESTION_LIMIT, ask_question, state_of
from apps.assistant.shapes import Answer, Draft
from apps.assistant.sql import BriefText, Row, brief_text, list_tickets, ticket_json
from apps.core.api import decode_cursor, encode_cursor, page_size
from apps.core.audit import record_on_commit
from apps.core.errors import BadInput, NotFound
from apps.core.views import DatabaseView
from apps.platforms.models import Ticket
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
        return keyset_page(request, lambda limit, after: list_tickets(status=status, limit=limit, after=after))


class TicketView(DatabaseView):
    """One ticket with its thread."""

    rule = "tickets.read"

    @extend_schema(operation_id="tickets_retrieve", responses={200: TicketThread, **REFUSED})
    def get(self, request: Request, ticket_id: UUID) -> HttpResponse:
        found = ticket_json(ticket_id)
        if found is None:
            raise Http404
        return HttpResponse(found, content_type="application/json")


class BriefView(DatabaseView):
    """The stored brief: summary, similar solved tickets, articles, draft, trace."""

    rule = "assistant.read"

    @extend_schema(operation_id="tickets_brief", responses={200: StoredBrief, **REFUSED})
    def get(self, request: Request, ticket_id: UUID) -> HttpResponse:
        stored = served_brief(ticket_id)
        state = state_of(stored.outcome, current=stored.current)
        head = f'{{"state": "{state}", "made_at": "{stored.made_at}", '  # and then what the object held, unread
        return HttpResponse(head + stored.json[1:], content_type="application/json")


class DraftView(DatabaseView):
    """The suggested reply alone."""

    rule = "assistant.read"

    @extend_schema(operation_id="tickets_draft", responses={200: Draft, **REFUSED})
    def get(self, request: Request, ticket_id: UUID) -> HttpResponse:
        return HttpResponse(served_brief(ticket_id, draft=True).json, content_type="application/json")


class AskView(APIView):
    """A question gets cited passages, or an honest no."""

    rule = "assistant.ask"

    @extend_schema(operation_id="ask", request=QuestionSerializer, responses={200: Answer, 503: Problem, **REFUSED})
    def post(self, request: Request) -> Response:
        given = QuestionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        ticket_id = given.validated_data.get("ticket")
        ticket = find_ticket(ticket_id) if ticket_id else None
        answer = ask_question(question=given.validated_data["question"], ticket=ticket)
        return Response(answer.model_dump(mode="json"))


def served_brief(ticket_id: UUID, *, draft: bool = False) -> BriefText:
    """The stored brief for another system, or its draft alone: handing over a suggested reply is a use of it.

    Raises Http404, and NotFound where none was made.
    """
    stored = brief_text(ticket_id, draft=draft)
    if stored is None:
        raise Http404
    if not stored.outcome:
        raise NotFound("This ticket has no brief yet.", code="brief_missing")
    if stored.outcome != Brief.Outcome.NOT_ENOUGH_EVIDENCE:
        record_on_commit("draft_used", subject=f"ticket:{ticket_id}", mode="api")
    return stored


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


def find_ticket(ticket_id: UUID) -> Ticket:
    """A ticket an agent may meet, or 404; another company's looks the same as one that never was."""
    ticket = Ticket.objects.shown().select_related("customer", "group", "agent").filter(pk=ticket_id).first()
    if ticket is None:
        raise Http404
    return ticket
