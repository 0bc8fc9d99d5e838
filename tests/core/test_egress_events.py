"""Events of one answer: every cut, bound and deadline, against a server that sends what it is told, byte by byte."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import asynccontextmanager

import pytest

from apps.core.egress.events import EventLimits, EventStream, StreamRefused, TooSlow
from apps.core.egress.policy import EgressPolicy
from apps.core.errors import BadInput, ExternalError, ExternalUnavailable

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
QUICK = EventLimits(connect=0.5, first=0.3, gap=0.3, total=2.0, line=1000, size=20_000)


def chunked(*pieces: bytes) -> bytes:
    return b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in pieces) + b"0\r\n\r\n"


class Server:
    """Sends `pieces`; a number is a pause in seconds. `asked` is what it was asked, `left` when the caller was gone."""

    def __init__(self, *pieces: bytes | float) -> None:
        self.pieces, self.asked, self.left = pieces, b"", asyncio.Event()

    async def serve(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")).split(b":")[1])
        self.asked = head + await reader.readexactly(length)
        try:
            for piece in self.pieces:
                if isinstance(piece, bytes):
                    writer.write(piece)
                    await writer.drain()
                else:
                    await asyncio.wait_for(reader.read(1), piece)
                    break  # the caller is gone
        except TimeoutError:
            pass
        except OSError:
            self.left.set()
        if reader.at_eof() or reader.exception() is not None:
            self.left.set()
        writer.close()


@asynccontextmanager
async def opened(server: Server, limits: EventLimits = QUICK):
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    policy = EgressPolicy(allow_hosts=frozenset({f"127.0.0.1:{port}"}))
    try:
        async with EventStream(f"http://127.0.0.1:{port}/v1/chat?x=1", policy, limits) as stream:
            yield stream
    finally:
        listening.close()


def read(*pieces: bytes | float, limits: EventLimits = QUICK) -> list[bytes]:
    async def run() -> list[bytes]:
        async with opened(Server(*pieces), limits) as stream:
            await stream.open({"Authorization": "Bearer k"}, b"{}")
            return [data async for data in stream]

    return asyncio.run(run())


EVENTS = b'data: {"a": 1}\n\n: a comment\r\nevent: x\r\ndata: two\r\ndata:lines\r\n\r\nretry: 5\rdata: \xe4\xb8\x80\r\rid\n\ndata: [DONE]\n\ndata: cut off'
FOUND = [b'{"a": 1}', b"two\nlines", "一".encode(), b"[DONE]"]


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
def test_events_are_the_same_however_they_are_cut(size):
    pieces = [EVENTS[at : at + size] for at in range(0, len(EVENTS), size)]
    assert read(OK + chunked(*pieces)) == FOUND
    assert read(OK + b"\r\n", *pieces) == FOUND
    assert read(OK + b"Content-Length: %d\r\n\r\n" % len(EVENTS), *pieces) == FOUND


def test_random_cuts_of_the_wire_change_nothing():
    dice = random.Random(3)
    wire = OK + chunked(*(EVENTS[at : at + 7] for at in range(0, len(EVENTS), 7)))
    for _ in range(20):
        places = sorted(dice.sample(range(1, len(wire)), 6))
        assert read(*(wire[start:end] for start, end in zip([0, *places], [*places, len(wire)], strict=True))) == FOUND


def test_what_is_sent_is_one_request_without_a_persons_choice_of_headers():
    async def run() -> bytes:
        server = Server(OK + chunked(EVENTS))
        async with opened(server) as stream:
            await stream.open({"Authorization": "Bearer k", "host": "evil.example", "content-length": "0"}, b'{"q": 1}')
        return server.asked

    asked = asyncio.run(run()).lower()
    assert asked.startswith(b"post /v1/chat?x=1 http/1.1\r\n")
    assert asked.endswith(b'{"q": 1}')
    assert b"evil.example" not in asked
    assert asked.count(b"content-length") == 1
    assert b"authorization: bearer k" in asked


@pytest.mark.parametrize("value", ["a\r\nX: 1", "a\n", "\x00", "é"])
def test_a_header_that_would_become_two_is_not_sent(value):
    async def run() -> None:
        async with opened(Server(OK + chunked(EVENTS))) as stream:
            await stream.open({"Authorization": value}, b"")

    with pytest.raises(ValueError, match="Authorization cannot be sent"):
        asyncio.run(run())


@pytest.mark.parametrize(
    ("pieces", "code"),
    [
        ([b"SSH-2.0\r\n\r\n"], "malformed_answer"), ([b"HTTP/1.1 2000 OK\r\n\r\n"], "malformed_answer"),
        ([OK + b"Content-Encoding: gzip\r\n\r\n"], "malformed_answer"),
        ([OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"], "malformed_answer"), ([OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n"], "malformed_answer"),
        ([OK + b"\r\ndata: " + b"x" * 1100], "answer_too_large"), ([OK + b"\r\n" + b"data: x\n\n" * 3000], "answer_too_large"),
        ([b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 9000], "answer_too_large"), ([OK + b"B: " + b"x" * 40_000], "answer_too_large"),
        ([OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"1" * 40_000], "answer_too_large"),
    ],
)  # fmt: skip
def test_what_is_no_answer_or_beyond_all_measure_is_refused(pieces, code):
    with pytest.raises(ExternalError) as told:
        read(*pieces)
    assert told.value.code == code


@pytest.mark.parametrize(
    "pieces",
    [[b""], [b"HTTP/1.1 200 OK\r\nConte"], [OK + b"Content-Length: 500\r\n\r\n", b"data: a\n\n"], [OK + b"Transfer-Encoding: chunked\r\n\r\n50\r\ndata: a\n\n"],
     [OK + b"Transfer-Encoding: chunked\r\n\r\n9\r\ndata: a\n\n\r\n"]],
)  # fmt: skip
def test_an_answer_that_is_cut_is_not_taken_for_a_whole_one(pieces):
    with pytest.raises(ExternalUnavailable):
        read(*pieces)


@pytest.mark.parametrize(
    ("pieces", "phase"),
    [
        ([5.0], "first"), ([OK, 5.0], "first"), ([OK + b"\r\n", b": still thinking\n\n", 5.0], "first"),
        ([OK + b"\r\ndata: a\n\n", 5.0], "gap"), ([OK + b"\r\ndata: a\n\ndata: b", 5.0], "gap"),
    ],
)
def test_silence_ends_in_time_and_says_where(pieces, phase):
    began = time.monotonic()
    with pytest.raises(TooSlow) as told:
        read(*pieces)
    assert (told.value.phase, time.monotonic() - began < 1.5) == (phase, True)


def test_a_server_that_never_ends_is_ended():
    drip = [piece for _ in range(40) for piece in (b"data: a\n\n", 0.05)]

    class Dripping(Server):
        async def serve(self, reader, writer):
            try:
                for piece in drip:
                    await asyncio.sleep(piece) if isinstance(piece, float) else writer.write(piece)
                    await writer.drain()
            except OSError:
                self.left.set()

    async def run() -> int:
        found = 0
        async with opened(Dripping(), EventLimits(total=0.6)) as stream:
            with pytest.raises(TooSlow) as told:
                await stream.open({}, b"")
                async for _ in stream:
                    found += 1
            assert told.value.phase == "total"
        return found

    drip.insert(0, OK + b"\r\n")
    assert asyncio.run(run()) > 3


def test_whoever_leaves_is_noticed_by_the_server_at_once():
    async def run() -> float:
        server = Server(OK + b"\r\ndata: a\n\n", 5.0)
        async with opened(server) as stream:
            await stream.open({}, b"")
            async for _ in stream:
                break
        began = time.monotonic()
        await asyncio.wait_for(server.left.wait(), 3)
        return time.monotonic() - began

    assert asyncio.run(run()) < 1


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
def test_an_answer_without_events_is_handed_over_with_its_words(status):
    answer = b'HTTP/1.1 %d X\r\nRetry-After: 7\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"e": 12}' % status
    with pytest.raises(StreamRefused) as told:
        read(answer)
    assert (told.value.answered, told.value.headers["retry-after"], told.value.body) == (status, "7", b'{"e": 12}')
    with pytest.raises(StreamRefused):
        read(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>hello")


def test_only_addresses_that_may_be_called_are():
    policy = EgressPolicy(suffixes=(".models.example",))
    for url in ("http://10.0.0.1/x", "https://evil.example/", "https://a.models.example:8443/", "https://a.models.example/\r\nX: 1"):
        with pytest.raises(BadInput):
            EventStream(url, policy)

    async def inside(host: str, port: int) -> list[str]:
        return ["93.184.215.14", "169.254.169.254"]

    async def run() -> None:
        async with EventStream("https://a.models.example/x", policy, QUICK, resolver=inside) as stream:
            await stream.open({}, b"")

    with pytest.raises(ExternalUnavailable):
        asyncio.run(run())


def test_an_interim_answer_is_passed_over():
    assert read(b"HTTP/1.1 100 Continue\r\n\r\n" * 5000 + OK + chunked(EVENTS)) == FOUND
