from __future__ import annotations

import asyncio
import gzip
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis.strategies import ip_addresses

from apps.core.egress import Answer, EgressClient, EgressLimits, EgressPolicy, is_denied, transport
from apps.core.errors import AppError, BadInput, ExternalError, ExternalUnavailable
from simulators.web import App, Request, Response, listen

VENDOR = EgressPolicy(suffixes=(".freshdesk.com",))


@asynccontextmanager
async def serving(app: App) -> AsyncIterator[str]:
    server = await listen(app, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def call(app: Callable[[Request], Response], **limits: float) -> Answer:
    """One GET against a local server that the operator allowed."""

    async def answer(request: Request) -> Response:
        return app(request)

    async def run() -> Answer:
        async with serving(answer) as host:
            policy = EgressPolicy(allow_hosts=frozenset({host}))
            async with EgressClient(f"http://{host}", policy, limits=EgressLimits(**limits)) as client:  # type: ignore[arg-type]
                return await client.send("GET", "/x", params={"q": "a b"})

    return asyncio.run(run())


def error_of(app: Callable[[Request], Response], **limits: float) -> AppError:
    with pytest.raises(AppError) as caught:
        call(app, **limits)
    return caught.value


@pytest.mark.parametrize(
    "url",
    [
        "http://acme.freshdesk.com/", "https://acme.freshdesk.com:444/", "https://user@acme.freshdesk.com/",
        "https://user:pw@acme.freshdesk.com/", "https://freshdesk.com/", "https://.freshdesk.com/",
        "https://acme.freshdesk.com.evil.example/", "https://evilfreshdesk.com/", "https://evil.example/.freshdesk.com",
        "https://evil.example#.freshdesk.com", "https://evil.example?.freshdesk.com", "https://127.0.0.1/",
        "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://0x7f.1/", "https://2130706433/", "https://localhost/",
        "ftp://acme.freshdesk.com/", "file:///etc/passwd", "gopher://acme.freshdesk.com/", "//acme.freshdesk.com/",
        "acme.freshdesk.com", "https:///acme.freshdesk.com", "https://acme.freshdesk.com\\@evil.example/",
        "https://evil.example\t.freshdesk.com/", "https://evil.example\n.freshdesk.com/", "https://a b.freshdesk.com/",
        "https://a_b.freshdesk.com/", "https://-a.freshdesk.com/", "https://a..freshdesk.com/",
        "https://acme.freshdesk.com:99999/", "https://acme.freshdesk.com:x/", "https://ex\u0430mple.com/",
        "https://acme\u3002freshdesk\u3002com.evil.example/", "https://%61cme.freshdesk.com/", "",
    ],
)  # fmt: skip
def test_no_address_but_a_vendors_is_allowed(url: str) -> None:
    with pytest.raises(BadInput) as caught:
        VENDOR.target(url)
    assert caught.value.code == "address_refused"


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://acme.freshdesk.com/api", "https://acme.freshdesk.com"),
        ("https://ACME.Freshdesk.com./", "https://acme.freshdesk.com"),
        ("https://acme.freshdesk.com:443", "https://acme.freshdesk.com"),
        ("https://acme\u3002freshdesk\u3002com/", "https://acme.freshdesk.com"),
        ("https://eu.acme.freshdesk.com", "https://eu.acme.freshdesk.com"),
    ],
)
def test_a_vendors_address_is_allowed_in_its_canonical_spelling(url: str, origin: str) -> None:
    target = VENDOR.target(url)
    assert (target.origin, target.trusted) == (origin, False)


