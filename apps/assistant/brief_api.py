"""Parts of a ticket's brief, each at an address of its own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.assistant.answers import RelevantArticles, SimilarTickets
from apps.assistant.api import REFUSED, find_ticket
from apps.assistant.reaching import brief_for
from apps.assistant.services import brief_state
from apps.core.errors import NotFound
from apps.platforms.reach import reach_of


class SimilarView(APIView):
    """The similar solved tickets of the brief."""

    rule = "assistant.read"

    @extend_schema(operation_id="tickets_similar", responses={200: SimilarTickets, **REFUSED})
    def get(self, request: Request, ticket_id: UUID) -> Response:
        return Response(part_of_brief(request.user, ticket_id, "similar"))


class ArticlesView(APIView):
    """The articles of the brief."""

    rule = "assistant.read"

    @extend_schema(operation_id="tickets_articles", responses={200: RelevantArticles, **REFUSED})
    def get(self, request: Request, ticket_id: UUID) -> Response:
        return Response(part_of_brief(request.user, ticket_id, "articles"))


def part_of_brief(reader: Any, ticket_id: UUID, part: str) -> dict[str, Any]:
    """One list of the brief within its reader's reach: no use of the suggested reply. No transaction is open: it may
    ask the vector engine. Raises Http404, NotFound, ExternalUnavailable."""
    ticket = find_ticket(ticket_id, reach := reach_of(reader))
    stored = brief_for(ticket, reach)
    if stored is None:
        raise NotFound("This ticket has no brief yet.", code="brief_missing")
    return {"state": brief_state(ticket, stored), "made_at": stored.made_at, "results": stored.data[part]}
