"""Companies of customers: only those that tickets name, named for little, gone with their last ticket."""

from __future__ import annotations

from django.utils import timezone

from apps.ingest.deletions import erase_tickets
from apps.ingest.models import Stream
from apps.ingest.streams import hurry
from apps.platforms.firms import Firm
from apps.platforms.models import Connection, Ticket
from tests.ingest.test_sync import allow, join, run_feeds
from tests.simulated import running

SIZE = ("--account", "generated", "--tickets", "12", "--plan", "unlimited")


def asked(simulator) -> list[str]:
    """Calls for companies since the log was last read."""
    found = [row["query"] for row in simulator.told("log")["requests"] if row["path"] == "/api/v2/companies"]
    simulator.control.delete("/__sim/log")
    return found


def read(connection: Connection) -> None:
    Stream.objects.filter(kind=Stream.Kind.COMPANIES).update(next_at=timezone.now())
    hurry(connection)
    run_feeds()


def names() -> dict[str, str]:
    return {row.remote_id[-2:]: row.name for row in Firm.objects.filter(named=True)}


def test_companies_are_named_after_the_tickets_and_only_those_of_tickets_are_kept(in_acme, settings):
    with running(*SIZE) as simulator:
        allow(settings, simulator)
        connection = join(simulator)
        run_feeds()
        assert asked(simulator) == []  # no ticket names one: nothing is asked
        simulator.update(op="company", company=1, name="Harbour Ltd", tickets=[1, 2])
        simulator.update(op="company", company=2, name="Nobody's")
        simulator.update(op="company", company=3, tickets=[3])  # deleted there: the ticket still names it
        read(connection)
        assert names() == {"01": "Harbour Ltd", "03": ""}
        assert {row.remote_id for row in Ticket.objects.filter(firm__name="Harbour Ltd")} == {"1", "2"}
        assert len(asked(simulator)) == 1
        simulator.tell("clock", advance=600)
        simulator.update(op="company", company=1, name="Harbor Ltd")
        read(connection)
        assert names()["01"] == "Harbor Ltd"
        assert ["updated_since" in query for query in asked(simulator)] == [True]  # only what has changed
    erase_tickets(Ticket.objects.filter(remote_id__in=("1", "3")).values_list("pk", flat=True))
    assert names() == {"01": "Harbor Ltd"}
    erase_tickets(Ticket.objects.filter(remote_id="2").values_list("pk", flat=True))
    assert not Firm.objects.exists()


def test_a_plan_without_companies_is_asked_once_a_day_and_stops_nothing(in_acme, settings):
    with running(*SIZE) as simulator:
        allow(settings, simulator)
        simulator.tell("switches", companies_readable=False)
        simulator.update(op="company", company=1, name="Harbour Ltd", tickets=[1])
        connection = join(simulator)
        run_feeds()
        stream = Stream.objects.get(kind=Stream.Kind.COMPANIES)
        assert (stream.last_error, stream.failures) == ("require_feature", 0)
        assert (stream.next_at - timezone.now()).total_seconds() > 80_000
        assert stream.first_completed_at is not None
        assert names() == {"01": ""}
        simulator.tell("switches", companies_readable=True)
        Firm.objects.update(named=False)
        read(connection)
        assert names() == {"01": "Harbour Ltd"}
        assert Stream.objects.get(kind=Stream.Kind.COMPANIES).last_error == ""
    connection.refresh_from_db()
    assert connection.state == Connection.State.ACTIVE
