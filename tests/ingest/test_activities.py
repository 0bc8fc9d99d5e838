"""What was done to a ticket without moving its time is found a day later, for a credit a day and two for each such ticket."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import orjson
import pytest
from django.utils import timezone

from apps.core.errors import ExternalError
from apps.ingest import streams
from apps.ingest.models import Outbox, Stream
from apps.ingest.streams import due_streams
from apps.ingest.sync import sync_page
from apps.platforms.adapters.freshdesk.activities import _rows
from apps.platforms.adapters.freshdesk.files import Storage
from apps.platforms.models import Message, Ticket
from tests.ingest.test_sync import allow, join, read_threads, run_feeds
from tests.simulated import Simulator, running

FEED, PATH = Stream.Kind.ACTIVITIES, "/api/v2/export/ticket_activities"
OWED = (Outbox.Kind.LOOK, Outbox.Kind.THREAD)


@pytest.fixture
def simulator(in_acme, settings) -> Iterator[Simulator]:
    with running("--account", "generated", "--tickets", "12", "--plan", "unlimited") as one:
        allow(settings, one)
        join(one)
        run_feeds()
        read_threads()
        Outbox.objects.all().delete()
        yield one


def asked(simulator: Simulator) -> list[str]:
    """The feed's next turn: the days it asked for."""
    simulator.control.delete("/__sim/log")
    feed = Stream.objects.get(kind=FEED)
    Stream.objects.filter(pk=feed.pk).update(next_at=timezone.now())
    while sync_page(stream_id=feed.pk):
        pass
    return [row["query"]["created_at"] for row in simulator.told("log")["requests"] if row["path"] == PATH]


def cursor() -> date:
    return date.fromisoformat(Stream.objects.get(kind=FEED).cursor["day"])


def owed() -> dict[str, set[str]]:
    numbers = {row.pk: row.remote_id for row in Ticket.objects.all()}
    rows = Outbox.objects.filter(kind__in=OWED).values_list("kind", "object_id")
    return {kind: {numbers[key] for of, key in rows if of == kind} for kind in OWED}


def today(simulator: Simulator) -> date:
    return datetime.fromisoformat(simulator.told("clock")["now"]).astimezone(UTC).date()


def test_an_edit_that_moves_nothing_is_found_and_what_the_feeds_brought_is_not_asked_for(simulator, monkeypatch):
    edited, noted = Ticket.objects.filter(state="live", message_count__range=(2, 8)).order_by("pk")[:2]
    simulator.update(op="edit_entry", ticket=int(edited.remote_id), text="Quite other words")
    simulator.update(op="note", ticket=int(noted.remote_id))
    for feed in Stream.objects.filter(kind=Stream.Kind.TICKETS):
        Stream.objects.filter(pk=feed.pk).update(next_at=timezone.now())
        sync_page(stream_id=feed.pk)
    read_threads()
    Outbox.objects.all().delete()
    day = today(simulator)
    asked(simulator)
    assert cursor() <= day, "a day that is not over is not taken"
    assert owed() == {kind: set() for kind in OWED}
    simulator.tell("clock", advance=2 * 86400)
    with monkeypatch.context() as crash:
        crash.setattr(streams, "advance", lambda *_, **__: (_ for _ in ()).throw(OSError("killed")))
        with pytest.raises(OSError, match="killed"):
            asked(simulator)
    assert owed() == {kind: set() for kind in OWED}, "what a day owes and the cursor go together"
    Stream.objects.filter(kind=FEED).update(lease_until=None)
    assert day.isoformat() in asked(simulator)
    assert cursor() > day
    assert owed() == {kind: {edited.remote_id} for kind in OWED}
    read_threads()
    assert Message.objects.filter(ticket=edited, text__contains="Quite other words").exists()
    Outbox.objects.all().delete()
    simulator.tell("switches", activities_in_one=True)
    Stream.objects.filter(kind=FEED).update(cursor={"day": day.isoformat()})
    asked(simulator)
    assert edited.remote_id in owed()[Outbox.Kind.LOOK], "read once more, the file says the same"


def test_an_account_without_the_export_costs_a_credit_a_turn_and_fails_nothing(simulator, monkeypatch):
    simulator.tell("switches", activities_exported=False)
    assert len(asked(simulator)) == 1
    feed = Stream.objects.get(kind=FEED)
    assert (feed.failures, feed.last_error, feed.lease_until) == (0, "", None)
    assert feed.next_at > timezone.now() + timedelta(hours=5)
    simulator.tell("clock", advance=10 * 86400)
    assert len(asked(simulator)) < 12
    assert cursor() >= today(simulator) - timedelta(days=3), "days whose file never came are passed over"
    simulator.tell("switches", activities_exported=True)

    async def page_of_somebody(*_) -> bytes:
        return b"<html>"

    monkeypatch.setattr(Storage, "read", page_of_somebody)
    before = cursor()
    asked(simulator)
    feed = Stream.objects.get(kind=FEED)
    assert (feed.failures, feed.last_error, cursor()) == (0, "malformed_answer", before + timedelta(days=1))


def test_it_is_asked_for_behind_a_first_sync(in_acme, settings):
    with running("--account", "generated", "--tickets", "3", "--plan", "unlimited") as one:
        allow(settings, one)
        join(one)
        Stream.objects.filter(kind=FEED).update(next_at=timezone.now())
        assert Stream.objects.get(kind=FEED).pk not in due_streams()


def test_rows_are_believed_in_their_ticket_and_moment_only():
    def read(*rows) -> list:
        return list(_rows(orjson.dumps({"activities_data": rows}), date(2022, 1, 1)))

    at = {"performed_at": "01-01-2022 09:33:38 +0200", "activity": {"a name nobody has seen": [1]}}
    assert read(at | {"ticket_id": 7}) == [("7", datetime(2022, 1, 1, 7, 33, 38, tzinfo=UTC))]
    assert read({"ticket_id": 7}, at | {"ticket_id": 7, "performed_at": 12}) == [("7", datetime(2022, 1, 2, tzinfo=UTC))] * 2
    assert read(None, [], "7", at, *(at | {"ticket_id": odd} for odd in (None, "7", True, -1, 0, 1.5))) == []
    for body in (b"", b"[]", b"{}", b'{"activities_data": {}}', b'{"activities_data": null}', b"{"):
        with pytest.raises(ExternalError):
            list(_rows(body, date(2022, 1, 1)))
