"""The only way out to the network (decisions 19): address rules, pinned connections, bounded answers.

    policy = EgressPolicy(suffixes=(".freshdesk.com",), allow_hosts=frozenset({"127.0.0.1:18080"}))
    async with EgressClient("https://acme.freshdesk.com", policy) as client:
        answer = await client.send("GET", "/api/v2/tickets", params={"page": 1})

A refused address is `BadInput(code="address_refused")`, everything that goes wrong on the wire is
`ExternalUnavailable`, an answer beyond the bounds is `ExternalError`. Messages never tell why a
connection failed, so that nobody can read our network from them (SSRF-4).
"""

from apps.core.egress.client import Answer, EgressClient, EgressLimits
from apps.core.egress.policy import EgressPolicy, Target, is_denied

__all__ = ["Answer", "EgressClient", "EgressLimits", "EgressPolicy", "Target", "is_denied"]
