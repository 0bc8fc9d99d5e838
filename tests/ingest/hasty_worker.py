"""The product's worker with a tenth of its patience: `celery -A tests.ingest.hasty_worker worker`."""

from __future__ import annotations

from typing import Any

import django
from django.apps import apps

if not apps.ready:
    django.setup()  # celery imports this module before it looks for tasks

from apps.core.errors import AppError, RateLimited
from apps.ingest import streams
from apps.platforms import budget
from config.celery import app

__all__ = ["app"]

_pause = streams._pause


def _short(error: AppError, *more: Any) -> float:
    return _pause(error, *more) / (1 if isinstance(error, RateLimited) else 10)


streams._pause = _short
budget.PATIENCE_SECONDS = tuple(seconds / 10 for seconds in budget.PATIENCE_SECONDS)
budget.SILENT_MS //= 10
budget.REST_MOST_MS //= 10
