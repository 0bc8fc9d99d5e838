"""How long each step takes is kept beside the company's progress, and only there by company."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from prometheus_client import REGISTRY

from apps.core.errors import ExternalUnavailable
from apps.ingest import outbox, tasks, timing
from apps.ingest.models import Outbox, StageTime
from apps.ingest.outbox import owe
from apps.ingest.progress import progress
from apps.ingest.timing import RECENT, Stage, keep_times, note, timed
from apps.platforms.models import Article, Connection
from apps.tenancy.context import bind_company

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_noted():
    timing._noted.clear()
    yield
    timing._noted.clear()


def told(stage):
    return next((one for one in progress()["stages"] if one["stage"] == stage), None)


def article():
    helpdesk, _ = Connection.objects.get_or_create(platform="freshdesk", account="acme.example", credentials=b"-")
    return Article.objects.create(
        connection=helpdesk, remote_id=uuid4().hex[:8], language="en", title="Orders", text="They take two days.",
        published=True, visibility="public", created_at=NOW, updated_at=NOW,
    )  # fmt: skip


def test_a_turn_of_real_work_tells_of_every_step_it_took(in_acme, monkeypatch):
    monkeypatch.setattr(tasks, "is_open", lambda: True)
    owe(Outbox.Kind.INDEX_ARTICLE, [article().pk])
    Outbox.objects.update(due_at=timezone.now() - timedelta(seconds=90))
    tasks._work(Outbox.Kind.INDEX_ARTICLE)
    assert 90 <= told("waiting")["last_s"] < 120, "from when it was due"
    for stage in ("chunking", "embedding", "placing"):
        assert told(stage)["count"] == 1 and 0 < told(stage)["last_s"] < 60
    assert told("reading") is None, "what was never measured is not told"
    assert [one["stage"] for one in progress()["stages"]] == ["waiting", "chunking", "embedding", "placing"]


def test_mean_median_and_p95_are_of_the_last_hundred_and_the_count_is_of_all(in_acme):
    for _ in range(20):
        note(Stage.READING, 500)
    keep_times()
    for seconds in range(1, RECENT + 1):
        note(Stage.READING, seconds)
    keep_times()
    assert told("reading") == {
        "stage": "reading", "count": 120, "last_s": 100, "mean_s": 50.5, "median_s": 50, "p95_s": 95
    }  # fmt: skip


def test_measuring_costs_no_statement_and_a_turn_one_transaction(in_acme, django_assert_num_queries):
    with django_assert_num_queries(0):
        for _ in range(1000):
            note(Stage.STORING, 0.1)
            note(Stage.READING, 0.1)
    keep_times()
    note(Stage.STORING, 0.2)
    note(Stage.READING, 0.2)
    with django_assert_num_queries(4):  # a savepoint, the rows, what they are now, its end
        keep_times()
    with django_assert_num_queries(0):
        keep_times()
    assert StageTime.objects.count() == 2


def test_what_failed_says_nothing_of_its_time(in_acme):
    with pytest.raises(ExternalUnavailable), timed(Stage.READING):
        raise ExternalUnavailable("away")
    keep_times()
    assert told("reading") is None


def test_figures_are_of_the_company_that_worked_and_the_metric_names_none(acme, globex):
    before = REGISTRY.get_sample_value("deskhand_stage_seconds_count", {"stage": "brief"}) or 0
    with bind_company(acme.binding()):
        note(Stage.BRIEF, 2)
    with bind_company(globex.binding()):
        note(Stage.BRIEF, 7)
        keep_times()
        assert told("brief")["last_s"] == 7
    with bind_company(acme.binding()):
        assert told("brief") is None
        keep_times()
        assert told("brief")["last_s"] == 2
    assert REGISTRY.get_sample_value("deskhand_stage_seconds_count", {"stage": "brief"}) == before + 2


def test_work_that_waits_by_intention_is_no_waiting_time(in_acme, monkeypatch):
    monkeypatch.setitem(outbox._workers, Outbox.Kind.FILE, (outbox.settle, 5))
    monkeypatch.setitem(outbox._ready, Outbox.Kind.FILE, lambda: True)
    owe(Outbox.Kind.FILE, [uuid4()])
    assert outbox.work_off(Outbox.Kind.FILE) == 1
    assert timing._noted == {}
