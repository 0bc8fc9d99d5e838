"""The same way out for a library that brings its own client: pinned, without redirects, bounded in bytes."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx2

from apps.core.egress.policy import EgressPolicy
from apps.core.egress.transport import PinnedTransport, Resolver, resolve
from apps.core.errors import ExternalError

# What a call may die of on the wire, whoever makes it with the client below.
WIRE_ERRORS = (httpx2.TransportError, httpx2.StreamError, ssl.SSLError, OSError)


def open_http(
    base_url: str, policy: EgressPolicy, *, connect: float, read: float, size: int, resolver: Resolver = resolve
) -> httpx2.AsyncClient:
    """A client for the origin of `base_url`: seconds to connect, seconds of silence, bytes of one answer.

    Answers come as they are: one that is packed, or larger than `size`, raises ExternalError while it is read. The
    whole call has no deadline here. Raises BadInput(code="address_refused") when the policy refuses the origin.
    """
    target = policy.target(base_url)
    return httpx2.AsyncClient(
        transport=_Bounded(PinnedTransport(target, resolver), size),
        timeout=httpx2.Timeout(read, connect=connect),
        follow_redirects=False,
        trust_env=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )


class _Bounded(httpx2.AsyncBaseTransport):
    """Asks for answers that are not packed and counts their bytes."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, size: int) -> None:
        self._inner, self._size = inner, size

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.headers["accept-encoding"] = "identity"
        response = await self._inner.handle_async_request(request)
        if response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
            await response.aclose()
            raise ExternalError("the answer is encoded in a way we did not ask for", code="malformed_answer")
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _Counted(response.stream, self._size)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Counted(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream, size: int) -> None:
        self._inner, self._left = inner, size

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._inner:
            self._left -= len(chunk)
            if self._left < 0:
                raise ExternalError("the answer is larger than we take", code="answer_too_large")
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()
