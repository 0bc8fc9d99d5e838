"""One client for one origin: no redirects, no proxies of the environment, bounded in time and size."""

from __future__ import annotations

import asyncio
import ssl
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Self

import httpx2
import structlog

from apps.core.egress.policy import EgressPolicy, refused
from apps.core.egress.transport import Denied, PinnedTransport, Resolver, resolve
from apps.core.errors import ExternalError, ExternalUnavailable

Headers = httpx2.Headers
Scalar = str | int | float | bool
log = structlog.get_logger("deskhand.egress")


@dataclass(frozen=True, slots=True)
class EgressLimits:
    """Seconds for connecting, for silence, and for the whole call; bytes of an answer, packed and decoded; how many
    times larger the decoded one may be, once it is over `ratio_from` bytes.
    """

    connect: float = 5.0
    read: float = 20.0
    total: float = 30.0
    size: int = 20 * 1024 * 1024
    ratio: int = 100
    ratio_from: int = 1024 * 1024


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
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # none is kept: an API needs none
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
        seconds: float | None = None,
    ) -> Answer:
        """One call, one answer, within `seconds` when they are fewer than the client's own.

        Raises ExternalUnavailable (wire, deadline) or ExternalError (bounds).
        """
        try:
            async with asyncio.timeout(min(seconds or self._limits.total, self._limits.total)):
                async with self._client.stream(
                    method, path, params=params, headers=headers, auth=auth, content=content
                ) as response:
                    body = await _read(response, self._limits)
                    return Answer(response.status_code, response.headers, body)
        except (httpx2.TransportError, OSError, TimeoutError) as exc:
            log.warning("egress_failed", reason=_reason(exc))
            # One sentence for refused, filtered, denied, unknown and broken: see the package docstring.
            raise ExternalUnavailable("the server cannot be reached or did not answer in time") from exc
        except httpx2.InvalidURL as exc:
            raise refused() from exc


def _reason(error: BaseException) -> str:
    """What the log says of it, and the person is not told."""
    if isinstance(error, Denied):
        return "address_denied"
    if isinstance(error, TimeoutError | httpx2.TimeoutException):
        return "too_slow"
    if isinstance(error, httpx2.ConnectError):
        return "no_tls" if any(isinstance(cause, ssl.SSLError) for cause in _causes(error)) else "no_connection"
    return "no_address" if isinstance(error, OSError) else "broken_off"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


async def _read(response: httpx2.Response, limits: EgressLimits) -> bytes:
    """The decoded body. A bomb is stopped while it unfolds, before its bytes exist."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity", "gzip"):
        raise ExternalError("the answer is encoded in a way we did not ask for", code="malformed_answer")
    raw = _bounded(response.aiter_raw(), limits.size)
    body = bytearray()
    async for chunk in _gunzip(raw, limits) if encoding == "gzip" else raw:
        body += chunk
    return bytes(body)


async def _bounded(raw: AsyncIterator[bytes], size: int) -> AsyncIterator[bytes]:
    received = 0
    async for chunk in raw:
        received += len(chunk)
        if received > size:
            raise _too_large()
        yield chunk


async def _gunzip(raw: AsyncIterator[bytes], limits: EgressLimits) -> AsyncIterator[bytes]:
    inflater = zlib.decompressobj(wbits=31)
    packed = unpacked = 0
    try:
        async for chunk in raw:
            if inflater.eof:  # zlib would keep what follows the end for ever
                raise ExternalError("the answer goes on after its end", code="malformed_answer")
            packed += len(chunk)
            most = max(limits.ratio_from, limits.ratio * packed)
            plain = inflater.decompress(chunk, min(limits.size, most) - unpacked + 1)
            unpacked += len(plain)
            if unpacked > min(limits.size, most):
                raise _too_large()
            yield plain
    except zlib.error as exc:
        raise ExternalError("the answer cannot be unpacked", code="malformed_answer") from exc
    if not inflater.eof and packed:
        raise ExternalError("the answer ends too early", code="malformed_answer")


def _too_large() -> ExternalError:
    return ExternalError("the answer is larger than we take", code="answer_too_large")
