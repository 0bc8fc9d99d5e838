"""A probe of a Freshdesk account: reads within a fixed price, and tells what the contract could not prove."""

from __future__ import annotations

import asyncio
from typing import Literal

from apps.platforms.adapters.freshdesk.probing.findings import findings
from apps.platforms.adapters.freshdesk.probing.gather import PLAN, Seen, gather, price
from apps.platforms.adapters.freshdesk.probing.reader import Pause, Reader, Stopped
from apps.platforms.probing import ProbeReport, Tell

__all__ = ["probe"]


async def probe(
    base_url: str, api_key: str, allow_hosts: frozenset[str], tell: Tell, *, pause: Pause = asyncio.sleep
) -> ProbeReport:
    """Read the account and report. Raises CredentialsRejected when it does not accept the key, BadInput for an address
    that is not Freshdesk's. An account that stops answering, or has no budget left, gives a report of what was read."""
    calls, credits = price()
    tell(f"at most {calls} calls worth {credits} credits, all of them GET; nothing in the account is changed")
    for words, some, worth in PLAN:
        tell(f"  {some} calls, {worth} credits: {words}")
    reader = Reader(base_url, api_key, allow_hosts, credits, tell, pause)
    seen = Seen()
    ended: Literal["complete", "asked_to_wait", "too_busy", "unreachable"] = "complete"
    try:
        await gather(reader, seen, tell)
    except Stopped as exc:
        ended = exc.ended
    finally:
        await reader.close()
    return ProbeReport(
        account=reader.account, ended=ended, calls=reader.calls, credits=reader.credits,
        findings=tuple(findings(seen, reader.throttled)),
    )  # fmt: skip
