"""Parts of a ticket's brief, each at an address of its own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.assistant.answers import RelevantArticles, SimilarTickets
from apps.assistant.api import REFUSED, find_ticket
from apps.assistant.models import Brief
from apps.assistant.services import brief_state
from apps.core.errors import NotFound
from apps.core.views import DatabaseView
from apps.platforms.models import Ticket


class SimilarView(DatabaseView):
    """The similar solved tickets of the stored brief."""

    rule = "assistant.read"

    @extend_schema(operation_id="tickets_similar", responses={200: SimilarTickets, **REFUSED})
    def get(self, request: Request, ticket_id: UUID) -> Response:
        return Response(part_of_brief(find_ticket(ticket_id), "similar"))


class ArticlesView(DatabaseView):
    """The articles of the stored brief."""

    rule = "assistant.read"

    @extend_schema(operation_id="tickets_articles", responses={200: RelevantArticles, **REFUSED})
    def get(self, request: Request, ticket_id: UUID) -> Response:
        return Response(part_of_brief(find_ticket(ticket_id), "articles"))


def part_of_brief(ticket: Ticket, part: str) -> dict[str, Any]:
    """One list of the stored brief: no use of the suggested reply. Raises NotFound."""
    stored = Brief.objects.filter(ticket=ticket).first()
    if stored is None:
        raise NotFound("This ticket has no brief yet.", code="brief_missing")
    return {"state": brief_state(ticket, stored), "made_at": stored.made_at, "results": stored.data[part]}
