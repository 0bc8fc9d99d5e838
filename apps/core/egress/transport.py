"""Connects to an address that was checked, and to no other: resolve once, judge all, pin one."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from functools import lru_cache

import httpx2

from apps.core.egress.policy import Target, is_denied, refused

Resolver = Callable[[str, int], Awaitable[list[str]]]


async def resolve(host: str, port: int) -> list[str]:
    """Addresses of a host, each once, in the resolver's order."""
    rows = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in rows))


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    # Reading the bundle of authorities takes milliseconds, and an adapter lives for one page.
    return httpx2.create_ssl_context(trust_env=False)


class PinnedTransport(httpx2.AsyncBaseTransport):
    """Serves one target. The name is resolved once per transport, so a second answer cannot move us (rebinding)."""

    def __init__(self, target: Target, resolver: Resolver = resolve) -> None:
        self._target = target
        self._resolver = resolver
        self._addresses: list[str] = []
        self._inner = httpx2.AsyncHTTPTransport(verify=_tls(), trust_env=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send to the first pinned address that takes the connection; Host and SNI keep the name."""
        if request.url.host != self._target.host or (request.url.port or self._default_port()) != self._target.port:
            raise refused()
        addresses = await self._pinned()
        for address in addresses[:-1]:
            try:
                return await self._inner.handle_async_request(self._at(request, address))
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue  # nothing was sent: the next validated address may be tried
        return await self._inner.handle_async_request(self._at(request, addresses[-1]))

    def _default_port(self) -> int:
        return 443 if self._target.scheme == "https" else 80

    async def _pinned(self) -> list[str]:
        if not self._addresses:
            found = await self._resolver(self._target.host, self._target.port)
            if not self._target.trusted and any(is_denied(address) for address in found):
                raise refused()
            self._addresses = found
        return self._addresses

    def _at(self, request: httpx2.Request, address: str) -> httpx2.Request:
        return httpx2.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions | {"sni_hostname": self._target.host},
        )

    async def aclose(self) -> None:
        await self._inner.aclose()
