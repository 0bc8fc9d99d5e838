"""From a change in the helpdesk to the queue, on a whole site whose feeds are asleep: what arrives, hints brought (F28)."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

import orjson
import pytest

from tests.first_sync import FINDS_PROCESSES, Accounts, FirstSync
from tests.running_site import wait_until

pytestmark = [pytest.mark.verify, pytest.mark.alone("site"), FINDS_PROCESSES]
ACCOUNTS = Accounts("fresh", 1)
ROUNDS, BURST, AT_ONCE, TICKETS = 20, 1000, 50, 10
VISIBLE_SECONDS, ANSWER_MS, APART = 5.0, 50.0, 10.0


@pytest.fixture(scope="module")
def sync(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FirstSync]:
    with (
        ACCOUNTS.site(tmp_path_factory.mktemp("fresh") / "data", poll_seconds=3600) as site,
        ACCOUNTS.sync(site, tickets=60) as begun,
    ):
        begun.wait_until_done(300)
        yield begun


@pytest.fixture(scope="module")
def hook(sync: FirstSync) -> dict[str, str]:
    return sync.site.manage("make_webhook", sync.company)


def numbers(sync: FirstSync) -> list[int]:
    rows = sync.site.ask(f"SELECT remote_id FROM c_{sync.company}.platforms_ticket WHERE state = 'live' AND NOT deleted ORDER BY remote_id")
    return [int(row[0]) for row in rows]


def headers(hook: dict[str, str]) -> dict[str, str]:
    return {"Host": urlsplit(hook["url"]).netloc, hook["header"]: hook["value"], "Content-Type": "application/json"}


def here(hook: dict[str, str]) -> str:
    """The same address without a name to look up."""
    target = urlsplit(hook["url"])
    return f"http://127.0.0.1:{target.port}{target.path}"


def test_a_change_is_in_the_queue_within_five_seconds_of_it(sync, hook, capsys):
    sync.simulator.tell("webhook", url=here(hook), headers=headers(hook), duplicate=0.5, seed=7)
    seconds = []
    for number in numbers(sync)[:ROUNDS]:
        row = f"SELECT extract(epoch FROM updated_at)::bigint FROM c_{sync.company}.platforms_ticket WHERE remote_id = '{number}'"
        messages = f"SELECT message_count FROM c_{sync.company}.platforms_ticket WHERE remote_id = '{number}'"
        before, count = sync.site.number(row), sync.site.number(messages)
        began = time.monotonic()
        sync.simulator.update(op="note", ticket=number)
        wait_until(lambda: sync.site.number(row) > before and sync.site.number(messages) > count, f"#{number} is fresh", 30, 0.05)  # noqa: B023
        seconds.append(time.monotonic() - began)
    calls = sync.simulator.told("webhook")["calls"]
    with capsys.disabled():
        print(f"\nchange to queue: median {sorted(seconds)[ROUNDS // 2]:.2f} s, worst {max(seconds):.2f} s of {ROUNDS}; {len(calls)} calls")
    assert {call["status"] for call in calls} == {202}
    assert max(seconds) <= VISIBLE_SECONDS
    wait_until(sync.done, "index and briefs follow", 120, 0.25)
    sync.simulator.tell("webhook")
    sync.check()


def test_a_thousand_calls_in_a_burst_are_one_read_a_ticket_in_ten_seconds(sync, hook, capsys):
    told = numbers(sync)[-TICKETS:]
    sync.simulator.control.delete("/__sim/log")
    began = time.monotonic()
    burst = asyncio.run(_burst(hook, told))
    took = time.monotonic() - began
    paced = asyncio.run(_paced(hook, told))
    wait_until(lambda: sync.count("ingest_outbox", "kind = 'hint'") == 0, "all hints are read", 60, 0.25)
    views = defaultdict(list)
    for row in sync.simulator.told("log")["requests"]:
        number = row["path"].removeprefix("/api/v2/tickets/")
        if number.isdigit():
            views[int(number)].append(datetime.fromisoformat(row["at"]).timestamp() if isinstance(row["at"], str) else float(row["at"]))
    span = time.monotonic() - began
    most = max(map(len, views.values()))
    p95 = [sorted(ms for _, ms in calls)[int(len(calls) * 0.95)] for calls in (burst, paced)]
    with capsys.disabled():
        print(
            f"\nburst: {BURST} calls in {took:.1f} s, {AT_ONCE} at once, p95 {p95[0]:.0f} ms; one after another p95 {p95[1]:.1f} ms; "
            f"{sum(map(len, views.values()))} reads of {len(views)} tickets in {span:.0f} s, {most} of one at most"
        )
    assert {status for status, _ in [*burst, *paced]} == {202}
    assert set(views) == set(told)
    assert most <= 1 + span / APART
    assert p95[1] <= ANSWER_MS


async def _burst(hook: dict[str, str], told: list[int]) -> list[tuple[int, float]]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> tuple[int, float]:
        async with gate:
            return await _post(hook, number)

    return list(await asyncio.gather(*(one(told[n % len(told)]) for n in range(BURST))))


async def _paced(hook: dict[str, str], told: list[int]) -> list[tuple[int, float]]:
    return [await _post(hook, told[n % len(told)]) for n in range(200)]


async def _post(hook: dict[str, str], number: int) -> tuple[int, float]:
    """The status and the milliseconds until it came."""
    target, body = urlsplit(here(hook)), orjson.dumps({"ticket_id": number})
    lines = "".join(f"{name}: {value}\r\n" for name, value in (headers(hook) | {"Content-Length": str(len(body))}).items())
    began = time.perf_counter()
    reader, writer = await asyncio.open_connection(target.hostname, target.port)
    try:
        writer.write(f"POST {target.path} HTTP/1.1\r\n{lines}Connection: close\r\n\r\n".encode() + body)
        await writer.drain()
        status = int((await reader.readline()).split()[1])
        return status, 1000 * (time.perf_counter() - began)
    finally:
        writer.close()
