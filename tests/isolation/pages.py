"""Addresses that read: a view, an asynchronous one, streamed bodies of both kinds. For the readers in crowd.py."""

from __future__ import annotations

import asyncio
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path

from tests.isolation.reads import REST, looks


def _asked(request: HttpRequest) -> tuple[int, int, str]:
    return int(request.GET["start"]), int(request.GET["count"]), request.GET["asker"]


def read(request: HttpRequest) -> HttpResponse:
    return JsonResponse(looks(*_asked(request)), safe=False)


async def aread(request: HttpRequest) -> HttpResponse:
    """Rows as an asynchronous view gets them, the other stores called from the loop itself (E2)."""
    from apps.accounts.models import User

    start, count, asker = _asked(request)
    found: list[str] = []
    for number in range(start, start + count):
        match number % 4:
            case 0:
                found += await sync_to_async(looks)(number, 1, asker)
            case 1:
                rows = User.objects.filter(email__startswith="reader@").values_list("email", flat=True)
                found += [email.split("@")[1].removesuffix(".example") async for email in rows]
            case 2:  # who holds a connection and waits for a second one may wait for ever: give the first back
                await sync_to_async(lambda: connection.close())()
                found += await asyncio.to_thread(_closing, number, asker)
            case _:
                found += REST[number % len(REST)](asker)
        await asyncio.sleep(0)
    return JsonResponse(found, safe=False)


def _closing(number: int, asker: str) -> list[str]:
    """A thread of the loop's own pool: nobody ends a request there, so the connection goes back at once."""
    try:
        return looks(number, 1, asker)
    finally:
        connection.close()


def stream(request: HttpRequest) -> HttpResponse:
    start, count, asker = _asked(request)
    return StreamingHttpResponse(
        f"{part}\n" for number in range(start, start + count) for part in looks(number, 1, asker)
    )


async def astream(request: HttpRequest) -> HttpResponse:
    start, count, asker = _asked(request)

    async def parts() -> Any:
        for number in range(start, start + count):
            for part in await sync_to_async(looks)(number, 1, asker):
                yield f"{part}\n"
            await asyncio.sleep(0)

    return StreamingHttpResponse(parts())


urlpatterns = [path("read/", read), path("aread/", aread), path("stream/", stream), path("astream/", astream)]
