"""Ratings of customers: found, followed and taken away for few credits, and never left behind by an erasure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Event, Thread, Timer

from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from apps.ingest.deletions import erase_tickets
from apps.ingest.models import Stream
from apps.ingest.ratings import store_ratings
from apps.ingest.streams import due_streams
from apps.ingest.sync import store_tickets
from apps.platforms.base import PersonData
from apps.platforms.models import Connection, Person, Ticket
from apps.platforms.outcomedata import RatingData
from apps.platforms.ratings import Rating
from apps.tenancy.context import bind_company
from tests.ingest.test_sync import allow, join, run_feeds
from tests.isolation.companies import companies
from tests.mirror import make_connection, ticket_data
from tests.simulated import Simulator, running

SIZE = ("--account", "generated", "--tickets", "12", "--plan", "unlimited")
FEED = Stream.Kind.RATINGS


def turn(simulator: Simulator, kind: str, path: str, **since: timedelta) -> list[str]:
    """The feed's next turn, as if its walks had begun so long ago. What was asked."""
    stream = Stream.objects.get(kind=kind)
    cursor = stream.cursor and {
        key: (datetime.fromisoformat(value) - since.get(key, timedelta())).isoformat() if key in ("all", "late") else value
        for key, value in stream.cursor.items()
    }
    Stream.objects.filter(kind=kind).update(cursor=cursor, next_at=timezone.now())
    simulator.control.delete("/__sim/log")
    run_feeds()
    return [row["query"] for row in simulator.told("log")["requests"] if row["path"] == path]


def walked(simulator: Simulator, **since: timedelta) -> list[str]:
    return turn(simulator, FEED, "/api/v2/surveys/satisfaction_ratings", **since)


def held() -> dict[str, tuple[int | None, str]]:
    return {row.ticket.remote_id: (row.score, row.feedback) for row in Rating.objects.select_related("ticket")}


def test_ratings_follow_the_helpdesk_for_few_credits(in_acme, settings):
    with running(*SIZE) as simulator:
        allow(settings, simulator)
        join(simulator)
        Stream.objects.filter(kind=FEED).update(next_at=timezone.now())
        assert Stream.objects.get(kind=FEED).pk not in due_streams()  # all tickets first: it says more of them
        Stream.objects.filter(kind=FEED).update(next_at=timezone.now() + timedelta(hours=1))
        run_feeds()
        old = int((timezone.now() - timedelta(days=400)).timestamp())
        simulator.update(op="rate", ticket=1, value=103, text="Quick & kind", at=old)
        simulator.update(op="rate", ticket=2, value=-102, at=old)
        simulator.update(op="rate", ticket=3, value=2, text="")  # of a survey of before
        simulator.update(op="rate", ticket=4, value=77)  # of no scale we know
        assert len(walked(simulator)) == 1
        assert held() == {"1": (3, "Quick & kind"), "2": (-2, ""), "3": (0, ""), "4": (None, "")}
        assert {row.person_id == row.ticket.customer_id for row in Rating.objects.select_related("ticket")} == {True}
        simulator.update(op="rate", ticket=5, value=101, text="New")
        simulator.update(op="rate", ticket=3, number=1, value=-103, text="Thought better of it")
        assert len(walked(simulator)) == 1  # what is new, by the hour
        assert held()["5"] == (1, "New")
        simulator.update(op="rate", ticket=1, number=1, value=100, text="")
        simulator.update(op="unrate", tickets=[2, 3])
        day = timedelta(days=1)
        walked(simulator, late=day)
        assert (held()["3"], Rating.objects.get(ticket__remote_id="3").missed) == ((-3, "Thought better of it"), True)
        walked(simulator)
        assert sorted(held()) == ["1", "2", "4", "5"]  # what the next turn did not meet either is gone
        assert held()["1"] == (3, "Quick & kind")
        assert [len(walked(simulator, all=31 * day)), len(walked(simulator)), len(walked(simulator))] == [1, 1, 1]
        assert held() == {"1": (0, ""), "4": (None, ""), "5": (1, "New")}
        assert Stream.objects.get(kind=FEED).cursor["at"] is None


def test_a_plan_without_ratings_keeps_none_is_asked_once_a_day_and_stops_nothing(in_acme, settings):
    with running(*SIZE) as simulator:
        allow(settings, simulator)
        simulator.update(op="rate", ticket=1, text="Thanks")
        connection = join(simulator)
        run_feeds()
        walked(simulator)
        assert Rating.objects.count() == 1
        simulator.tell("switches", ratings_readable=False)
        walked(simulator)
        stream = Stream.objects.get(kind=FEED)
        assert (stream.last_error, stream.failures, stream.cursor) == ("require_feature", 0, None)
        assert (stream.next_at - timezone.now()).total_seconds() > 80_000
        assert not Rating.objects.exists()  # nobody would tell us what was erased since
        simulator.tell("switches", ratings_readable=True)
        walked(simulator)
        assert held() == {"1": (3, "Thanks")}
    connection.refresh_from_db()
    assert connection.state == Connection.State.ACTIVE


def rating(ticket: str, *, person: str = "", number: str = "1") -> RatingData:
    now = datetime.now(UTC)
    return RatingData(remote_id=number, ticket_id=ticket, person_id=person, score=-1, feedback="My street is 5 Elm Row", created_at=now)


def test_a_rating_is_of_a_ticket_of_its_own_account_and_goes_with_the_ticket_and_with_the_person(in_acme):
    mine, others = make_connection(), Connection.objects.create(platform="freshdesk", account="other.example", config={})
    store_tickets(mine, [ticket_data(1, "Mine", "Words", customer=PersonData(remote_id="501", name="Priya"))])
    store_ratings(others, [rating("1")], sweep=1)
    assert not Rating.objects.exists()  # a number is of one account
    Person.objects.create(connection=mine, remote_id="502")  # somebody else who was asked
    store_ratings(mine, [rating("1", person="502"), rating("1", person="501", number="2"), rating("9", number="3")], sweep=1)
    assert Rating.objects.count() == 2
    Person.objects.get(remote_id="502").delete()
    assert [row.remote_id for row in Rating.objects.all()] == ["2"]
    erase_tickets([Ticket.objects.get(remote_id="1").pk])
    assert not Rating.objects.exists()
    store_ratings(mine, [rating("1", person="501")], sweep=2)  # the list still names it
    assert not Rating.objects.exists()


def test_a_rating_that_is_stored_while_its_ticket_is_erased_is_not_left_behind(django_db_setup, django_db_blocker, superuser_url):
    with django_db_blocker.unblock(), companies(superuser_url, "leftover") as [company], bind_company(company.binding()):
        home = make_connection()
        with transaction.atomic():
            store_tickets(home, [ticket_data(1, "Mine", "Words", customer=PersonData(remote_id="501", name="Priya"))])
        stored, go_on = Event(), Event()

        def store() -> None:
            with bind_company(company.binding()), transaction.atomic():
                store_ratings(home, [rating("1")], sweep=1)  # of nobody we know
                stored.set()
                go_on.wait(5)
            database.close()

        storing = Thread(target=store)
        storing.start()
        assert stored.wait(5)
        Timer(0.5, go_on.set).start()
        with transaction.atomic():
            erase_tickets([Ticket.objects.get(remote_id="1").pk])
        storing.join()
        assert not Rating.objects.exists()
