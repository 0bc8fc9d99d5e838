"""Have tickets read, or things indexed, once more over the API: for admins, so often and so many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from pydantic import BaseModel
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.answers import Problem
from apps.core.errors import BadInput
from apps.ingest.again import Asked, reindex, sync_tickets
from apps.ingest.reindexing import reindex_all, reindexing_left
from apps.ingest.tasks import send_due, send_hints
from apps.platforms.models import Ticket
from apps.tenancy.limits import declare_rate, take

CALLS = declare_rate("ingest.again", burst=10, seconds=30)  # of a company: named tickets or articles
WHOLE = declare_rate("ingest.reindex_all", burst=2, seconds=3600)  # of a company: all of it


class TicketsSerializer(serializers.Serializer[Any]):
    """At most 100 tickets, each by its number in the helpdesk or by our id."""

    tickets = serializers.ListField(child=serializers.CharField(max_length=36))


class ReindexSerializer(serializers.Serializer[Any]):
    """At most 100 tickets and 100 articles by their numbers in the helpdesk, or `all`. `afresh`: compute every vector anew."""

    tickets = serializers.ListField(child=serializers.CharField(max_length=20), default=list)
    articles = serializers.ListField(child=serializers.CharField(max_length=20), default=list)
    all = serializers.BooleanField(default=False)
    afresh = serializers.BooleanField(default=False)


class Again(BaseModel):
    """`owed`: tickets and articles that are done once more; `unknown`: of what was named, what nothing is held of; `left`:
    steps that are still to be done (`GET /sync/` tells of all)."""

    owed: int
    unknown: list[str]
    left: int


TAKEN = {202: Again, **dict.fromkeys((400, 401, 403, 404, 409, 429, 503), Problem)}


class SyncTicketsView(APIView):
    """Read tickets now as they are in the helpdesk: two credits each, out of what background work may use. A ticket that
    waits to be read already is read once."""

    rule = "sync.run"

    @extend_schema(operation_id="sync_tickets", request=TicketsSerializer, responses=TAKEN)
    def post(self, request: Request) -> Response:
        form = TicketsSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        take(CALLS.of())
        numbers, strange = _numbers(form.validated_data["tickets"])
        asked = sync_tickets(numbers) if numbers or not strange else Asked([])
        send_hints()
        return _told(len(asked.hints), [*strange, *asked.unknown], asked.left())


class ReindexView(APIView):
    """Index tickets or articles once more; nothing is asked of the helpdesk. What waits already is done once; `all` again
    begins anew."""

    rule = "sync.run"

    @extend_schema(operation_id="sync_reindex", request=ReindexSerializer, responses=TAKEN)
    def post(self, request: Request) -> Response:
        form = ReindexSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        wanted = dict(form.validated_data)
        whole, named = wanted.pop("all"), wanted["tickets"] or wanted["articles"]
        if whole and named:
            raise BadInput("all: leave it out, or tickets and articles: either some or all.", code="all_and_some")
        take(WHOLE.of() if whole else CALLS.of())
        if whole:
            count = reindex_all(afresh=wanted["afresh"])
            send_due()
            return _told(count, [], reindexing_left())
        asked = reindex(**wanted)
        send_due()
        return _told(len(asked.objects), asked.unknown, asked.left())


def _numbers(given: Sequence[str]) -> tuple[list[str], list[str]]:
    """Our ids as numbers of the helpdesk; and those that are no ticket of this company."""
    ids = {one: UUID(one) for one in given if _is_id(one)}
    known = dict(Ticket.objects.filter(pk__in=ids.values()).values_list("pk", "remote_id"))
    strange = [one for one, key in ids.items() if key not in known]
    return [known[ids[one]] if one in ids else one for one in given if one not in strange], strange


def _is_id(given: str) -> bool:
    try:
        return str(UUID(given)) == given.lower()
    except ValueError:
        return False


def _told(owed: int, unknown: list[str], left: int) -> Response:
    return Response(Again(owed=owed, unknown=unknown, left=left).model_dump(), status=202)