def test_the_operator_allows_a_host_with_its_port_and_no_other_port() -> None:
    policy = EgressPolicy(allow_hosts=frozenset({"127.0.0.1:18080"}))
    assert policy.target("http://127.0.0.1:18080/x").trusted
    for url in ("http://127.0.0.1:18081", "http://127.0.0.1", "https://127.0.0.1", "http://localhost:18080"):
        with pytest.raises(BadInput):
            policy.target(url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1", "::1", "::",
        "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1",
        "2002:7f00:1::", "2001:0:1::1", "2001:db8::1", "not an address", "",
        "168.63.129.16", "100.100.100.200", "fd00:ec2::254", "192.0.0.192", "64:ff9b:1::7f00:1", "fec0::1", "100::1",
        "2606:4700::1111%lo", "::8.8.8.8", "5f00::1", "3fff::1", "2001:20::1", "0x7f.1", "127.1", "127.0.0.1 ",
    ],
)  # fmt: skip
def test_private_and_disguised_addresses_are_denied(address: str) -> None:
    assert is_denied(address)


@given(ip_addresses())
def test_what_the_standard_library_holds_not_to_be_global_is_denied(address: IPv4Address | IPv6Address) -> None:
    assert is_denied(str(address)) or address.is_global


def test_on_site_addresses_are_for_hosts_the_operator_named() -> None:
    for address in ("127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "100.64.0.1", "::1", "fd12::1"):
        assert is_denied(address) and not is_denied(address, trusted=True)
    for address in ("169.254.169.254", "100.100.100.200", "fd00:ec2::254", "fe80::1", "0.0.0.0", "::ffff:10.0.0.1"):
        assert is_denied(address, trusted=True)


@pytest.mark.parametrize("address", ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"])
def test_public_addresses_are_not_denied(address: str) -> None:
    assert not is_denied(address)


def test_the_name_is_resolved_once_so_a_second_answer_moves_nothing() -> None:
    asked: list[str] = []
    hosts: list[str] = []

    async def app(request: Request) -> Response:
        hosts.append(request.headers["host"])
        return Response(200, b"ok", headers={"Connection": "close"})

    async def run(port: str) -> None:
        async def resolver(host: str, port: int) -> list[str]:
            asked.append(host)
            return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.9"]

        policy = EgressPolicy(allow_hosts=frozenset({f"desk.test:{port}"}))
        async with EgressClient(f"http://desk.test:{port}", policy, resolver=resolver) as client:
            for _ in range(3):
                assert (await client.send("GET", "/")).body == b"ok"

    async def both() -> None:
        async with serving(app) as host:
            await run(host.split(":")[1])

    asyncio.run(both())
    assert asked == ["desk.test"]
    assert all(host.startswith("desk.test:") for host in hosts)


def test_the_next_checked_address_is_tried_when_the_first_does_not_answer() -> None:
    async def app(request: Request) -> Response:
        return Response(200, b"second")

    async def run() -> bytes:
        async with serving(app) as host:
            port = host.split(":")[1]

            async def resolver(name: str, number: int) -> list[str]:
                return ["127.0.0.77", "127.0.0.1"]

            policy = EgressPolicy(allow_hosts=frozenset({f"desk.test:{port}"}))
            async with EgressClient(f"http://desk.test:{port}", policy, resolver=resolver) as client:
                return (await client.send("GET", "/")).body

    assert asyncio.run(run()) == b"second"


def test_a_redirect_is_handed_over_and_not_followed() -> None:
    seen: list[str] = []

    def app(request: Request) -> Response:
        seen.append(request.path)
        return Response(302, b"", headers={"Location": "http://169.254.169.254/latest/meta-data"})

    assert call(app).status == 302
    assert seen == ["/x"]


def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert call(lambda request: Response(200, b"direct")).body == b"direct"


def test_an_answer_is_read_to_its_bound_and_no_further() -> None:
    assert call(lambda request: Response(200, b"x" * 1000), size=1000).body == b"x" * 1000
    assert error_of(lambda request: Response(200, b"x" * 1001), size=1000).code == "answer_too_large"


def test_a_gzip_answer_is_unpacked_and_a_bomb_is_stopped() -> None:
    def packed(plain: bytes) -> Callable[[Request], Response]:
        return lambda request: Response(200, gzip.compress(plain), headers={"Content-Encoding": "gzip"})

    assert call(packed(b"hello")).body == b"hello"
    assert error_of(packed(b"0" * 50_000_000), size=1_000_000).code == "answer_too_large"


@pytest.mark.parametrize(
    "body", [b"not gzip at all", gzip.compress(b"x" * 5000)[:-20]], ids=["no gzip", "cut off"]  # it holds the time
)
def test_a_broken_gzip_answer_is_an_error(body: bytes) -> None:
    error = error_of(lambda request: Response(200, body, headers={"Content-Encoding": "gzip"}))
    assert (type(error), error.code) == (ExternalError, "malformed_answer")


def test_a_slow_drip_ends_at_the_deadline() -> None:
    begun = time.monotonic()
    error = error_of(lambda request: Response(200, b"x" * 100, drip=0.2), total=0.5)
    assert type(error) is ExternalUnavailable
    assert time.monotonic() - begun < 1.5


@pytest.mark.parametrize(
    "app",
    [
        lambda request: Response(reset=True),
        lambda request: Response(200, b"x" * 100, cut_at=10),
        lambda request: Response(200, b"late", delay=5),
    ],
)
def test_every_trouble_on_the_wire_sounds_the_same(app: Callable[[Request], Response]) -> None:
    error = error_of(app, total=0.5)
    assert (type(error), str(error)) == (ExternalUnavailable, str(_closed_port()))


def _closed_port() -> AppError:
    async def run() -> None:
        async with serving(_nobody) as host:
            pass
        async with EgressClient(f"http://{host}", EgressPolicy(allow_hosts=frozenset({host}))) as client:
            await client.send("GET", "/")

    with pytest.raises(ExternalUnavailable) as caught:
        asyncio.run(run())
    return caught.value


async def _nobody(request: Request) -> Response:
    return Response(200)


def test_an_unknown_name_sounds_like_a_closed_port() -> None:
    async def resolver(host: str, port: int) -> list[str]:
        raise OSError("no such host")

    async def run() -> None:
        async with EgressClient("https://acme.freshdesk.com", VENDOR, resolver=resolver) as client:
            await client.send("GET", "/")

    with pytest.raises(ExternalUnavailable) as caught:
        asyncio.run(run())
    assert str(caught.value) == str(_closed_port())


def test_a_path_that_is_an_address_does_not_leave_the_origin() -> None:
    async def run() -> None:
        async with (
            serving(_nobody) as host,
            EgressClient(f"http://{host}", EgressPolicy(allow_hosts=frozenset({host}))) as client,
        ):
            await client.send("GET", "http://127.0.0.2:1/elsewhere")

    with pytest.raises(BadInput):
        asyncio.run(run())


def _certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A self-signed certificate for one host name, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(private)
    return folder / "cert.pem", folder / "key.pem"


@pytest.mark.parametrize(("name", "reached"), [("desk.test", True), ("other.test", False)])
def test_the_pinned_address_must_prove_the_name_we_asked_for(
    name: str, reached: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = _certificate(tmp_path, name)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate, key)
    asked: list[str | None] = []
    server_side.sni_callback = lambda _socket, sni, _context: asked.append(sni)
    monkeypatch.setattr(transport, "tls", lambda: ssl.create_default_context(cafile=str(certificate)))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nsafe")
        await writer.drain()
        writer.close()

    async def resolver(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async def run() -> bytes:
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server_side)
        host = f"desk.test:{server.sockets[0].getsockname()[1]}"
        policy = EgressPolicy(allow_hosts=frozenset({host}))
        async with server, EgressClient(f"https://{host}", policy, resolver=resolver) as client:
            return (await client.send("GET", "/")).body

    if reached:
        assert asyncio.run(run()) == b"safe"
    else:
        with pytest.raises(ExternalUnavailable):
            asyncio.run(run())
    assert asked == ["desk.test"]
