"""Search over the API: the same as the page, without a model."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.assistant.answers import Problem, SearchResults
from apps.assistant.api import CATEGORIES, REFUSED
from apps.assistant.articles_api import language_of, reads_private, since_of
from apps.assistant.canned import matching
from apps.assistant.finding import KINDS, MOST, QUERY_LIMIT, Result, Wish, find_sources
from apps.assistant.services import EVERYTHING
from apps.assistant.shapes import Quote
from apps.core.errors import BadInput
from apps.core.text import detect_language
from apps.platforms.reach import reach_of

PARAMETERS = [
    OpenApiParameter("q", str, required=True, description=f"What to look for, at most {QUERY_LIMIT} characters."),
    OpenApiParameter("kind", str, enum=[one for one in KINDS if one], description="Only these; both without it."),
    OpenApiParameter("status", str, enum=CATEGORIES, description="Only tickets of this category."),
    OpenApiParameter("group", UUID, description="Only tickets of this group."),
    OpenApiParameter("product", UUID, description="Only what serves this product: its own, and what belongs to none."),
    OpenApiParameter(
        "language", str, description="Only passages in this language, as the helpdesk names it: de, zh-CN."
    ),
    OpenApiParameter(
        "since", datetime, description="Only messages and articles changed at this time or later; with its zone."
    ),
    OpenApiParameter("limit", int, description=f"1 to {MOST}, default 20."),
]


class SearchView(APIView):
    """Tickets and articles by words and by meaning, best first, each with the passage that fits and its words marked."""

    rule = "tickets.read"

    @extend_schema(
        operation_id="search", parameters=PARAMETERS, responses={200: SearchResults, 429: Problem, **REFUSED}
    )
    def get(self, request: Request) -> Response:
        given, limit = request.GET, _limit(request)
        wish = Wish(
            text=given.get("q", ""), reach=reach_of(request.user), kind=_one_of(given.get("kind", ""), tuple(KINDS), "kind"),
            status=_one_of(given.get("status", ""), ("", *CATEGORIES), "status"), group=_id_of(given.get("group", ""), "group"),
            product=_id_of(given.get("product", ""), "product"), language=language_of(request), since=since_of(request, "since"),
            visibilities=EVERYTHING if reads_private(request) else ("public",),
        )  # fmt: skip
        found = find_sources(wish=wish)
        shown = [_shape(one) for one in found.results[:limit]]
        return Response({"results": shown, "saved_replies": _saved(request, wish), "found": len(found.results), "mode": found.mode})


def _saved(request: Request, wish: Wish) -> list[dict[str, Any]]:
    """They are words among agents, so for whoever reads notes; a filter asks for tickets or articles."""
    if wish != Wish(text=wish.text, reach=wish.reach, visibilities=EVERYTHING):
        return []
    rows = matching(request.user, wish.text, detect_language(wish.text))
    return [{"id": one.pk, "title": one.title, "folder": one.folder, "text": one.text} for one in rows]


def _shape(one: Result) -> dict[str, Any]:
    source, passage = one.passage.source, one.passage
    quote = Quote(source=source, text=passage.text, start=passage.start, end=passage.end)
    return {
        "kind": "ticket" if one.ticket else "article", "id": one.ticket.pk if one.ticket else source.id,
        "number": source.remote_id, "title": source.title, "language": source.language, "visibility": source.visibility,
        "status": one.ticket.status_label if one.ticket else None,
        "category": one.ticket.status_category if one.ticket else None,
        "message": one.number or None, "updated_at": source.updated_at, "passage": quote.model_dump(mode="json"),
        "marks": one.marks, "folded": one.folded,
    }  # fmt: skip


def _one_of(given: str, known: tuple[str, ...], name: str) -> str:
    if given not in known:
        raise BadInput(f"{name}: one of {', '.join(one for one in known if one)}.", code=f"{name}_invalid")
    return given


def _id_of(given: str, name: str) -> UUID | None:
    try:
        return UUID(given) if given else None
    except ValueError as exc:
        raise BadInput(f"{name}: the id of a {name}.", code=f"{name}_invalid") from exc


def _limit(request: Request) -> int:
    given = request.GET.get("limit", "") or "20"
    if not given.isdecimal() or len(given) > 3 or not 1 <= int(given) <= MOST:
        raise BadInput(f"limit: a number from 1 to {MOST}.", code="limit_invalid")
    return int(given)
