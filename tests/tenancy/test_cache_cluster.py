"""The product's cache on a real cluster of three nodes: a company in one slot, companies spread, a node that dies."""

from __future__ import annotations

import time

import pytest
from django.conf import settings
from redis import Redis

from apps.tenancy import cache, cacheserver
from apps.tenancy.cache import MISS, declare, forget_company
from apps.tenancy.context import Binding, bind_company
from embedded.processes import free_port, spawn, stop
from embedded.valkey import binary

SLOTS = ((0, 5460), (5461, 10922), (10923, 16383))
COMPANIES = [
    Binding(f"c_{name}", name, "local") for name in ("acme", "globex", "initech", "umbrella", "hooli", "stark")
]
SIZES = declare("tests.sizes", seconds=60, most=20)


def until(fact, what: str) -> None:
    end = time.monotonic() + 15
    while not fact():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def answers(node: Redis) -> bool:
    try:
        return bool(node.ping())
    except OSError:
        return False
    except Exception:
        return False


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Processes and clients of the nodes, by port. Formed with commands only."""
    ports: list[int] = []
    while len(ports) < 3:  # the bus listens on port + 10000
        port = free_port(taken=ports)
        if port < 55_000:
            ports.append(port)
    started = {}
    for port in ports:
        folder = tmp_path_factory.mktemp(f"node{port}")
        command = [binary(), "--port", str(port), "--bind", "127.0.0.1", "--cluster-enabled", "yes", "--dir", folder,
                   "--save", "", "--appendonly", "no", "--cluster-node-timeout", "2000",
                   "--cluster-require-full-coverage", "no"]  # fmt: skip
        started[port] = spawn(command, log=folder / "log", environment={"PATH": "/usr/bin:/bin"})
    nodes = {port: Redis(port=port, socket_timeout=2) for port in ports}
    try:
        for (port, node), (first, last) in zip(nodes.items(), SLOTS, strict=True):
            until(lambda node=node: answers(node), "a node answers")
            node.execute_command("CLUSTER ADDSLOTSRANGE", first, last)
            if port != ports[0]:
                nodes[ports[0]].execute_command("CLUSTER MEET", "127.0.0.1", port)
        for node in nodes.values():
            until(lambda node=node: node.execute_command("CLUSTER INFO")["cluster_state"] == "ok", "it is one")
        yield started, nodes
    finally:
        for process in started.values():
            stop(process)


@pytest.fixture
def on_cluster(cluster, monkeypatch):
    processes, nodes = cluster
    monkeypatch.setattr(settings, "REDIS_URL", f"redis+cluster://127.0.0.1:{next(iter(nodes))}")
    cacheserver.server.cache_clear()
    yield processes, nodes
    cacheserver.server.cache_clear()


def test_everything_works_and_a_company_has_one_slot(on_cluster):
    _, nodes = on_cluster
    for one in COMPANIES:
        with bind_company(one):
            for number in range(30):
                SIZES.put(number, value=[one.company_id, number])
            assert SIZES.get_or_make("made", make=lambda: 1) == SIZES.get("made") == 1
            assert SIZES.get(29) == [one.company_id, 29]
            assert SIZES.get(0) is MISS
            assert SIZES.delete(29)
            assert SIZES.get(29) is MISS
    keys = {port: node.keys("*sizes*") for port, node in nodes.items()}
    assert all(keys.values())  # every node has companies
    for one in COMPANIES:
        places = {port for port, found in keys.items() for key in found if f"{{{one.company_id}}}".encode() in key}
        assert len(places) == 1
        with bind_company(one):
            forget_company()
    assert [node.dbsize() for node in nodes.values()] == [0, 0, 0]


def test_a_node_that_dies_takes_only_its_companies(on_cluster, monkeypatch):
    monkeypatch.setattr(cache, "TOUCHES", 0.0)
    processes, nodes = on_cluster
    place = {}
    for one in COMPANIES:
        with bind_company(one):
            SIZES.put("kept", value=one.company_id)
            place[one.company_id] = next(port for port, node in nodes.items() if node.keys(f"*{one.company_id}*values"))
    lost = [port for port in nodes if port in place.values()][-1]
    processes[lost].kill()
    processes[lost].wait()
    for _ in range(5):  # the living are asked all the time: one node's rest is not another's
        for one in COMPANIES:
            with bind_company(one):
                assert SIZES.get_or_make("again", make=lambda: 1) == 1
                assert SIZES.get("kept") == (MISS if place[one.company_id] == lost else one.company_id)
