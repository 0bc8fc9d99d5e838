"""A Celery worker that reads: `celery -A tests.isolation.worker worker -Q isolation`."""

from __future__ import annotations

import django
import orjson
from django.apps import apps
from django.conf import settings
from redis import Redis

if not apps.ready:
    django.setup()  # celery imports this module before it looks for tasks

from apps.tenancy.tasks import CompanyTask
from config.celery import app

SEEN = "isolation:seen"


@app.task(base=CompanyTask, name="isolation.read")
def read(asker: str, start: int, count: int) -> None:
    """Reads for whoever asked, and leaves what it saw where the test looks."""
    from tests.isolation.reads import looks

    with Redis.from_url(settings.BROKER_URL) as store:
        store.rpush(SEEN, orjson.dumps([asker, looks(start, count, asker)]))
