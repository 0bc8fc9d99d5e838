"""A small HTTP/1.1 server that can also misbehave: cut, reset, dawdle. What the simulated services stand on."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson

_HEAD_MOST, _BODY_MOST = 64 * 1024, 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """A complete request; header names are lower case, of a repeated query parameter the last counts."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    target: str = ""  # as it was sent: its length counts

    def json(self) -> Any:
        """The body as JSON. Raises ValueError."""
        return orjson.loads(self.body or b"null")


@dataclass(slots=True)
class Response:
    """An answer and, for faults, how to send it badly."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0  # seconds before the first byte
    drip: float = 0.0  # seconds between pieces of the body
    cut_at: int | None = None  # close the connection after so many bytes of the body
    reset: bool = False  # abort the connection instead of answering
    pieces: AsyncGenerator[bytes] | None = None  # instead of body and delay; closed when the client leaves


class BreaksOff(Exception):
    """Raised by `pieces`: the connection is aborted where they are."""


App = Callable[[Request], Awaitable[Response]]


def json_response(payload: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Payload as compact JSON."""
    return Response(status, orjson.dumps(payload), headers=headers or {})


async def listen(app: App, host: str, port: int, tls: ssl.SSLContext | None = None) -> asyncio.Server:
    """Serve until the returned server is closed. Port 0 takes a free one."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await _exchange(app, reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, _Unreadable):
            pass  # the client went away or does not speak HTTP
        except asyncio.CancelledError:
            pass  # we are going away
        finally:
            writer.close()

    return await asyncio.start_server(serve, host, port, limit=_HEAD_MOST, ssl=tls)


class _Unreadable(Exception):
    """Not a request we can answer."""


async def _exchange(app: App, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """One request and its answer. False when the connection is done."""
    head = await reader.readuntil(b"\r\n\r\n")
    request = await _request(head.decode("latin-1"), reader, writer)
    response = await app(request)
    if response.pieces is not None:
        return await _stream(response, response.pieces, reader, writer)
    if response.delay:
        await asyncio.sleep(response.delay)
    if response.reset:
        writer.transport.abort()
        return False
    await _send(response, writer)
    return response.cut_at is None and request.headers.get("connection", "").lower() != "close"


async def _request(head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request:
    first, *lines = head.rstrip("\r\n").split("\r\n")
    try:
        method, target, _ = first.split(" ")
        headers = {name.strip().lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
        length = int(headers.get("content-length", "0"))
    except ValueError as exc:
        raise _Unreadable from exc
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    if "chunked" in headers.get("transfer-encoding", ""):
        body = await _chunks(reader)
    elif 0 <= length <= _BODY_MOST:
        body = await reader.readexactly(length)
    else:
        raise _Unreadable
    split = urlsplit(target)
    query = dict(parse_qsl(split.query, keep_blank_values=True))
    return Request(method.upper(), unquote(split.path), query, headers, body, target)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while size := int((await reader.readline()).split(b";")[0] or b"0", 16):
        body += await reader.readexactly(size)
        await reader.readline()
        if len(body) > _BODY_MOST:
            raise _Unreadable
    await reader.readline()
    return bytes(body)


async def _stream(
    response: Response, pieces: AsyncGenerator[bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bool:
    """A chunked answer, its head with the first piece. Who leaves is noticed within 20 ms, even while nothing is sent."""

    async def send() -> None:
        told = False
        async with aclosing(pieces):
            async for piece in pieces:
                if not told:
                    _head(response, {"Transfer-Encoding": "chunked"}, writer)
                    told = True
                if piece:
                    writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                    await writer.drain()
        if not told:
            _head(response, {"Transfer-Encoding": "chunked"}, writer)
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    async def left() -> None:
        while not reader.at_eof():  # noqa: ASYNC110 - a stream reader tells nobody, and a read would eat the next request
            await asyncio.sleep(0.02)

    sending, leaving = asyncio.create_task(send()), asyncio.create_task(left())
    try:
        await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not sending.done():
            return False
        await sending
    except (BreaksOff, ConnectionError):
        writer.transport.abort()
        return False
    finally:
        for task in (sending, leaving):
            task.cancel()
            with suppress(asyncio.CancelledError, ConnectionError, BreaksOff):
                await task
    return True


def _head(response: Response, own: dict[str, str], writer: asyncio.StreamWriter) -> None:
    known = {one.value: one.phrase for one in HTTPStatus}
    reason = known.get(response.status, "Unassigned")
    headers = {"Content-Type": response.content_type} | own | response.headers
    if response.status == HTTPStatus.NO_CONTENT:
        headers = {name: value for name, value in headers.items() if not name.startswith("Content-")}
    lines = [f"HTTP/1.1 {response.status} {reason}", *(f"{name}: {value}" for name, value in headers.items())]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))


async def _send(response: Response, writer: asyncio.StreamWriter) -> None:
    _head(response, {"Content-Length": str(len(response.body))}, writer)
    body = response.body[: response.cut_at]
    size = max(1, len(body) // 10) if response.drip else max(1, len(body))
    for start in range(0, len(body), size):
        writer.write(body[start : start + size])
        await writer.drain()
        if response.drip:
            await asyncio.sleep(response.drip)
    await writer.drain()
