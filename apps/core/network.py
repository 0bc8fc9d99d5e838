"""Which network a request comes from, as far as it can be believed."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address
COARSE_BITS = {4: 24, 6: 48}  # of an address that is kept: enough to know one's office again, too little to find a person
HOME_BITS = 64  # of an IPv6 address: what a provider gives to one customer, who has all addresses in it


def client_address(request: HttpRequest) -> Address | None:
    """The address of whoever asks; None when the server knows none (a socket file).

    X-Forwarded-For counts only as far as the proxies of TRUSTED_PROXIES wrote it: read from its end, the first address
    that is not one of them. What stands before it anybody may have made up.
    """
    found = _parsed(request.META.get("REMOTE_ADDR", ""))
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    while found is not None and hops and _is_proxy(str(found), settings.TRUSTED_PROXIES):
        before = _parsed(hops.pop())
        if before is None:
            break
        found = before
    return found


def network_of(request: HttpRequest) -> str:
    """One caller's network: an IPv4 address, the /64 of an IPv6 one, '' when unknown."""
    address = client_address(request)
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, HOME_BITS), strict=False))
    return str(address or "")


def coarse_network(request: HttpRequest) -> str:
    """The neighbourhood a request comes from: 203.0.113.0/24, 2001:db8:7::/48; '' when unknown."""
    address = client_address(request)
    return str(ip_network((address, COARSE_BITS[address.version]), strict=False)) if address else ""


def _parsed(text: str) -> Address | None:
    """IPv4 written as IPv6 (::ffff:192.0.2.1) is the IPv4 address."""
    try:
        found = ip_address(text.strip())
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


@lru_cache(maxsize=1024)
def _is_proxy(address: str, networks: str) -> bool:
    found = ip_address(address)
    return any(found in ip_network(one.strip()) for one in networks.split(",") if one.strip())
