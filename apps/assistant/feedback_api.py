"""Feedback over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.assistant.answers import GivenFeedback, Problem
from apps.assistant.api import REFUSED, find_ticket
from apps.assistant.feedback import COMMENT_LIMIT, Thing, give_feedback, withdraw_feedback
from apps.assistant.feedback_pages import VALUES
from apps.assistant.models import Feedback
from apps.assistant.services import QUESTION_LIMIT
from apps.core.errors import BadInput
from apps.core.views import DatabaseView
from apps.platforms.reach import reach_of


class FeedbackSerializer(serializers.Serializer[Any]):
    """One word on one thing; `none` takes it back. `thing`: empty for the present draft, an id of the ticket's brief
    for a similar ticket or an article, `name` of an answer."""

    kind = serializers.ChoiceField(choices=Feedback.Kind.values)
    ticket = serializers.UUIDField(required=False, allow_null=True)
    thing = serializers.CharField(max_length=64, required=False, allow_blank=True)
    value = serializers.ChoiceField(choices=VALUES)
    reason = serializers.ChoiceField(choices=Feedback.Reason.values, required=False, allow_blank=True)
    comment = serializers.CharField(max_length=COMMENT_LIMIT, required=False, allow_blank=True)
    question = serializers.CharField(max_length=QUESTION_LIMIT, required=False, allow_blank=True)


class FeedbackView(DatabaseView):
    """What the caller thinks of a draft, an answer, a similar ticket or an article. Sending it again changes nothing."""

    rule = "feedback.give"

    @extend_schema(
        operation_id="feedback_give",
        request=FeedbackSerializer,
        responses={200: GivenFeedback, 409: Problem, **REFUSED},
    )
    def post(self, request: Request) -> Response:
        form = FeedbackSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        reach = reach_of(request.user)
        ticket = find_ticket(given["ticket"], reach) if given.get("ticket") else None
        thing = Thing(given["kind"], reach, given.get("thing", ""), ticket)
        reason, comment = given.get("reason", ""), given.get("comment", "")
        if given["value"] == "none":
            if reason or comment:
                raise BadInput("reason and comment: only with what did not help.", code="reason_of_helpful")
            withdraw_feedback(user=request.user, thing=thing)
            return Response({**_shape(thing), "value": "none", "reason": "", "comment": "", "updated_at": None})
        kept = give_feedback(
            user=request.user, thing=thing, helpful=given["value"] == "up", reason=reason, comment=comment,
            question=given.get("question", ""),
        )  # fmt: skip
        return Response(
            {**_shape(thing), "thing": kept.thing, "value": given["value"], "reason": kept.reason,
             "comment": kept.comment, "updated_at": kept.updated_at}
        )  # fmt: skip


def _shape(thing: Thing) -> dict[str, Any]:
    return {"kind": thing.kind, "ticket": thing.ticket.pk if thing.ticket else None, "thing": thing.name}
