"""Views and a middleware such as anybody writes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.urls import path

from tests.isolation.stock.models import Ticket

EARLY: list[str] = []


def early(get_response: Any) -> Any:
    """Placed before the tenant's middleware, like a request log."""

    def middleware(request: HttpRequest) -> Any:
        EARLY.append(connection.schema_name)
        return get_response(request)

    return middleware


def subjects() -> list[str]:
    return sorted(Ticket.objects.values_list("subject", flat=True))


def sync(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"subjects": subjects()})


async def later(request: HttpRequest) -> JsonResponse:
    """Reads the cache from the loop, as asynchronous code does."""
    name = request.tenant.schema_name  # type: ignore[attr-defined]
    found = cache.get("secret")
    cache.set("secret", f"secret of {name}", 60)
    return JsonResponse({"tenant": name, "schema": connection.schema_name, "cached": found})


def threads(request: HttpRequest) -> JsonResponse:
    def work() -> dict[str, Any]:
        found = {"schema": connection.schema_name, "subjects": subjects(), "cached": cache.get("threads")}
        cache.set("threads", f"secret of {request.tenant.schema_name}", 60)  # type: ignore[attr-defined]
        connection.close()
        return found

    with ThreadPoolExecutor(1) as pool:
        return JsonResponse(pool.submit(work).result())


def session(request: HttpRequest) -> JsonResponse:
    if "set" in request.GET:
        request.session["secret"] = f"secret of {request.tenant.schema_name}"  # type: ignore[attr-defined]
    return JsonResponse({"secret": request.session.get("secret")})


urlpatterns = [path("sync/", sync), path("later/", later), path("threads/", threads), path("session/", session)]
