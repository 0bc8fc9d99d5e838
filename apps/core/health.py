"""Probes answered before anything else: is the process up, can it serve, what does it count."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable

import orjson
from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django_prometheus.exports import ExportToDjangoView

LOOPBACK = {"127.0.0.1", "::1", ""}


def healthz() -> HttpResponse:
    """The process runs. Touches nothing else."""
    return _answer(200, {"status": "ok"})


def readyz() -> HttpResponse:
    """PostgreSQL answers and the registry is there; names no version and no company."""
    try:
        with connection.cursor() as cursor:
            cursor.execute('SELECT count(*) FROM "public"."tenancy_company" WHERE false')
    except DatabaseError:
        answer = _answer(503, {"status": "unavailable", "database": "down"})
        answer["Retry-After"] = "5"
        return answer
    finally:
        connection.close()
    return _answer(200, {"status": "ok", "database": "up"})


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text, for the bearer of METRICS_TOKEN or, without one, for this machine only."""
    token = settings.METRICS_TOKEN
    if token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        allowed = hmac.compare_digest(given.encode(), token.encode())
    else:
        local = request.META.get("REMOTE_ADDR", "") in LOOPBACK
        allowed = local and "X-Forwarded-For" not in request.headers
    return ExportToDjangoView(request) if allowed else _answer(404, {"status": "not found"})


def _answer(status: int, body: dict[str, str]) -> HttpResponse:
    answer = HttpResponse(orjson.dumps(body), status=status, content_type="application/json")
    answer["Cache-Control"] = "no-store"
    return answer


class ProbeMiddleware:
    """Serves /healthz, /readyz and /metrics on every host, before company, session or language."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        if iscoroutinefunction(self):
            return self._async(request)
        return self._probe(request) or self.get_response(request)

    async def _async(self, request: HttpRequest) -> HttpResponse:
        if request.path in ("/healthz", "/readyz", "/metrics"):
            return await sync_to_async(self._probe)(request)  # type: ignore[return-value]
        return await self.get_response(request)  # type: ignore[misc]

    @staticmethod
    def _probe(request: HttpRequest) -> HttpResponse | None:
        if request.path == "/healthz":
            return healthz()
        if request.path == "/readyz":
            return readyz()
        return metrics(request) if request.path == "/metrics" else None
