"""One client for one origin: no redirects, no proxies of the environment, bounded in time and size."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import httpx2

from apps.core.egress.policy import EgressPolicy
from apps.core.egress.transport import PinnedTransport, Resolver, resolve
from apps.core.errors import ExternalError, ExternalUnavailable

Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True)
class EgressLimits:
    """Seconds for connecting, for silence, and for the whole call; bytes of a decoded answer."""

    connect: float = 5.0
    read: float = 20.0
    total: float = 30.0
    size: int = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer; header names in any case, redirects are handed over, never followed."""

    status: int
    headers: httpx2.Headers
    body: bytes


class EgressClient:
    """Calls one origin. Raises BadInput at once when the policy refuses it."""

    def __init__(
        self,
        base_url: str,
        policy: EgressPolicy,
        *,
        limits: EgressLimits | None = None,
        resolver: Resolver = resolve,
    ) -> None:
        self.target = policy.target(base_url)
        self._limits = limits or EgressLimits()
        self._client = httpx2.AsyncClient(
            base_url=self.target.origin,
            transport=PinnedTransport(self.target, resolver),
            timeout=httpx2.Timeout(self._limits.read, connect=self._limits.connect),
            follow_redirects=False,
            trust_env=False,
            headers={"accept-encoding": "gzip", "user-agent": "deskhand"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections; safe to call twice."""
        await self._client.aclose()

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Scalar] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        content: bytes | None = None,
    ) -> Answer:
        """One call, one answer. Raises ExternalUnavailable (wire, deadline) or ExternalError (bounds)."""
        try:
            async with asyncio.timeout(self._limits.total):
                async with self._client.stream(
                    method, path, params=params, headers=headers, auth=auth, content=content
                ) as response:
                    body = await _read(response, self._limits.size)
                    return Answer(response.status_code, response.headers, body)
        except (httpx2.TransportError, OSError, TimeoutError) as exc:
            # One sentence for refused, filtered, unknown and broken: see the package docstring.
            raise ExternalUnavailable("the server cannot be reached or did not answer in time") from exc


async def _read(response: httpx2.Response, size: int) -> bytes:
    """The decoded body. A bomb is stopped while it unfolds, before its bytes exist."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity", "gzip"):
        raise ExternalError("the answer is encoded in a way we did not ask for", code="malformed_answer")
    chunks = _gunzip(response.aiter_raw(), size) if encoding == "gzip" else response.aiter_raw()
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > size:
            raise ExternalError("the answer is larger than we take", code="answer_too_large")
    return bytes(body)


async def _gunzip(raw: AsyncIterator[bytes], size: int) -> AsyncIterator[bytes]:
    inflater = zlib.decompressobj(wbits=31)
    empty = True
    try:
        async for chunk in raw:
            empty = False
            yield inflater.decompress(chunk, size + 1)
            if inflater.unconsumed_tail:
                raise ExternalError("the answer is larger than we take", code="answer_too_large")
    except zlib.error as exc:
        raise ExternalError("the answer cannot be unpacked", code="malformed_answer") from exc
    if not (inflater.eof or empty):
        raise ExternalError("the answer ends too early", code="malformed_answer")
