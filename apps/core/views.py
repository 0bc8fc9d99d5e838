"""The base of API views that live from the database alone."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from rest_framework.views import APIView


class DatabaseView(APIView):
    """A view that asks nothing but the database: who calls and the answer share one transaction, bound once.

    A refusal is an answer like any other and commits. Views that wait for a network stay plain APIViews.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            answer: HttpResponse = super().dispatch(request, *args, **kwargs)
        return answer
