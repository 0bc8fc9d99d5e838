"""Which addresses we may talk to: vendor hosts over https, and what the operator allowed by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from apps.core.errors import BadInput

_PORTS = {"http": 80, "https": 443}
_LONGEST = 2048
_HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f\\]")
_PAIR = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?):[1-9][0-9]{0,4}")


def _blocks(*names: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(name) for name in names)


# Machines of a site's own network: denied, except where the operator named the host.
_ON_SITE = _blocks(
    "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7",
)  # fmt: skip
# Where clouds keep the credentials of their machines, outside the blocks that are denied whole.
_METADATA = _blocks("100.100.100.200/32", "168.63.129.16/32", "fd00:ec2::/32")
# IANA's special-purpose registries: this network, link-local, protocol, documentation, relay, benchmarking, multicast,
# reserved.
_SPECIAL_4 = _blocks(
    "0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
    "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
)  # fmt: skip
# Global unicast is 2000::/3; all else (link-local, multicast, v4-mapped, NAT64) is denied by not being in it. Inside
# it, tunnels that carry a v4 address (Teredo, 6to4) and documentation blocks are.
_GLOBAL_6 = _blocks("2000::/3")
_SPECIAL_6 = _blocks("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")


def is_denied(address: str, *, trusted: bool = False) -> bool:
    """Whether a resolved address is private, local, reserved or hides another address inside.

    `trusted`: the operator named the host, so it may stand on the site's own network. Link-local, metadata, multicast
    and disguised addresses stay denied: whoever answers for the name in the DNS is not the operator.
    """
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return True
    if isinstance(parsed, IPv6Address) and parsed.scope_id is not None or _within(parsed, _METADATA):
        return True
    if _within(parsed, _ON_SITE):
        return not trusted
    if isinstance(parsed, IPv4Address):
        return _within(parsed, _SPECIAL_4)
    return not _within(parsed, _GLOBAL_6) or _within(parsed, _SPECIAL_6)


def _within(address: IPv4Address | IPv6Address, blocks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    return any(address in block for block in blocks)


def is_pair(text: str) -> bool:
    """Whether this is one exact host:port in lower case: no scheme, person, path, pattern or range."""
    return _PAIR.fullmatch(text) is not None and int(text.rpartition(":")[2]) < 65536


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed origin. `trusted` = named by the operator: plain http and private addresses are fine there."""

    scheme: str
    host: str
    port: int
    trusted: bool

    @property
    def origin(self) -> str:
        """Scheme, host and, when it is not the usual one, port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """`suffixes` name the vendors' domains (".freshdesk.com"); `allow_hosts` are the operator's host:port pairs."""

    suffixes: tuple[str, ...] = ()
    allow_hosts: frozenset[str] = frozenset()

    def target(self, url: str) -> Target:
        """The origin of a URL we may call. Raises BadInput(code="address_refused") for any other.

        The text alone decides: no name is looked up, so the refusal tells nothing about a network.
        """
        scheme, host, port = _parts(url)
        key = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        if key in self.allow_hosts:
            return Target(scheme, host, port, trusted=True)
        vendor = _HOST.fullmatch(host) and any(
            host.endswith(suffix) and len(host) > len(suffix) for suffix in self.suffixes
        )
        if scheme != "https" or port != 443 or not vendor:
            raise refused()
        return Target(scheme, host, port, trusted=False)


def refused() -> BadInput:
    """The one answer for every address we do not talk to."""
    return BadInput("this address is not allowed", code="address_refused")


def _parts(url: str) -> tuple[str, str, int]:
    """Scheme, host in canonical spelling (IDNA, lower case, no trailing dot) and port."""
    if len(url) > _LONGEST or _UNSAFE.search(url):
        raise refused()
    try:
        split = urlsplit(url)
        port = _PORTS[split.scheme] if split.port is None else split.port
        host = (split.hostname or "").removesuffix(".")
        host = host if ":" in host else host.encode("idna").decode("ascii").lower()
    except (ValueError, KeyError, UnicodeError) as exc:
        raise refused() from exc
    if not host or "@" in split.netloc:
        raise refused()
    return split.scheme, host, port
