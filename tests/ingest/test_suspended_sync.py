"""A company is suspended while its helpdesk is being read: the page under way is kept whole, and it goes on from there."""

from __future__ import annotations

from contextvars import Context

import orjson
import psycopg
import pytest
import redis

from apps.ingest import sync
from apps.ingest.models import Outbox, Stream
from apps.ingest.tasks import read_owed, sync_due, sync_stream
from apps.platforms.models import Ticket
from apps.tenancy import lifecycle, orders
from apps.tenancy.context import bind_company
from apps.tenancy.queues import PREFIX, company_of
from apps.tenancy.registry import forget_hosts
from apps.tenancy.tasks import HEADER, sign_envelope
from tests.accounts.people import operator_company
from tests.ingest.test_sync import allow, join
from tests.isolation.companies import companies
from tests.simulated import running

TICKETS = 350


@pytest.fixture
def halted(django_db_setup, django_db_blocker, superuser_url, settings):
    with django_db_blocker.unblock():
        forget_hosts()
        operator_company()
        with companies(superuser_url, "halted") as (one,):
            yield one
        with psycopg.connect(superuser_url) as admin:
            admin.execute("DELETE FROM public.tenancy_order")
        redis.Redis.from_url(settings.BROKER_URL).flushdb()


def do(ask) -> None:
    """What operators and the provisioning worker do, in a context of their own."""

    def run() -> None:
        order = ask(company_id="halted")
        lifecycle.work_off()
        assert orders.find_order(order.pk).state == "done"

    Context().run(run)


def work(company, task, *arguments) -> None:
    """As a worker runs a message of the company."""
    with bind_company(company.binding()):
        envelope = sign_envelope(task.name)
    task.push_request(headers={HEADER: envelope})
    try:
        task(*arguments)
    finally:
        task.pop_request()


def waiting(settings) -> int:
    """Messages of the company in the queue."""
    queue = redis.Redis.from_url(settings.BROKER_URL)
    raws = [raw for key in queue.scan_iter(f"{PREFIX}*", _type="list") for raw in queue.lrange(key, 0, -1)]
    return sum(company_of(orjson.loads(raw)) == "halted" for raw in raws)


def rows() -> dict[str, tuple[str, str, str]]:
    found = Ticket.objects.values_list("remote_id", "subject", "status_value", "updated_at")
    assert len(found) == Ticket.objects.values("remote_id").distinct().count()
    return {number: (subject, status, at.strftime("%Y-%m-%dT%H:%M:%SZ")) for number, subject, status, at in found}


def truth(simulator) -> dict[str, tuple[str, str, str]]:
    return {
        one["remote_id"]: (one["subject"], str(one["status"]), one["updated_at"])
        for one in simulator.told("truth")["tickets"]
        if one["state"] == "live"
    }


def test_a_running_sync_stops_at_the_next_page_and_goes_on_from_its_cursor(halted, settings, monkeypatch):
    began_at: list[object] = []
    pages: list[set[str]] = []
    store, fetch = sync.store_page, sync._fetch

    async def watched(adapter, stream):
        began_at.append(stream.cursor)
        return await fetch(adapter, stream)

    def suspended_before_it_is_stored(*, lease, page):
        pages.append({one.remote_id for one in page.items})
        if len(pages) == 2:
            do(orders.ask_suspend)
        store(lease=lease, page=page)

    monkeypatch.setattr(sync, "_fetch", watched)
    with running("--account", "generated", "--tickets", str(TICKETS), "--plan", "unlimited") as simulator:
        allow(settings, simulator)
        with bind_company(halted.binding()):
            join(simulator)
            stream = Stream.objects.get(kind=Stream.Kind.TICKETS)
            Stream.objects.filter(pk=stream.pk).update(cursor=None)  # all of it by one feed, from the beginning
        monkeypatch.setattr(sync, "store_page", suspended_before_it_is_stored)
        redis.Redis.from_url(settings.BROKER_URL).flushdb()
        work(halted, sync_stream, str(stream.pk))

        with bind_company(halted.binding()):
            stream.refresh_from_db()
            held = rows()
            assert len(began_at) == stream.pages == 2, "no page after the one under way"
            assert held.keys() == pages[0] | pages[1], "both pages whole"
            assert len(pages[0]) < len(held) < TICKETS
            assert (stream.lease_until, stream.failures) == (None, 0)
            assert Outbox.objects.filter(kind=Outbox.Kind.THREAD).count() == len(held), "what it owes came with it"
        monkeypatch.setattr(sync, "store_page", store)
        sent = waiting(settings)
        work(halted, sync_stream, str(stream.pk))
        work(halted, read_owed, Outbox.Kind.THREAD)
        sync_due()
        assert (len(began_at), waiting(settings)) == (2, sent), "nothing is read, nothing more is sent"
        simulator.tell("update", apply=[{"op": "random", "random": number} for number in range(20)])
        with bind_company(halted.binding()):
            assert rows() == held

        do(orders.ask_resume)
        before = 0
        while len(began_at) != before:  # until nothing is due any more
            before = len(began_at)
            work(halted, sync_stream, str(stream.pk))
        with bind_company(halted.binding()):
            assert began_at[2] == stream.cursor, "on from where it was"
            assert began_at[2] not in (None, {}, began_at[0], began_at[1])
            ours = rows()
            assert ours == truth(simulator)
            assert Outbox.objects.filter(kind=Outbox.Kind.THREAD).count() == len(ours)
