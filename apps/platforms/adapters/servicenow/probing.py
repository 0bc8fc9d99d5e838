"""A probe of an instance: a few reads that tell what the contract could not prove. Nothing is changed; what is told are
statuses, counts and seconds, never anybody's words, names or addresses."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Literal

import orjson

from apps.core.errors import AppError, CredentialsRejected, ExternalUnavailable, RateLimited
from apps.platforms.adapters.answers import number_of
from apps.platforms.adapters.servicenow import payloads as wire
from apps.platforms.adapters.servicenow import query
from apps.platforms.adapters.servicenow.client import ServiceNowClient
from apps.platforms.adapters.servicenow.config import INCIDENT, ServiceNowConfig
from apps.platforms.adapters.servicenow.gone import TABLE as DELETIONS
from apps.platforms.probing import Evidence, Finding, ProbeReport, Tell

MOST_CALLS = 16
_NO_TABLE = "u_deskhand_no_such_table"
_SIZES = (100, 500)
Told = tuple[str, str, Evidence]  # the answer ("": not told), why, evidence
Ask = Callable[[ServiceNowClient], Awaitable[Told]]
Ended = Literal["complete", "asked_to_wait", "too_busy", "unreachable"]


async def probe(config: ServiceNowConfig, allow_hosts: frozenset[str], tell: Tell) -> ProbeReport:
    """Raises CredentialsRejected when the instance does not accept the key. One that stops answering gives what was read."""
    tell(f"at most {MOST_CALLS} calls; nothing in the instance is changed")
    client = ServiceNowClient(config, allow_hosts)
    findings: list[Finding] = []
    ended: Ended = "complete"
    try:
        for key, question, ask in QUESTIONS:
            tell(f"  {question}")
            answer, why, evidence = await _asked(client, ask)
            findings.append(Finding(key=key, question=question, told=bool(answer), answer=answer, why=why, evidence=evidence))
    except RateLimited:
        ended = "asked_to_wait"
    except ExternalUnavailable:
        ended = "unreachable"
    finally:
        await client.close()
    calls = client.rate.credits_used
    return ProbeReport(account=client.target.host, ended=ended, calls=calls, credits=calls, findings=tuple(findings))


async def _asked(client: ServiceNowClient, ask: Ask) -> Told:
    """What is closed to this key leaves a question open; a key that is refused, or an instance that is away, ends all."""
    try:
        return await ask(client)
    except (RateLimited, ExternalUnavailable):
        raise
    except AppError as exc:
        if isinstance(exc, CredentialsRejected) and exc.code == "credentials_rejected":
            raise
        return "", exc.code, {}


async def _zone(client: ServiceNowClient) -> Told:
    rows = await client.page(INCIDENT, query.ordered("sys_updated_on"), wire.Changed, limit=3)
    for row in rows.good:
        own = query.joined(f"sys_updated_on={query.stamp(row.sys_updated_on)}", f"sys_id={row.sys_id}", query.ordered("sys_id"))
        if (await client.page(INCIDENT, own, wire.Record, limit=1)).all:
            return "UTC", "a row was found by its own time", {"rows": len(rows.good)}
    return ("shifted", "no row was found by its own time", {"rows": len(rows.good)}) if rows.good else ("", "no incident is shown", {})


async def _wrong_table(client: ServiceNowClient) -> Told:
    answer = await client.probe("GET", f"/api/now/v2/table/{_NO_TABLE}", {"sysparm_limit": 1})
    return str(answer.status), "status of the answer", {"status": answer.status}


async def _archived(client: ServiceNowClient) -> Told:
    rows = await client.page(f"ar_{INCIDENT}", query.ordered("sys_id"), wire.Record, limit=query.SAFE_IDS)
    if not rows.all:
        return "", "no archived incident is shown", {"rows": 0}
    asked = query.joined(query.any_of("documentkey", [row.sys_id for row in rows.all]), query.ordered("sys_id"))
    found = await client.page(DELETIONS, asked, wire.Record, limit=query.SAFE_IDS)
    return "yes" if found.all else "no", "archived rows among the deletions", {"archived": len(rows.all), "found": len(found.all)}


async def _batch(client: ServiceNowClient) -> Told:
    inner = {"id": "1", "method": "GET", "url": f"/api/now/v2/table/{INCIDENT}?sysparm_limit=1&sysparm_fields=sys_id", "headers": []}
    body = orjson.dumps({"batch_request_id": "1", "rest_requests": [inner]})
    answer = await client.probe("POST", "/api/now/v1/batch", content=body)
    limited = answer.headers.get("x-ratelimit-limit") is not None
    facts: Evidence = {"status": answer.status, "limited": str(limited)}
    return "", "answers tell a limit and no count: only an admin can see what was counted", facts


async def _pages(client: ServiceNowClient) -> Told:
    facts: Evidence = {}
    for size in _SIZES:
        began = time.monotonic()
        rows = await client.page(INCIDENT, query.ordered("sys_id"), wire.Incident, limit=size, display="all")
        facts |= {f"seconds_{size}": round(time.monotonic() - began, 2), f"rows_{size}": len(rows.all), "total": rows.total or 0}
        if (rows.total or 0) > size > len(rows.all):
            return "yes", "a page has fewer rows than asked for though more follow", facts
    return "no", "every page was full or the last", facts


async def _limits(client: ServiceNowClient) -> Told:
    answer = await client.probe("GET", f"/api/now/v2/table/{INCIDENT}", {"sysparm_limit": 1, "sysparm_fields": "sys_id"})
    limit = number_of(answer.headers.get("x-ratelimit-limit"))
    if limit is None:
        return "none", "no rule for this user and table", {"transaction_id": str("x-transaction-id" in answer.headers)}
    return str(int(limit)), "calls an hour", {"limit": limit}


QUESTIONS: tuple[tuple[str, str, Ask], ...] = (
    ("literals", "In which zone are times of a query read?", _zone),
    ("wrong_table", "What is answered for a table that is not there, 400 or 404?", _wrong_table),
    ("archived", "Is an archived row among the deletions?", _archived),
    ("short_pages", "Are pages cut before rows are hidden?", _pages),
    ("limits", "How many calls an hour are allowed?", _limits),
    ("batch", "Do requests of a batch count one by one?", _batch),
)
