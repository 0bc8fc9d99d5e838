"""A Celery worker of the product with tasks of its own: `celery -A tests.isolation.worker worker -Q isolation`.

ISOLATION_VISIBILITY shortens the seconds after which the broker hands out again what a dead worker had.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

import django
import orjson
from celery.exceptions import SoftTimeLimitExceeded
from django.apps import apps
from django.conf import settings
from redis import Redis

if not apps.ready:
    django.setup()  # celery imports this module before it looks for tasks

from apps.tenancy.context import current_company
from apps.tenancy.tasks import CompanyTask
from config.celery import app

SEEN = "isolation:seen"
BEGUN = "isolation:begun:"
if VISIBILITY := os.environ.get("ISOLATION_VISIBILITY"):
    app.conf.broker_transport_options = app.conf.broker_transport_options | {"visibility_timeout": int(VISIBILITY)}


@app.task(base=CompanyTask, name="isolation.read")
def read(asker: str, start: int, count: int) -> None:
    """Reads for whoever asked, and leaves what it saw where the test looks."""
    from tests.isolation.reads import looks

    with Redis.from_url(settings.BROKER_URL) as store:
        store.rpush(SEEN, orjson.dumps([asker, looks(start, count, asker)]))


def begin(name: str) -> int:
    """Leaves for whom it began. Returns how often this name has begun."""
    with Redis.from_url(settings.BROKER_URL) as store:
        return int(store.rpush(BEGUN + name, current_company().company_id))


@app.task(base=CompanyTask, name="isolation.die_once")
def die_once(name: str) -> None:
    """The child is killed in its first attempt, as by the kernel when memory runs out."""
    if begin(name) == 1:
        os.kill(os.getpid(), signal.SIGKILL)


@app.task(base=CompanyTask, name="isolation.hold")
def hold(name: str, seconds: float) -> None:
    """Hears of its soft limit and goes on all the same."""
    begin(name)
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        with suppress(SoftTimeLimitExceeded):
            time.sleep(left)
