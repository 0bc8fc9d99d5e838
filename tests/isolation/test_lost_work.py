"""C1 to C5 of tenancy.md: work of killed processes is lost, or done twice, on the stock stack; here it is neither."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.conf import settings
from kombu import Connection
from kombu.transport.redis import Channel
from redis import Redis

from apps.tenancy.context import bind_company
from config import celery_settings
from embedded.processes import spawn, tail
from tests import engines

ROOT = Path(__file__).resolve().parents[2]
STOCK, OURS = f"{engines.valkey.url}/9", f"{engines.valkey.url}/8"
SWEEP = {"visibility_timeout": 1, "unacked_restore_interval": 1, "unacked_restore_throttle": 1}
VISIBILITY = 6  # of ours here; 600 in the product


def kill(process: Any) -> None:
    """Parent and children at once, as a machine does that goes down."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


@contextmanager
def worker(module: str, queue: str, log: Path, **environment: str) -> Iterator[Any]:
    command = [sys.executable, "-m", "celery", "-A", module, "worker", "-Q", queue, "-c", "2", "-P", "prefork",
               "--without-gossip", "--without-mingle", "-l", "WARNING"]  # fmt: skip
    serving = {name: value for name, value in os.environ.items() if name != "MIGRATE_DATABASE_URL"}
    process = spawn(command, log=log, environment=serving | environment, cwd=ROOT)
    try:
        yield process
    finally:
        kill(process)  # a warm shutdown would wait for what it does


def stock_worker(log: Path, **options: Any) -> Any:
    return worker(
        "tests.isolation.stock.work", "celery", log, BROKER_URL=STOCK, STOCK_OPTIONS=orjson.dumps(options).decode()
    )


def our_worker(log: Path) -> Any:
    return worker("tests.isolation.worker", "isolation", log, BROKER_URL=OURS, ISOLATION_VISIBILITY=str(VISIBILITY))


class Broker:
    """Sends to one of the two, and reads what its tasks left."""

    def __init__(self, url: str, traces: str, prefix: str, log: Path) -> None:
        self.store, self.traces, self.prefix, self.log = Redis.from_url(url), traces, prefix, log
        self.store.flushdb()

    def begun(self, name: str) -> list[str]:
        return [one.decode() for one in self.store.lrange(self.traces + name, 0, -1)]

    def kept(self, queue: str) -> tuple[int, int]:
        """Messages that wait, and that are with a worker."""
        return self.store.llen(self.prefix + queue), self.store.hlen(f"{self.prefix}unacked")

    def wait(self, until: Callable[[], bool], seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < end, tail(self.log, 40)
            time.sleep(0.02)


@pytest.fixture
def stock(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(STOCK, "stock:", "", tmp_path / "stock.log")
    yield broker
    broker.store.close()


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(OURS, "isolation:begun:", "deskhand:", tmp_path / "ours.log")
    yield broker
    broker.store.close()


def send_stock(task: str, *args: Any) -> None:
    from celery import Celery

    Celery("sender", broker=STOCK, set_as_current=False).send_task(task, args)


def send_ours(company: Any, task: str, *args: Any, **options: Any) -> None:
    from tests.isolation import worker as module

    transport = celery_settings.broker_transport_options
    with bind_company(company.binding()), Connection(OURS, transport_options=transport) as connection:
        getattr(module, task).apply_async(args, queue="isolation", connection=connection, **options)


@pytest.mark.verify  # two workers to start; the settings behind it are looked at with every test, below
def test_c2_c3_c4_what_a_killed_child_was_doing_is_done(stock, ours, standing):
    """The stock worker forgets it, with acks_late alone too (C2, C3); with both options it is done again (C4): ours."""
    with stock_worker(stock.log), our_worker(ours.log):
        for name in ("early", "late", "returned"):
            send_stock(f"die.{name}", name)
        for company in standing[:2]:
            send_ours(company, "die_once", company.company_id)
        stock.wait(lambda: len(stock.begun("returned")) == 2 and stock.begun("early") and stock.begun("late"))
        send_stock("begin", "last")
        stock.wait(lambda: stock.begun("last") and stock.kept("celery") == (0, 0))
        ours.wait(lambda: all(len(ours.begun(company.company_id)) == 2 for company in standing[:2]))
        ours.wait(lambda: ours.kept("isolation") == (0, 0))
    assert [len(stock.begun(name)) for name in ("early", "late", "returned")] == [1, 1, 2]
    for company in standing[:2]:
        assert ours.begun(company.company_id) == [company.company_id] * 2  # and for the company it was sent by


@pytest.mark.verify  # fifteen seconds: it waits for visibility timeouts to pass
def test_c1_c5_work_is_not_done_twice_and_comes_back_from_a_dead_machine(stock, ours, standing):
    """Stock, C1: what takes longer than the broker waits is begun again beside itself. C5: what a dead machine had
    comes back an hour later, when the sweep goes round, every 100 seconds."""
    north = standing[0]
    with stock_worker(stock.log, **SWEEP), our_worker(ours.log) as process:
        send_stock("hold", "long", 3)
        send_ours(north, "hold", "long", 30, soft_time_limit=1, time_limit=2)  # the limit is below what the broker waits: C1 cannot be
        stock.wait(lambda: len(stock.begun("long")) >= 2)
        ours.wait(lambda: bool(ours.begun("long")) and ours.kept("isolation") == (0, 0))
        send_ours(north, "hold", "dead", 30)
        ours.wait(lambda: bool(ours.begun("dead")))
        kill(process)
    assert Channel.unacked_restore_interval * Channel.unacked_restore_throttle == 100
    assert Channel.visibility_timeout == 3600
    with our_worker(ours.log):
        ours.wait(lambda: len(ours.begun("dead")) == 2, 30)
    assert ours.begun("dead") == [north.company_id] * 2
    assert ours.begun("long") == [north.company_id]


def test_c1_c5_no_task_may_take_as_long_as_the_broker_waits():
    """Waiting behind another one in its worker included; and the sweep that finds a dead worker's messages is quick."""
    from config.celery import app

    app.loader.import_default_modules()
    options = celery_settings.broker_transport_options
    limits = {name: task.time_limit or celery_settings.task_time_limit for name, task in app.tasks.items()}
    assert celery_settings.worker_prefetch_multiplier == 1
    long = {name: limit for name, limit in limits.items() if 2 * limit > options["visibility_timeout"]}
    assert long == {}
    # Celery starts the hard clock when the soft one has run out: one that is longer would switch the other off.
    soft = {name: task.soft_time_limit or celery_settings.task_soft_time_limit for name, task in app.tasks.items()}
    assert [name for name in limits if soft[name] >= limits[name]] == []
    assert options["unacked_restore_interval"] * options["unacked_restore_throttle"] <= 2
    assert settings.BROKER_URL.startswith("redis")  # kombu's options for it


def test_c4_every_task_of_ours_gives_back_what_it_was_killed_in():
    from config.celery import app

    app.loader.import_default_modules()
    own = {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}
    assert len(own) >= 10
    for name, task in own.items():
        assert task.acks_late, name
        assert task.reject_on_worker_lost or app.conf.task_reject_on_worker_lost and task.reject_on_worker_lost is None, name
