"""The worker application: late acknowledgement, short limits, JSON only (decisions 26)."""

import os
from typing import Any

import django
from celery import Celery
from celery.signals import beat_init, setup_logging, worker_init
from django.conf import settings

from apps.tenancy.checks import refuse_migrating_login, refuse_open_walls, refuse_wrong_worker
from apps.tenancy.names import PATIENT_QUEUE
from config.warming import warm

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")

app = Celery("deskhand")
app.config_from_object("config.celery_settings")
app.autodiscover_tasks()


@setup_logging.connect
def keep_logging(**_: Any) -> None:
    """apps.core.logging has set it up; without a receiver Celery would put levels and handlers of its own over it."""


@worker_init.connect
def warm_before_forking(sender: Any, **_: Any) -> None:
    """The walls are looked at, and models are loaded once, in the parent: its children share the memory and are warm."""
    try:
        django.setup()  # Celery's own call may come after this receiver
        refuse_open_walls()
        queues = sender.app.amqp.queues.consume_from if hasattr(sender, "app") else ()
        refuse_wrong_worker(queues)
    except Exception as exc:
        raise SystemExit(f"{exc}") from exc  # Celery only logs an exception of a receiver, and works on
    if set(queues) == {PATIENT_QUEUE}:
        os.nice(19)  # its children too
    elif not settings.PROVISIONS:
        warm()


@beat_init.connect
def look_before_beating(**_: Any) -> None:
    """The clock needs no login that owns tables."""
    try:
        refuse_migrating_login()
    except Exception as exc:
        raise SystemExit(f"{exc}") from exc
