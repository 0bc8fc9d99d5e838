"""Writing back over the API: a reply or a private note, in the name of the agent whom the token acts for.

The header Idempotency-Key is asked for: the same key again is the same order, whatever the line did to the answer.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from pydantic import BaseModel
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import User
from apps.core.answers import Problem
from apps.core.errors import BadInput, Forbidden, NotFound
from apps.platforms.ordering import TEXT_LIMIT, order
from apps.platforms.outgoing import Outgoing
from apps.platforms.tasks import hand_over
from apps.platforms.write_views import find
from apps.platforms.writing import recipient_of

HEADER = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, required=True,
    description="8 to 60 letters, digits and . : _ -; the same key brings the same order.",
)  # fmt: skip


class TextSerializer(serializers.Serializer[Any]):
    """Plain text, sent as it is written."""

    text = serializers.CharField(max_length=TEXT_LIMIT, trim_whitespace=False)


class OutgoingOrder(BaseModel):
    """What became of it: `state` queued, sending, unknown (we look before we try again), sent, failed (`code` says why)."""

    id: UUID
    ticket: UUID
    kind: Literal["reply", "note", "update"]
    state: Literal["queued", "sending", "sent", "unknown", "failed"]
    code: str
    remote_id: str
    ordered_at: datetime
    ended_at: datetime | None


TAKEN = {202: OutgoingOrder, **dict.fromkeys((400, 401, 403, 404, 409, 429), Problem)}


class _WriteView(APIView):
    rule = "replies.send"
    kind = Outgoing.Kind.NOTE

    def _write(self, request: Request, ticket_id: UUID) -> Response:
        ticket = find(request, ticket_id)
        form = TextSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        if self.kind == Outgoing.Kind.REPLY and not recipient_of(ticket):
            raise Forbidden("The customer has no address.", code="no_address")
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            raise BadInput("Send the header Idempotency-Key.", code="key_missing")
        person = User.objects.get(pk=request.user.pk)  # a token's bearer is known by less than an agent is found by
        made = order(person=person, ticket=ticket, kind=self.kind, key=key, text=form.validated_data["text"])
        hand_over(made.pk)
        return Response(_told(made), status=202)


class ReplyView(_WriteView):
    """A public reply to the customer: the helpdesk mails it."""

    kind = Outgoing.Kind.REPLY

    @extend_schema(operation_id="tickets_reply", request=TextSerializer, parameters=[HEADER], responses=TAKEN)
    def post(self, request: Request, ticket_id: UUID) -> Response:
        return self._write(request, ticket_id)


class NoteView(_WriteView):
    """A private note, for agents alone."""

    @extend_schema(operation_id="tickets_note", request=TextSerializer, parameters=[HEADER], responses=TAKEN)
    def post(self, request: Request, ticket_id: UUID) -> Response:
        return self._write(request, ticket_id)


class OutgoingView(APIView):
    """What became of what the caller ordered."""

    rule = "replies.send"

    @extend_schema(operation_id="tickets_outgoing", responses={200: OutgoingOrder, **dict.fromkeys((401, 403, 404), Problem)})
    def get(self, request: Request, ticket_id: UUID, order_id: UUID) -> Response:
        ticket = find(request, ticket_id)
        known = Outgoing.objects.filter(pk=order_id, ticket=ticket, user_id=request.user.pk).first()
        if known is None:
            raise NotFound("There is no such order.")
        return Response(_told(known))


def _told(order: Outgoing) -> dict[str, Any]:
    names = OutgoingOrder.model_fields.keys() - {"ticket"}
    return {"ticket": order.ticket_id} | {name: getattr(order, name) for name in names}
