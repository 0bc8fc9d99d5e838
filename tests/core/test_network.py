"""Whose request it is: X-Forwarded-For is believed as far as our own proxies wrote it, and no further."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from apps.core.network import network_of

PROXIES = "10.0.0.0/8, 2001:db8:1::/48"


def asked(peer: str, forwarded: str | None = None):
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return RequestFactory().get("/", REMOTE_ADDR=peer, **headers)


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("192.0.2.7", None, "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", "192.0.2.7"),  # a stranger says whatever they like
        ("10.1.2.3", "198.51.100.1", "198.51.100.1"),
        ("10.1.2.3", "203.0.113.5, 198.51.100.1", "198.51.100.1"),  # the first was made up by the one behind the second
        ("10.1.2.3", "203.0.113.5, 198.51.100.1, 10.9.9.9", "198.51.100.1"),
        ("10.1.2.3", "10.9.9.9", "10.9.9.9"),
        ("10.1.2.3", "<script>", "10.1.2.3"),
        ("10.1.2.3", "198.51.100.1, junk", "10.1.2.3"),
        ("10.1.2.3", None, "10.1.2.3"),
        ("2001:db8:1::9", "2001:db8:7:7::abcd", "2001:db8:7:7::/64"),
        ("2001:db8:7:7:1:2:3:4", None, "2001:db8:7:7::/64"),
        ("::ffff:10.1.2.3", "::ffff:198.51.100.1", "198.51.100.1"),
        ("", None, ""),
    ],
)
def test_the_network_of_a_request(peer, forwarded, expected, settings):
    settings.TRUSTED_PROXIES = PROXIES
    assert network_of(asked(peer, forwarded)) == expected


def test_without_proxies_nobody_is_believed(settings):
    settings.TRUSTED_PROXIES = ""
    assert network_of(asked("127.0.0.1", "198.51.100.1")) == "127.0.0.1"
