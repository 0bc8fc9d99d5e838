"""Time that agents noted: read as ratings are, corrected, deleted, and gone with the ticket."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from apps.ingest.deletions import erase_tickets
from apps.ingest.models import Stream
from apps.platforms.models import Connection, Ticket
from apps.platforms.ratings import TimeEntry
from tests.ingest.test_ratings import SIZE, turn
from tests.ingest.test_sync import allow, join, run_feeds
from tests.simulated import Simulator, running


def asked(simulator: Simulator, **since: timedelta) -> int:
    return len(turn(simulator, Stream.Kind.TIMES, "/api/v2/time_entries", **since))


def held() -> dict[str, tuple[int, bool, bool, str]]:
    return {row.ticket.remote_id: (row.minutes, row.billable, row.running, row.note) for row in TimeEntry.objects.select_related("ticket")}


def test_time_entries_follow_the_helpdesk_and_go_with_their_ticket(in_acme, settings):
    day = timedelta(days=1)
    with running(*SIZE) as simulator:
        allow(settings, simulator)
        connection = join(simulator)
        run_feeds()
        old, yesterday = (int((timezone.now() - days * day).timestamp()) for days in (400, 1))
        simulator.update(op="spend", ticket=1, minutes=6_015, text="Long ago", at=old, billable=False)
        simulator.update(op="spend", ticket=2, minutes=15, running=True)
        assert asked(simulator) == 1
        assert held() == {"1": (6_015, False, False, "Long ago"), "2": (15, True, True, "")}
        assert {row.agent.kind for row in TimeEntry.objects.select_related("agent") if row.agent} == {"agent"}
        simulator.update(op="spend", ticket=2, number=1, minutes=20)
        simulator.update(op="spend", ticket=3, minutes=5, text="Noted a day late", at=yesterday + 600)
        assert asked(simulator) == 1
        assert (held()["2"], held()["3"]) == ((20, True, False, ""), (5, True, False, "Noted a day late"))
        simulator.update(op="unspend", tickets=[1, 3])
        asked(simulator, late=day)
        asked(simulator)
        assert sorted(held()) == ["1", "2"]
        asked(simulator, all=31 * day)
        asked(simulator)
        assert sorted(held()) == ["2"]
        simulator.tell("switches", times_readable=False)
        asked(simulator)
        stream = Stream.objects.get(kind=Stream.Kind.TIMES)
        assert (stream.last_error, stream.failures, held()) == ("require_feature", 0, {})
        simulator.tell("switches", times_readable=True)
        asked(simulator)
        assert sorted(held()) == ["2"]
    connection.refresh_from_db()
    assert connection.state == Connection.State.ACTIVE
    erase_tickets([Ticket.objects.get(remote_id="2").pk])
    assert held() == {}
