"""Two schedulers beside each other, and none for an hour: what is due is done once (F6)."""

from __future__ import annotations

from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
from celery.beat import Scheduler
from django.conf import settings as django_settings
from django.utils import timezone
from redis import Redis

from apps.ingest import tasks
from apps.ingest.models import Stream
from apps.ingest.streams import due_streams
from apps.tenancy import looks
from apps.tenancy.tasks import HEADER, open_envelope
from config.celery import app
from tests.ingest.test_order import FEEDS
from tests.ingest.test_sync import allow, join, run_feeds
from tests.simulated import running

PREFIX, HOUR = "deskhand:", timedelta(hours=1)


@pytest.fixture
def queue() -> Iterator[Redis]:
    with Redis.from_url(django_settings.BROKER_URL) as client:
        client.flushdb()
        yield client
        client.flushdb()


def waiting(queue: Redis) -> list[dict[str, Any]]:
    """Every message of every queue, taken away as a worker does."""
    names = [name for name in queue.scan_iter(f"{PREFIX}*", _type="list")]
    found = [orjson.loads(raw) for name in names for raw in queue.lrange(name, 0, -1)[::-1]]
    for name in names:
        queue.delete(name)
    return found


def beat_after(pause: timedelta) -> None:
    """A scheduler that was away for so long, until it has sent all that it thinks due."""
    scheduler = Scheduler(app=app)
    for entry in scheduler.schedule.values():
        entry.last_run_at = entry.last_run_at - pause
    for _ in range(3 * len(scheduler.schedule)):
        scheduler.tick()


def read(messages: list[dict[str, Any]]) -> int:
    """Do the messages that are about feeds; how many there were."""
    mine = [one for one in messages if one["headers"]["task"] == tasks.sync_stream.name]
    for one in mine:
        assert open_envelope(tasks.sync_stream.name, one["headers"][HEADER])["company_id"] == "acme"
        arguments = orjson.loads(b64decode(one["body"]))[0]
        looks.begin("acme", tasks.sync_stream.name, arguments, {})  # as the worker does that takes it
        tasks.sync_stream.run(*arguments)
    return len(mine)


@pytest.mark.verify
def test_an_hour_without_a_scheduler_is_made_up_for_once_and_two_do_no_more_than_one(in_acme, queue, settings, capsys):
    with running("--account", "generated", "--tickets", "10", "--plan", "unlimited") as simulator:
        allow(settings, simulator)
        join(simulator)
        run_feeds()
        run_feeds()
        Stream.objects.update(next_at=timezone.now() - HOUR)  # as all feeds are after it
        due, before = len(due_streams()), dict(Stream.objects.values_list("kind", "sweep"))
        simulator.control.request("DELETE", "/__sim/log")

        beat_after(HOUR)
        beat_after(HOUR)
        sent = Counter(one["headers"]["task"] for one in waiting(queue))
        often = {one["task"] for one in app.conf.beat_schedule.values() if isinstance(one["schedule"], float)}
        assert {sent[name] for name in often} == {2}, "each scheduler asks once for all the periods it missed"
        assert max(sent.values()) <= 2

        for _ in range(sent[tasks.sync_due.name]):
            tasks._send_due()  # what the message has each company do
        first = waiting(queue)
        assert read(first) == due, "of two that look one finds a message waiting"
        calls = simulator.told("log")["calls"]
        for message in first:  # and the same messages once more, as a queue may deliver them
            read([message])
        again = simulator.told("log")["calls"] - calls
        passes = {kind: sweep - before[kind] for kind, sweep in Stream.objects.values_list("kind", "sweep")}
    with capsys.disabled():
        print(f"\nF6: {due} feeds due for an hour, {len(first)} messages of two schedulers, {calls} calls, {again} of a repetition")
    assert due == len(passes) == len(FEEDS)
    assert set(passes.values()) == {1}, "each feed once, not sixty times, nor twice"
    assert (calls > 0, again) == (True, 0)
