"""Attacks on the way out, through the connection form and the real client: nothing comes where it must not."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Callable, Iterator

import pytest
from structlog.testing import capture_logs

from apps.core.egress import EgressClient, EgressLimits, EgressPolicy
from apps.core.errors import AppError, BadInput, ExternalError, ExternalUnavailable
from apps.platforms.connecting import connect
from apps.platforms.models import Connection
from tests.core.outside import Canary, Watch, canary, closed_port, names, server, silent_port, watching
from tests.core.spellings import LEADS_INSIDE, REFUSED

KEY = "canary-key-0123456789"
VENDOR = EgressPolicy((".freshdesk.com",), allow_hosts=frozenset({"helpdesk.internal:8443"}))
Speak = Callable[[], Iterator[bytes]]


@pytest.fixture
def bird() -> Iterator[Canary]:
    with canary() as found:
        yield found
        time.sleep(0.02)  # whoever was on the way would have been counted
        assert found.visits == []


@pytest.fixture
def watch() -> Iterator[Watch]:
    with watching() as found:
        yield found


def form(address: str) -> AppError:
    """What a person is told who connects this address; nothing may be stored."""
    with pytest.raises(AppError) as caught:
        connect(platform="freshdesk", options={"base_url": address, "api_key": KEY})
    assert not Connection.objects.exists()
    return caught.value


def test_hostile_spellings_are_refused_before_a_name_is_looked_up(in_acme, settings, bird, watch):
    assert len(set(REFUSED)) >= 110
    settings.EGRESS_ALLOW_HOSTS = VENDOR.allow_hosts
    told = set()
    with names(lambda host: ["127.0.0.1"]) as asked:
        for text in REFUSED:
            address = text.replace("PORT", str(bird.port))
            try:
                EgressClient(address, VENDOR)
            except BadInput as exc:
                told.add((exc.code, str(exc)))
            else:
                pytest.fail(f"the client took {address!r}")
            refusal = form(address)
            told.add((refusal.code, str(refusal)))
    assert told == {("address_refused", "this address is not allowed")}
    assert (asked, watch.tried) == ([], [])


@pytest.mark.parametrize("host", LEADS_INSIDE)
def test_a_vendors_name_that_leads_inside_is_a_server_that_cannot_be_reached(in_acme, bird, watch, host):
    with names(LEADS_INSIDE.get) as asked, capture_logs() as lines:
        error = form(f"https://{host}")
    assert (type(error), str(error), error.code) == (ExternalUnavailable, *unreachable())
    assert asked == [host]
    assert watch.tried == []
    reason = "address_denied" if LEADS_INSIDE[host] else "no_address"
    assert [(line["event"], line["reason"]) for line in lines] == [("egress_failed", reason)]


def unreachable() -> tuple[str, str]:
    return "the server cannot be reached or did not answer in time", "external_unavailable"


def test_a_second_answer_of_the_dns_moves_nothing(bird, watch):
    """The first answer is public and checked, every later one is this machine."""
    answers = iter([["8.8.8.8", "1.1.1.1"]])

    async def thrice() -> None:
        async with EgressClient("https://acme.freshdesk.com", VENDOR) as client:
            for _ in range(3):
                with pytest.raises(ExternalUnavailable):
                    await client.send("GET", "/api/v2/agents/me", auth=(KEY, "X"))

    with names(lambda host: next(answers, ["127.0.0.1"])) as asked:
        asyncio.run(thrice())
    assert asked == ["acme.freshdesk.com"]
    assert watch.tried == [("8.8.8.8", 443), ("1.1.1.1", 443)] * 3


def test_an_allowed_name_may_stand_on_site_but_never_at_the_metadata(bird, watch):
    async def once() -> None:
        async with EgressClient("http://helpdesk.internal:8443", VENDOR) as client:
            await client.send("GET", "/")

    for address, tried in (
        ("10.0.0.7", [("10.0.0.7", 8443)]), ("169.254.169.254", []), ("100.100.100.200", []), ("fd00:ec2::254", []),
        ("::ffff:10.0.0.7", []), ("0.0.0.0", []), ("fe80::1", []), ("224.0.0.1", []),
    ):  # fmt: skip
        watch.tried.clear()
        with names(lambda host, address=address: [address]), pytest.raises(ExternalUnavailable):
            asyncio.run(once())
        assert watch.tried == tried, address


def answer_of(speak: Speak, calls: int = 1, path: str = "/", **limits: float) -> tuple[AppError | bytes, list[bytes]]:
    """What one client gets for its last call, and the heads of all requests it sent."""

    async def run(host: str) -> AppError | bytes:
        found: AppError | bytes = b""
        policy = EgressPolicy(allow_hosts=frozenset({host}))
        async with EgressClient(f"http://{host}", policy, limits=EgressLimits(**limits)) as client:
            for _ in range(calls):
                try:
                    found = (await client.send("GET", path, auth=(KEY, "X"))).body
                except AppError as exc:
                    found = exc
        return found

    with server(speak) as one:
        return asyncio.run(run(one.host)), one.heads


def saying(*parts: bytes, again: bytes = b"", pause: float = 0.0) -> Speak:
    """These bytes, then `again` for ever."""

    def speak() -> Iterator[bytes]:
        yield from parts
        while again:
            yield again
            time.sleep(pause)

    return speak


OK, GZIP = b"HTTP/1.1 200 OK\r\n", b"Content-Encoding: gzip\r\n"
CHUNKED, CLOSE = b"Transfer-Encoding: chunked\r\n\r\n", b"Connection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("speak", "code"),
    [
        (saying(OK, CHUNKED, again=b"4000\r\n" + b"x" * 0x4000 + b"\r\n"), "answer_too_large"),  # has no end
        (saying(OK, GZIP, CLOSE, gzip.compress(bytes(300_000_000))), "answer_too_large"),  # a bomb
        (saying(OK, GZIP, CLOSE, gzip.compress(bytes(1_900_000))), "answer_too_large"),  # within size, beyond ratio
        (saying(OK, GZIP, CLOSE, gzip.compress(gzip.compress(bytes(300_000_000)))), ""),  # unpacked once, never twice
        (saying(OK, GZIP, CLOSE, gzip.compress(b"x"), again=b"x" * 0x4000), "malformed_answer"),  # after its end
        (saying(OK, GZIP, CLOSE, gzip.compress(b"")[:10], again=b"\0\0\0\xff\xff" * 4096), "answer_too_large"),
        (saying(OK, b"Content-Encoding: gzip, gzip\r\n", CLOSE), "malformed_answer"),
        (saying(OK, b"Content-Encoding: br\r\n", CLOSE, b"x"), "malformed_answer"),
        (saying(OK, b"X-Long: ", b"y" * 400_000, b"\r\n\r\n"), "external_unavailable"),
        (saying(OK, again=b"X-Many: " + b"y" * 1000 + b"\r\n"), "external_unavailable"),
        (saying(b"HTTP/1.1 200 " + b"O" * 400_000), "external_unavailable"),
        (saying(again=b"HTTP/1.1 103 Early Hints\r\n\r\n", pause=0.001), "external_unavailable"),
        (saying(OK, again=b"X", pause=0.05), "external_unavailable"),  # a head that drips
        (saying(OK, b"Content-Length: 9999\r\n\r\n", again=b"x", pause=0.05), "external_unavailable"),
        (saying(OK, b"Content-Length: 5\r\nContent-Length: 9\r\n\r\n", b"hello"), "external_unavailable"),
        (saying(b"SSH-2.0-OpenSSH_9.6\r\n"), "external_unavailable"),
        (saying(b"+PONG\r\n"), "external_unavailable"),
    ],
)  # fmt: skip
def test_no_answer_holds_us_longer_or_fills_more_than_we_allow(speak: Speak, code: str) -> None:
    begun = time.monotonic()
    found, _ = answer_of(speak, total=0.8, size=2_000_000)
    assert time.monotonic() - begun < 3
    assert (found.code if isinstance(found, AppError) else "") == code


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_the_key_goes_nowhere(in_acme, settings, bird, watch, status):
    location = f"Location: http://127.0.0.1:{bird.port}/\r\n".encode()
    with server(saying(b"HTTP/1.1 %d Moved\r\n" % status, location, CLOSE)) as helpdesk:
        settings.EGRESS_ALLOW_HOSTS = frozenset({helpdesk.host})
        error = form(f"http://{helpdesk.host}")
    assert (type(error), str(error)) == (ExternalError, f"the helpdesk answered {status}")
    assert len(helpdesk.heads) == 1
    assert watch.tried == [("127.0.0.1", int(helpdesk.host.split(":")[1]))]


def test_whatever_is_wrong_with_a_network_the_person_is_told_the_same(in_acme, settings, monkeypatch):
    """Closed, silent, cut off, not HTTP, no TLS, unknown name, denied address: one sentence; the log has the reason."""
    monkeypatch.setattr(EgressLimits.__init__, "__defaults__", (0.3, 0.3, 1.0, 20_000_000, 100, 1_000_000))
    told, reasons = set(), []
    ssh = saying(b"SSH-2.0-OpenSSH_9.6\r\n")
    with server(saying()) as cut, server(ssh) as other, server(ssh, greets=True) as plain, silent_port() as silent:
        there = {"closed": f"http://127.0.0.1:{closed_port()}", "silent": f"http://127.0.0.1:{silent}",
                 "cut": f"http://{cut.host}", "other": f"http://{other.host}", "tls": f"https://{plain.host}",
                 "denied": "https://inside.freshdesk.com", "unknown": "https://nobody.freshdesk.com"}  # fmt: skip
        settings.EGRESS_ALLOW_HOSTS = frozenset(url.split("//")[1] for url in there.values())
        settings.EGRESS_ALLOW_HOSTS -= {"inside.freshdesk.com", "nobody.freshdesk.com"}
        lead = {"inside.freshdesk.com": ["10.0.0.1"], "nobody.freshdesk.com": []}
        for url in there.values():
            with names(lambda host: lead.get(host, ["127.0.0.1"])), capture_logs() as lines:
                error = form(url)
            told.add((type(error), str(error), error.code))
            reasons += [line["reason"] for line in lines]
            assert KEY not in f"{lines}"
            assert not any(word in f"{lines}" for word in ("127.0.0.1", "10.0.0.1", "freshdesk"))
    assert told == {(ExternalUnavailable, *unreachable())}
    assert reasons == ["no_connection", "too_slow", "broken_off", "broken_off", "no_tls", "address_denied",
                       "no_address"]  # fmt: skip


def test_cookies_of_a_helpdesk_are_not_kept() -> None:
    head = b"Set-Cookie: track=1; Path=/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    _, seen = answer_of(saying(OK, head), calls=3)
    assert len(seen) == 3
    assert not any(b"cookie" in one.lower() for one in seen)


@pytest.mark.parametrize("path", ["//evil.example/x", "/\\evil.example", "/../../x", "/@evil.example", "/x?a b#c"])
def test_a_path_stays_a_path(path: str) -> None:
    found, seen = answer_of(saying(OK, CLOSE), path=path)
    assert found == b""
    head = seen[0].decode()
    assert head.startswith("GET /")
    assert head.count("\r\nHost: 127.0.0.1:") == 1


@pytest.mark.parametrize(
    "path", ["/x\r\nX-Injected: 1", "/x\x00", "http://127.0.0.1:1/", "https://acme.freshdesk.com/"]
)
def test_a_path_that_is_none_is_not_sent(path: str) -> None:
    found, seen = answer_of(saying(OK, CLOSE), path=path)
    assert (type(found), seen) == (BadInput, [])


def test_the_key_is_not_sent_in_clear_to_the_same_host_and_port(watch) -> None:
    async def run() -> None:
        policy = EgressPolicy(allow_hosts=frozenset({"127.0.0.1:443"}))
        async with EgressClient("https://127.0.0.1:443", policy) as client:
            await client.send("GET", "http://127.0.0.1:443/", auth=(KEY, "X"))

    with pytest.raises(BadInput):
        asyncio.run(run())
    assert watch.tried == []


def test_a_name_server_that_sleeps_holds_nobody_beyond_the_deadline() -> None:
    def slow(host: str) -> list[str]:
        time.sleep(2)
        return ["8.8.8.8"]

    async def run() -> None:
        async with EgressClient("https://acme.freshdesk.com", VENDOR, limits=EgressLimits(total=0.2)) as client:
            await client.send("GET", "/")

    begun = time.monotonic()
    with names(slow), pytest.raises(ExternalUnavailable):
        asyncio.run(run())
    assert time.monotonic() - begun < 1.5
