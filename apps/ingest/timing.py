"""How long each step of the work takes: for everybody in the metrics, for each company beside its progress.

A process notes what it measures in memory and keeps it once a turn (a few seconds of work), so that measuring costs no
statement of its own. What a killed process had noted is lost; nothing but these figures rests on it.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db import DatabaseError, transaction
from prometheus_client import Histogram

from apps.ingest.models import StageTime
from apps.tenancy.context import current_company

Stage = StageTime.Stage
RECENT = 100  # measurements of which mean, median and p95 are told
SECONDS = Histogram(
    "deskhand_stage_seconds",
    "Seconds a step of the sync took: one page or batch each; waiting: the longest of a batch.",
    ["stage"],
    buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000),
)

_noted: dict[str, dict[str, deque[float]]] = {}


@contextmanager
def timed(stage: StageTime.Stage) -> Iterator[None]:
    """Measure a page or a batch. What fails says nothing of how long it takes."""
    began = time.perf_counter()
    yield
    note(stage, time.perf_counter() - began)


def note(stage: StageTime.Stage, seconds: float) -> None:
    SECONDS.labels(stage.value).observe(seconds)
    mine = _noted.setdefault(current_company().company_id, defaultdict(lambda: deque(maxlen=RECENT)))
    mine[stage.value].append(max(0.0, round(seconds, 4)))


def keep_times() -> None:
    """Put what was noted for the bound company beside its progress. Never fails: the work itself is done by now."""
    noted = _noted.pop(current_company().company_id, None)
    if noted:
        with suppress(DatabaseError), transaction.atomic():
            _keep(noted)


def _keep(noted: dict[str, deque[float]]) -> None:
    rows = list(_rows(noted))
    if len(rows) < len(noted):
        StageTime.objects.bulk_create([StageTime(stage=one) for one in sorted(noted)], ignore_conflicts=True)
        rows = list(_rows(noted))
    for row in rows:
        row.count += len(noted[row.stage])
        row.recent = [*row.recent, *noted[row.stage]][-RECENT:]
    StageTime.objects.bulk_update(rows, ["count", "recent"])


def _rows(noted: dict[str, deque[float]]) -> Any:
    """Locked in one order: no two workers wait for each other."""
    return StageTime.objects.select_for_update().filter(stage__in=noted).order_by("stage")


def stages() -> list[dict[str, Any]]:
    """[{"stage", "count", "last_s", "mean_s", "median_s", "p95_s"}] in the order of the work; all but the count are of
    the last RECENT measurements, and a stage that was never measured is not told."""
    held = {row.stage: row for row in StageTime.objects.exclude(count=0)}
    return [_told(held[one]) for one in Stage.values if one in held]


def _told(row: StageTime) -> dict[str, Any]:
    ordered = sorted(row.recent)
    return {
        "stage": row.stage,
        "count": row.count,
        "last_s": row.recent[-1],
        "mean_s": round(sum(ordered) / len(ordered), 4),
        "median_s": ordered[(len(ordered) - 1) // 2],
        "p95_s": ordered[max(0, -(-95 * len(ordered) // 100) - 1)],  # nearest rank
    }
