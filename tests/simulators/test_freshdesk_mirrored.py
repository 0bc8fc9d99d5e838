"""The adapter reads a rough account whole, whichever way the account answers what nobody knows."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.simulated import Mirror, as_export, running

EITHER = (
    pytest.param({}, marks=pytest.mark.verify, id="as-documented"),
    pytest.param({
        "new_fields": True, "offset_times": True, "list_attachments": True, "total_as_float": True,
        "unstable_ties": True, "deleted_entries_listed": True, "wrong_verb_body": True,
    }, id="otherwise"),
)  # fmt: skip


@pytest.mark.parametrize("switches", EITHER)
def test_a_rough_account_is_mirrored_whole(switches: dict[str, Any]) -> None:
    with running("--account", "generated", "--rough", "--tickets", "40", "--plan", "unlimited") as simulator:
        simulator.tell("switches", **switches)
        simulator.update(op="delete_entry", random=10)
        simulator.update(op="attach", random=10)

        async def fill() -> Mirror:
            mirror = Mirror()
            async with simulator.adapter() as adapter:
                await mirror.sync(adapter)
                await mirror.read_articles(adapter)
            return mirror

        mirror = asyncio.run(fill())
        truth = simulator.told("truth")
    assert mirror.export() == as_export(truth)
    held = {int(file.remote_id) for thread in mirror.threads.values() for entry in thread for file in entry.attachments}
    assert held == {int(one["remote_id"]) for one in truth["attachments"] if one["entry"] is not None}
