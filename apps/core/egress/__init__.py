"""The only way out to the network (decisions 19): address rules, pinned connections, bounded answers.

    policy = EgressPolicy(suffixes=(".freshdesk.com",), allow_hosts=frozenset({"127.0.0.1:18080"}))
    async with EgressClient("https://acme.freshdesk.com", policy) as client:
        answer = await client.send("GET", "/api/v2/tickets", params={"page": 1})

An address refused by its text is `BadInput(code="address_refused")`. Everything that goes wrong after that, a name
that leads inside included, is `ExternalUnavailable` with one sentence, and an answer beyond the bounds is
`ExternalError`: nobody can read our network from them (SSRF-4). The log has the reason in a word.
"""

from apps.core.egress.client import Answer, EgressClient, EgressLimits, Headers
from apps.core.egress.policy import EgressPolicy, Target, is_denied, is_pair
from apps.core.egress.transport import make_ready

__all__ = ["Answer", "EgressClient", "EgressLimits", "EgressPolicy", "Headers", "Target", "is_denied", "is_pair", "make_ready"]
