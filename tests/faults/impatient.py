"""A worker whose broker hands a message out again after four seconds: `celery -A tests.faults.impatient worker`.

Each turn at a feed leaves its outcome in the queue's server, where the seconds of a lease are found too.
"""

from __future__ import annotations

from typing import Any

import django
from django.apps import apps
from django.conf import settings
from redis import Redis

if not apps.ready:
    django.setup()  # celery imports this module before it looks for tasks

from apps.ingest import streams, tasks
from apps.ingest.sync import Outcome, read_feed
from apps.platforms import budget
from config.celery import app

VISIBILITY = 4
BEGUN, OUTCOMES, LEASE = "impatient:begun", "impatient:outcomes", "impatient:lease"
app.conf.broker_transport_options = app.conf.broker_transport_options | {"visibility_timeout": VISIBILITY}


def watched(**options: Any) -> Outcome:
    with Redis.from_url(settings.BROKER_URL) as store:
        budget.SILENT_MS = 60_000  # else a copy that takes over is kept from calling beside the first: both are to read
        streams.LEASE_SECONDS = int(store.get(LEASE) or 45)  # type: ignore[arg-type]
        turn = store.incr(BEGUN)
        outcome = read_feed(**options)
        store.rpush(OUTCOMES, f"{turn} {outcome}")
    return outcome


tasks.read_feed = watched  # type: ignore[assignment]
