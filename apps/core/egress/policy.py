"""Which addresses we may talk to: vendor hosts over https, and what the operator allowed by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from apps.core.errors import BadInput

_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f\\]")

_DENIED_4 = tuple(
    ip_network(block)
    for block in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
# Global unicast is 2000::/3; all else (loopback, link-local, unique local, multicast, v4-mapped, NAT64) is denied
# by not being in it. Inside it, tunnels that carry a v4 address (Teredo, 6to4) and documentation blocks are.
_GLOBAL_6 = ip_network("2000::/3")
_DENIED_6 = tuple(ip_network(block) for block in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))


def is_denied(address: str) -> bool:
    """Whether a resolved address is private, local, reserved or hides another address inside."""
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return True
    if isinstance(parsed, IPv4Address):
        return any(parsed in block for block in _DENIED_4)
    return parsed not in _GLOBAL_6 or any(parsed in block for block in _DENIED_6)


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
        """The origin of a URL we may call. Raises BadInput(code="address_refused") for any other."""
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
    if _UNSAFE.search(url):
        raise refused()
    try:
        split = urlsplit(url)
        port = split.port or _PORTS[split.scheme]
        host = (split.hostname or "").removesuffix(".")
        host = host if ":" in host else host.encode("idna").decode("ascii").lower()
    except (ValueError, KeyError, UnicodeError) as exc:
        raise refused() from exc
    if not host or split.username is not None or split.password is not None:
        raise refused()
    return split.scheme, host, port
