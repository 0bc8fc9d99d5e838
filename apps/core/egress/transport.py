"""Connects to an address that was checked, and to no other: resolve once, judge all, pin one."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable
from functools import lru_cache

import httpx2

from apps.core.egress.policy import Target, is_denied, refused

Resolver = Callable[[str, int], Awaitable[list[str]]]


class Denied(httpx2.ConnectError):
    """The name leads to an address we do not talk to. For the caller it is a server that cannot be reached."""


async def resolve(host: str, port: int) -> list[str]:
    """Addresses of a host, each once, in the resolver's order. Raises OSError when there are none.

    The lookup cannot be interrupted, so it has a thread that nobody waits for: asyncio.run joins those of the loop's
    own pool, and a slow name server would hold the caller beyond its deadline.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def settle(found: list[str] | Exception) -> None:
        if answer.done():  # the caller's time was up
            return
        if isinstance(found, Exception):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    def look() -> None:
        found: list[str] | Exception
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found = list(dict.fromkeys(str(row[4][0]) for row in rows))
        except (OSError, UnicodeError) as exc:
            found = OSError(f"no address ({type(exc).__name__})")
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, found)

    threading.Thread(target=look, daemon=True).start()  # noqa: TID251 - a lookup knows no company and needs none
    return await answer


async def checked_addresses(target: Target, resolver: Resolver = resolve) -> list[str]:
    """Addresses we may connect to. One that we do not talk to spoils the whole answer: an honest vendor gives none."""
    found = await resolver(target.host, target.port)
    if not found:
        raise OSError("no address")
    if any(is_denied(address, trusted=target.trusted) for address in found):
        raise Denied("an address of the name is denied")
    return found


@lru_cache(maxsize=1)
def tls() -> ssl.SSLContext:
    """For whoever connects to a vendor."""
    # Reading the bundle of authorities takes milliseconds, and an adapter lives for one page.
    return httpx2.create_ssl_context(trust_env=False)


def make_ready() -> None:
    """Import and read what the first call of a process would: the HTTP engine, the authorities."""
    httpx2.AsyncHTTPTransport(verify=tls(), trust_env=False)


class PinnedTransport(httpx2.AsyncBaseTransport):
    """Serves one target. The name is resolved once per transport, so a second answer cannot move us (rebinding)."""

    def __init__(self, target: Target, resolver: Resolver = resolve) -> None:
        self._target = target
        self._resolver = resolver
        self._addresses: list[str] = []
        self._inner = httpx2.AsyncHTTPTransport(verify=tls(), trust_env=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send to the first pinned address that takes the connection; Host and SNI keep the name."""
        url, target = request.url, self._target
        if (url.scheme, url.host, url.port or self._default_port()) != (target.scheme, target.host, target.port):
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
            self._addresses = await checked_addresses(self._target, self._resolver)
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
