"""A first read of 100,000 incidents with their entries and files: how many calls, and whether any row is lost."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import Counter
from typing import Any

import pytest

from apps.platforms.adapters.servicenow import ServiceNowAdapter, ServiceNowConfig
from tests.simulated_servicenow import PASSWORD, USER, Simulator, running

INCIDENTS = int(os.environ.get("SOAK_INCIDENTS", "100000"))
CALLS_MOST = 20 + 980 * INCIDENTS / 100_000
IDLE_MOST = 4
TABLES = {"incident": "", "sys_journal_field": "name=incident^elementINcomments,work_notes", "sys_attachment": "table_name=incident"}


def counted(simulator: Simulator, table: str, query: str) -> int:
    """By the instance's own count."""
    answer = simulator.api.get(f"/api/now/stats/{table}", params={"sysparm_count": "true", "sysparm_query": query})
    return int(answer.json()["result"]["stats"]["count"])


def asked(simulator: Simulator) -> Counter[str]:
    """Calls by table."""
    return Counter(row["path"].rsplit("/", 1)[-1] for row in simulator.told("log")["requests"])


async def whole(fetch: Any, cursor: Any, take: Any) -> Any:
    """To the end of a walk, every cursor through JSON as when it is stored. Where the next poll begins."""
    more = True
    while more:
        page = await fetch(type(cursor).model_validate_json(cursor.model_dump_json()))
        take(page.items)
        cursor, more = page.next, page.more
    return cursor


@pytest.mark.soak
def test_a_hundred_thousand_incidents_take_a_thousand_calls_and_none_is_lost():
    tickets: set[str] = set()
    entries: Counter[str] = Counter()
    files: Counter[str] = Counter()

    def take_threads(items: Any) -> None:
        for one in items:
            entries.update({one.ticket_id: len(one.messages or ())})
            files.update({one.ticket_id: len(one.files or ())})

    async def read(adapter: ServiceNowAdapter) -> tuple[Any, Any, Any]:
        async with adapter:
            gone = await whole(adapter.fetch_gone, adapter.first_gone(), lambda _: None)
            first = await whole(adapter.fetch_tickets, adapter.first_tickets(), lambda items: tickets.update(one.remote_id for one in items))
            return first, await whole(adapter.fetch_thread_page, adapter.first_threads(), take_threads), gone

    async def poll(adapter: ServiceNowAdapter, places: tuple[Any, Any, Any]) -> None:
        async with adapter:
            await whole(adapter.fetch_tickets, places[0], lambda _: None)
            await whole(adapter.fetch_thread_page, places[1], lambda _: None)
            await whole(adapter.fetch_gone, places[2], lambda _: None)

    with running("--account", f"generated:{INCIDENTS}:1") as simulator:
        simulator.tell("switches", plugin_cases=False)
        config = ServiceNowConfig(base_url=simulator.url, user=USER, password=PASSWORD)
        truth = {table: counted(simulator, table, query) for table, query in TABLES.items()}
        simulator.control.delete("/__sim/log")
        began = time.monotonic()
        places = asyncio.run(read(ServiceNowAdapter(config, allow_hosts=simulator.hosts)))
        calls, seconds = asked(simulator), time.monotonic() - began
        simulator.control.delete("/__sim/log")
        asyncio.run(poll(ServiceNowAdapter(config, allow_hosts=simulator.hosts), places))
        idle = asked(simulator)
    sys.stderr.write(f"{truth} in {calls.total()} calls {dict(calls)}, {seconds:.0f} s; idle {dict(idle)}\n")
    assert (len(tickets), entries.total(), files.total()) == tuple(truth.values())
    assert calls.total() <= CALLS_MOST
    assert idle.total() <= IDLE_MOST
