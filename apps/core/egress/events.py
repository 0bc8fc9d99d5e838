"""Server-sent events of one answer, by our own reader on asyncio streams: a third of what a general client takes an event.

    async with EventStream(url, policy, limits) as stream:      # nothing is sent yet
        await stream.open(headers, body)                        # raises StreamRefused for anything but events
        async for data in stream:                               # the data of one event, as bytes
            ...

The same walls as for every call out: the target is judged, its name looked up once, all its addresses checked and one
pinned; no redirects, no proxies, no compression. Leaving the block, for whatever reason, drops the connection at once:
that is how an upstream learns that nobody listens any more.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlsplit

import structlog

from apps.core.egress.policy import EgressPolicy, refused
from apps.core.egress.transport import Denied, Resolver, checked_addresses, resolve, tls
from apps.core.errors import ExternalError, ExternalUnavailable

T = TypeVar("T")
log = structlog.get_logger("deskhand.egress")
HEAD_MOST = 32 * 1024  # bytes of status line and headers
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5]\d\d)(?: |$)")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True, slots=True)
class EventLimits:
    """Seconds for connecting, until the first event, between two, and for all; bytes of one line, and of the whole."""

    connect: float = 2.0
    first: float = 6.0
    gap: float = 10.0
    total: float = 30.0
    line: int = 256 * 1024
    size: int = 4 * 1024 * 1024


class StreamRefused(ExternalError):
    """The server answered, and not with events. `body` is cut at the length of a line."""

    def __init__(self, answered: int, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__(f"the server answered {answered} and no events", code="no_events")
        self.answered, self.headers, self.body = answered, headers, body


class TooSlow(ExternalUnavailable):
    """`phase`: connect | first | gap | total."""

    def __init__(self, phase: str) -> None:
        super().__init__("the server did not answer in time", code="too_slow")
        self.phase = phase


class EventStream:
    """One POST and its events. Raises BadInput at once when the policy refuses the address."""

    def __init__(
        self, url: str, policy: EgressPolicy, limits: EventLimits | None = None, *, resolver: Resolver = resolve
    ) -> None:
        self._target, self._limits, self._resolver = policy.target(url), limits or EventLimits(), resolver
        parts = urlsplit(url)
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if not self._path.isascii() or any(sign <= " " for sign in self._path):
            raise refused()
        self._until = 0.0
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._seen = False  # an event
        self._received = 0
        self._held, self._at = b"", 0  # what came, and how far it was read
        self._chunked, self._left = False, -1  # of the body by its length, -1: until the end

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Drop the connection, also in the middle of an answer; safe to call twice."""
        if self._writer is not None:
            self._writer.transport.abort()
            self._writer = self._reader = None

    async def open(self, headers: Mapping[str, str], body: bytes) -> None:
        """Send, and wait for the head of the answer. Raises StreamRefused, ExternalUnavailable, TooSlow, ExternalError."""
        loop = asyncio.get_running_loop()
        self._until = loop.time() + self._limits.total
        await self._connect()
        assert self._writer is not None
        self._writer.write(self._head(headers, len(body)) + body)
        status, answered = await self._read(self._answer(), self._limits.first, "first")
        encoding = answered.get("content-encoding", "identity")
        if encoding not in ("", "identity"):
            raise ExternalError("the answer is encoded in a way we did not ask for", code="malformed_answer")
        if status != 200 or not answered.get("content-type", "").lower().startswith("text/event-stream"):
            raise StreamRefused(status, answered, await self._read(self._some(), self._limits.gap, "gap"))

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The data of each event in order, lines joined as the standard says. Ends with the answer.

        Raises ExternalUnavailable when the answer is cut, TooSlow, ExternalError beyond the bounds.
        """
        lines: list[bytes] = []
        while True:
            line = await self._next_line()
            if line is None:
                return  # what was not ended by an empty line is no event
            if line:
                name, _, value = line.partition(b":")
                if name == b"data":
                    lines.append(value.removeprefix(b" "))
            elif lines:
                self._seen = True
                yield b"\n".join(lines)
                lines = []

    async def _next_line(self) -> bytes | None:
        """One line without its end (CRLF, LF or CR), None at the end of the answer."""
        while True:
            cut = _end_of_line(self._held, self._at)
            if cut is not None:
                line, self._at = self._held[self._at : cut[0]], cut[1]
                return line
            self._held, self._at = self._held[self._at :], 0
            if len(self._held) > self._limits.line:
                raise ExternalError("a line of the answer is longer than we take", code="answer_too_large")
            phase, seconds = ("gap", self._limits.gap) if self._seen else ("first", self._limits.first)
            more = await self._read(self._piece(), seconds, phase)
            if not more:
                return None
            self._held += more

    async def _read(self, reading: Awaitable[T], seconds: float, phase: str) -> T:
        """Within the phase's seconds, and the whole's."""
        loop = asyncio.get_running_loop()
        left = self._until - loop.time()
        try:
            async with asyncio.timeout(max(min(seconds, left), 0)):
                return await reading
        except TimeoutError as exc:
            log.warning("egress_failed", reason="too_slow")
            raise TooSlow(phase if seconds <= left else "total") from exc
        except ValueError as exc:  # a line of the head, or the size of a chunk, without an end
            raise ExternalError("a line of the answer is longer than we take", code="answer_too_large") from exc
        except (OSError, EOFError) as exc:
            log.warning("egress_failed", reason="broken_off")
            raise ExternalUnavailable("the server broke off its answer", code="broken_off") from exc

    async def _connect(self) -> None:
        """To the first checked address that takes the connection; SNI and Host keep the name."""
        target = self._target
        secure = target.scheme == "https"
        try:
            async with asyncio.timeout(self._limits.connect):
                addresses = await checked_addresses(target, self._resolver)
                for number, address in enumerate(addresses, 1):
                    try:
                        self._reader, self._writer = await asyncio.open_connection(
                            address, target.port, limit=HEAD_MOST, ssl=tls() if secure else None,
                            server_hostname=target.host if secure else None,
                        )  # fmt: skip
                        return
                    except OSError:
                        if number == len(addresses):
                            raise
        except TimeoutError as exc:
            log.warning("egress_failed", reason="too_slow")
            raise TooSlow("connect") from exc
        except (OSError, Denied) as exc:
            log.warning("egress_failed", reason="address_denied" if isinstance(exc, Denied) else "no_connection")
            raise ExternalUnavailable("the server cannot be reached or did not answer in time") from exc

    def _head(self, headers: Mapping[str, str], length: int) -> bytes:
        """Raises ValueError for a header that would not be one: its value is ours or an admin's, never a stranger's."""
        ours = {"Host": self._target.origin.partition("://")[2], "Content-Length": str(length), "Connection": "close",
                "Accept": "text/event-stream", "Accept-Encoding": "identity", "User-Agent": "deskhand"}  # fmt: skip
        for name, value in headers.items():
            if not _TOKEN.fullmatch(name) or not value.isascii() or any(sign < " " or sign == "\x7f" for sign in value):
                raise ValueError(f"{name} cannot be sent as a header")
            if name.title() not in ours:
                ours[name] = value
        lines = "".join(f"{name}: {value}\r\n" for name, value in ours.items())
        return f"POST {self._path} HTTP/1.1\r\n{lines}\r\n".encode("ascii")

    async def _answer(self) -> tuple[int, dict[str, str]]:
        """Status and headers, names in lower case; sets how the body is measured. Interim answers are passed over."""
        status = 0
        while status < 200:
            first, _, rest = (await self._until_blank()).partition(b"\n")
            found = _STATUS.match(first.strip())
            if found is None:
                raise ExternalError("the answer does not begin as one", code="malformed_answer")
            status = int(found[1])
        headers = {}
        for line in rest.decode("latin-1").splitlines():
            name, mark, value = line.partition(":")
            if mark:
                headers[name.strip().lower()] = value.strip()
        self._chunked = headers.get("transfer-encoding", "").lower() == "chunked"
        length = headers.get("content-length", "")
        self._left = int(length) if length.isdecimal() and not self._chunked else -1
        return status, headers

    async def _until_blank(self) -> bytes:
        assert self._reader is not None
        head = bytearray()
        while True:
            line = await self._reader.readline()
            if not line:
                raise EOFError
            if line in (b"\r\n", b"\n"):
                return bytes(head)
            head += line
            if len(head) > HEAD_MOST:
                raise ExternalError("the head of the answer is longer than we take", code="answer_too_large")

    async def _some(self) -> bytes:
        """The beginning of a body that is no stream."""
        held = b""
        while len(held) < self._limits.line and (more := await self._piece()):
            held += more
        return held[: self._limits.line]

    async def _piece(self) -> bytes:
        """Some bytes of the body as they come; b"" at its end. Raises EOFError when it ends too early."""
        assert self._reader is not None
        if self._chunked and self._left <= 0:
            await self._next_chunk()
        if self._left == 0:
            return b""
        piece = await self._reader.read(min(self._left, 65_536) if self._left > 0 else 65_536)
        if not piece:
            if self._left > 0:
                raise EOFError
            return b""
        if self._left > 0:
            self._left -= len(piece)
        self._received += len(piece)
        if self._received > self._limits.size:
            raise ExternalError("the answer is larger than we take", code="answer_too_large")
        return piece

    async def _next_chunk(self) -> None:
        """Read the size of the next chunk; 0 is the end, and what trails it is nobody's."""
        assert self._reader is not None
        line = await self._reader.readline()
        if line in (b"\r\n", b"\n"):  # the end of the chunk before
            line = await self._reader.readline()
        if not line:
            raise EOFError
        found = _CHUNK.fullmatch(line)
        if found is None:
            raise ExternalError("the answer is not cut as it says", code="malformed_answer")
        self._left = int(found[1], 16)


def _end_of_line(held: bytes, at: int) -> tuple[int, int] | None:
    """(where the line from `at` on ends, where the next begins). A CR at the very end waits for what follows it."""
    feed = held.find(b"\n", at)
    back = held.find(b"\r", at, feed if feed >= 0 else len(held))
    if back < 0:
        return (feed, feed + 1) if feed >= 0 else None
    if back + 1 == len(held):
        return None
    return back, back + (2 if feed == back + 1 else 1)
