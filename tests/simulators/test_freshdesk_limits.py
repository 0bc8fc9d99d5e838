from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest

from simulators.freshdesk.limits import PLANS, Budget
from tests.simulated import NOW, Simulator, running


@contextmanager
def plan(name: str) -> Iterator[Simulator]:
    with running("--account", "generated", "--tickets", "40", "--now", NOW, "--plan", name) as simulator:
        simulator.tell("clock", rate=0)
        yield simulator


@pytest.fixture(scope="module")
def pro() -> Iterator[Simulator]:
    with plan("pro") as simulator:
        yield simulator


@pytest.fixture
def minute(pro: Simulator) -> Simulator:
    """An account of the pro plan at the beginning of an unspent minute, with nothing planned."""
    pro.tell("clock", advance=60)
    pro.tell("faults", faults=[])
    pro.control.request("DELETE", "/__sim/log")
    return pro


def used(answer: httpx2.Response) -> tuple[int, int]:
    headers = answer.headers
    return int(headers["x-ratelimit-used-currentrequest"]), int(headers["x-ratelimit-remaining"])


def test_every_answer_tells_the_budget_and_the_date_of_its_clock() -> None:
    with plan("pro") as simulator:
        answer = simulator.get("/agents/me")
    assert answer.headers["x-ratelimit-total"] == "400"
    assert used(answer) == (1, 399)
    assert answer.headers["x-freshdesk-api-version"] == "latest=v2; requested=v2"
    assert answer.headers["date"] == "Sun, 01 Mar 2026 09:00:00 GMT"


@pytest.mark.parametrize(
    ("path", "params", "credits"),
    [
        ("/tickets", {}, 1), ("/tickets", {"include": "description"}, 3),
        ("/tickets", {"include": "description,requester,stats"}, 7), ("/tickets/1", {}, 1),
        ("/tickets/1", {"include": "conversations"}, 2), ("/tickets/1", {"include": "conversations,requester"}, 3),
        ("/tickets/1/conversations", {"per_page": 100}, 1), ("/solutions/categories", {}, 1),
        ("/nothing", {}, 1), ("/tickets/99999", {}, 1), ("/tickets", {"per_page": 1000}, 1),
    ],
)  # fmt: skip
def test_calls_cost_what_they_include_and_failed_ones_count(
    minute: Simulator, path: str, params: dict[str, Any], credits: int
) -> None:
    assert used(minute.get(path, **params)) == (credits, 400 - credits)
    assert minute.told("log")["credits"] == credits


def test_a_wrong_key_eats_the_same_budget() -> None:
    with plan("trial") as simulator:
        for _ in range(50):
            assert simulator.api.get("/api/v2/tickets", auth=("wrong", "X")).status_code == 401
        assert simulator.get("/agents/me").status_code == 429


def test_a_spent_minute_is_429_until_the_next_one() -> None:
    with plan("trial") as simulator:
        simulator.tell("clock", advance=17)
        answers = [simulator.get("/agents/me") for _ in range(52)]
        assert [answer.status_code for answer in answers] == [200] * 50 + [429] * 2
        last = answers[-1]
        assert (last.headers["retry-after"], last.content, used(last)) == ("43", b"", (0, 0))
        simulator.tell("clock", advance=42)
        assert simulator.get("/agents/me").status_code == 429
        simulator.tell("clock", advance=1)
        assert used(simulator.get("/agents/me")) == (1, 49)
        assert simulator.told("limits")["refused"] == 3


def test_the_ticket_list_has_a_smaller_budget_of_its_own() -> None:
    with plan("growth") as simulator:
        statuses = [simulator.get("/tickets", include="description").status_code for _ in range(8)]
        assert statuses == [200] * 6 + [429] * 2
        assert simulator.get("/agents/me").status_code == 200


def test_another_app_of_the_account_eats_from_the_same_plate() -> None:
    with plan("trial") as simulator:
        simulator.tell("limits", eat=49)
        assert [simulator.get("/agents/me").status_code for _ in range(2)] == [200, 429]


@pytest.mark.parametrize("name", sorted(PLANS))
def test_no_plan_gives_more_than_its_total_in_a_minute(name: str) -> None:
    budget, spent = Budget(PLANS[name]), 0
    for second in range(0, 60, 3):
        while spent < 5000 and budget.take(7, None, float(second)) is None:
            spent += 7
    assert spent == 5005 if name == "unlimited" else PLANS[name].total - 7 < spent <= PLANS[name].total


@pytest.mark.parametrize(
    ("kind", "status", "type_"),
    [
        ("500", 500, "text/html"),
        ("503", 503, "text/html"),
        ("html_200", 200, "text/html"),
        ("wrong_type", 200, "text/plain"),
    ],
)
def test_a_planned_fault_hits_the_calls_it_names(minute: Simulator, kind: str, status: int, type_: str) -> None:
    minute.tell("faults", faults=[{"kind": kind, "path": "/api/v2/agents", "at": [2]}])
    answers = [minute.get("/agents/me") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, status, 200]
    assert answers[1].headers["content-type"].startswith(type_)
    assert minute.told("faults") == [{"kind": kind, "path": "/api/v2/agents", "seen": 3, "hits": 1}]


def test_a_reset_after_the_work_leaves_the_work_done() -> None:
    with plan("2000") as simulator:
        simulator.update(op="restore", ticket=1)
        simulator.tell("faults", faults=[{"kind": "reset_after", "at": [1]}, {"kind": "reset_before", "at": [2]}])
        for text in ("done", "not done"):
            with pytest.raises(httpx2.TransportError):
                simulator.api.post("/api/v2/tickets/1/notes", json={"body": text})
        simulator.tell("faults", faults=[])
        bodies = [row["body_text"] for row in simulator.get("/tickets/1/conversations", per_page=100).json()]
    assert "done" in bodies
    assert "not done" not in bodies


def test_a_rate_of_faults_repeats_with_its_seed(minute: Simulator) -> None:
    seen = []
    for _ in range(2):
        minute.tell("faults", faults=[{"kind": "502", "rate": 0.3}], seed=5)
        seen.append([minute.get("/agents/me").status_code for _ in range(60)])
    assert seen[0] == seen[1]
    assert 5 < seen[0].count(502) < 35


def test_an_unknown_fault_is_refused(minute: Simulator) -> None:
    assert minute.control.post("/__sim/faults", json={"faults": [{"kind": "fire"}]}).status_code == 400


def test_stop_ends_the_process() -> None:
    with plan("2000") as simulator:
        simulator.tell("stop")
        deadline = time.monotonic() + 5
        with pytest.raises(httpx2.TransportError):
            while time.monotonic() < deadline:
                simulator.get("/agents/me")
