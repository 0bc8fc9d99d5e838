"""Calls of helpdesks under ASGI, answered by threads that stay.

Django makes a thread for every ASGI request and waits for its end while nothing else is served: a burst took five times as
long as its work. Pages and streams need that thread (all of a request runs in it); a call is one function.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from io import BytesIO
from typing import Any

from asgiref.sync import sync_to_async
from django.core import signals
from django.core.handlers.asgi import ASGIRequest, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.urls import set_script_prefix

from apps.ingest.webhooks import BODY_MOST

Message = MutableMapping[str, Any]
Application = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]
Answer = tuple[int, list[tuple[bytes, bytes]], bytes]
PLACE = "/hooks/"


class _Handler(BaseHandler):
    """All middlewares, as WSGI has them."""

    def __init__(self) -> None:
        self.load_middleware()

    def answer(self, scope: Message, body: bytes) -> Answer:
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        response = self.get_response(ASGIRequest(scope, BytesIO(body)))
        try:
            headers = [(name.encode("ascii"), value.encode("latin1")) for name, value in response.items()]
            headers += [(b"Set-Cookie", one.OutputString().encode("ascii")) for one in response.cookies.values()]
            return response.status_code, headers, b"".join(response)
        finally:
            response.close()  # and its connection to the database goes back


def calls_apart(pages: Application) -> Application:
    """Calls by threads of the loop's pool, all else by `pages`."""
    answer = sync_to_async(_Handler().answer, thread_sensitive=False)

    async def application(
        scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PLACE):
            await pages(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:
            return
        status, headers, content = await answer(scope, body)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    return application


async def _body(receive: Callable[[], Awaitable[Message]]) -> bytes | None:
    """What was sent, or so much of it that it is too much; None when the caller has gone."""
    body = b""
    while len(body) <= BODY_MOST:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return body
