"""Articles of the knowledge base, and how far the mirror is."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import may
from apps.assistant.answers import ArticlePage, Problem, SyncState, WholeArticle
from apps.assistant.api import json_answer, keyset_page
from apps.assistant.sql import get_article, list_articles
from apps.core.errors import BadInput
from apps.core.views import DatabaseView
from apps.ingest.progress import progress
from apps.platforms.reach import reach_of

REFUSED = dict.fromkeys((400, 401, 403, 404), Problem)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})?")
COUNTS = ("tickets", "messages", "articles", "chunks", "owed", "failing", "failures", "dead", "held", "done")


class ArticleListView(DatabaseView):
    """Published articles, one row a language, newest change first."""

    rule = "articles.read"

    @extend_schema(
        operation_id="articles_list",
        parameters=[
            OpenApiParameter("language", str, description="Only this language, as the helpdesk names it: de, zh-CN."),
            OpenApiParameter("updated_since", datetime, description="Only what changed at this time or later; with its zone."),
            OpenApiParameter("limit", int, description="1 to 100, default 25."),
            OpenApiParameter("cursor", str, description="`next` of the page before."),
        ],
        responses={200: ArticlePage, **REFUSED},
    )
    def get(self, request: Request) -> HttpResponse:
        language, since, private = language_of(request), since_of(request), reads_private(request)
        reach = reach_of(request.user)
        return keyset_page(
            request,
            lambda limit, after: list_articles(private=private, reach=reach, language=language, since=since, limit=limit, after=after),
        )


class ArticleView(DatabaseView):
    """One language of an article with its text."""

    rule = "articles.read"

    @extend_schema(operation_id="articles_retrieve", responses={200: WholeArticle, **REFUSED})
    def get(self, request: Request, article_id: UUID) -> HttpResponse:
        found = get_article(article_id, private=reads_private(request), reach=reach_of(request.user))
        if found is None:
            raise Http404
        return json_answer(found)


class SyncView(DatabaseView):
    """Counts, what is owed and what fails by kind; connections with their budget and feeds: how far, how long ago, why not."""

    rule = "sync.read"

    @extend_schema(operation_id="sync_state", responses={200: SyncState, **REFUSED})
    def get(self, request: Request) -> Response:
        found, now = progress(), timezone.now()
        feeds: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for feed in found["feeds"]:
            feeds[feed["account"]].append(_feed(feed, now))
        connections = [_connection(one) | {"feeds": feeds[one["account"]]} for one in found["connections"]]
        counts = {name: found[name] for name in COUNTS} | {"owed_seconds": found["owed_age_s"]}
        return Response(counts | {"connections": connections})


def _connection(one: dict[str, Any]) -> dict[str, Any]:
    shown = ("account", "state", "last_error", "calls_per_minute", "calls_left", "slow")
    return {name: one[name] for name in shown} | {"check": _check(one), "told_seconds": one["calls_left_age_s"], "rests_seconds": one["rests_s"]}


def _check(connection: dict[str, Any]) -> dict[str, Any] | None:
    if not connection["check"]:
        return None
    known = {name: connection[name] for name in ("checked_at", "calls_per_minute")}
    return known | connection["check"]


def _feed(feed: dict[str, Any], now: datetime) -> dict[str, Any]:
    done = feed["completed_at"]
    shown = ("feed", "pages", "items", "reading", "completed_at", "first_completed_at", "next_at", "failures", "last_error", "held")
    return {name: feed[name] for name in shown} | {"lag_seconds": round((now - done).total_seconds()) if done else None}


def reads_private(request: Request) -> bool:
    """Whether the caller may read what customers do not see."""
    return may("notes.read", request.user.role, request.auth.scopes if request.auth is not None else None)


def language_of(request: Request) -> str:
    """?language=, or BadInput."""
    given = request.GET.get("language", "")
    if given and _LANGUAGE.fullmatch(given) is None:
        raise BadInput("language: a code such as en or zh-CN.", code="language_invalid")
    return given


def since_of(request: Request, name: str = "updated_since") -> datetime | None:
    """A time with its zone out of the query string, or BadInput."""
    given = request.GET.get(name, "").replace(" ", "+")  # a plus sign that nobody encoded
    if not given:
        return None
    try:
        found = parse_datetime(given)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise BadInput(f"{name}: a time with its zone, such as 2026-11-20T09:00:00Z.", code=f"{name}_invalid")
    return found
