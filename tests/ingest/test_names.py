"""Customers are named by one walk over all of them, and one by one where that does not find them (decision 44)."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone

from apps.ingest.models import Outbox, Stream
from apps.ingest.names import FEW, follow_names, name_people
from apps.ingest.outbox import owe, work_off
from apps.ingest.streams import due_streams
from apps.ingest.sync import Outcome, read_feed
from apps.platforms.budget import forget_refusal
from apps.platforms.models import Connection, Message, Person, Ticket
from apps.search.models import Chunk
from tests.ingest.test_sync import allow, join, read_threads, run_feeds
from tests.simulated import Simulator, running

FIRST = 36_000_000_001


@pytest.fixture
def account(in_acme, settings):
    with running("--account", "generated", "--tickets", "600", "--plan", "unlimited") as simulator:
        allow(settings, simulator)
        join(simulator)
        yield simulator


def asked(simulator: Simulator) -> list[str]:
    """Calls about customers, by what they asked for."""
    log = simulator.told("log")["requests"]
    return [row["path"].removeprefix("/api/v2/contacts") for row in log if row["path"].startswith("/api/v2/contacts") and row["query"].get("per_page") != "1"]


def people() -> Stream:
    return Stream.objects.get(kind=Stream.Kind.PEOPLE)


def read_lists() -> None:
    """Every feed but the names."""
    while due := [one for one in due_streams() if one != people().pk]:
        for stream_id in due:
            read_feed(stream_id=stream_id, go_on=lambda: True)


def read_people(meanwhile=lambda: None) -> Outcome:
    def go_on() -> bool:
        meanwhile()
        return True

    Stream.objects.filter(pk=people().pk).update(next_at=timezone.now())
    return read_feed(stream_id=people().pk, go_on=go_on)


def all_have_their_names(simulator: Simulator) -> None:
    for person in Person.objects.filter(kind=Person.Kind.CUSTOMER, tickets__deleted=False).distinct():
        number = int(person.remote_id) - FIRST + 1
        assert (person.named, person.name, person.email) == (True, f"Customer {number}", f"customer{number}@mail.example")


def test_a_customer_the_walk_misses_is_asked_by_number(account):
    assert people().pk not in due_streams(), "one walk is enough when all tickets were listed"
    read_lists()
    assert Person.objects.filter(named=False).count() > 100
    assert people().pk in due_streams()
    contacts = [row["id"] for row in account.get("/contacts", per_page=100).json()]
    first, last = contacts[0], contacts[-1] + 1
    account.control.request("DELETE", "/__sim/log")
    assert Person.objects.filter(remote_id=str(last), named=False).exists()

    def shift() -> None:
        if asked(account) == [""]:
            account.update(op="destroy_contact", contact=first)

    assert read_people(shift) is Outcome.DONE
    calls = asked(account)
    assert calls[:2] == ["", ""] and f"/{last}" in calls[2:], "it slipped onto the page that was read already"
    assert len(calls) - 2 <= FEW + 1
    assert Person.objects.filter(named=False).count() == 0
    all_have_their_names(account)
    account.control.request("DELETE", "/__sim/log")
    assert read_people() is Outcome.DONE
    assert account.told("log")["calls"] == 0, "nobody is without a name: nothing is asked"


def test_a_ticket_is_there_before_its_name_and_what_is_made_of_its_words_comes_with_it(account):
    read_lists()
    ticket = Ticket.objects.filter(customer__named=False, state="live").first()
    assert Ticket.objects.shown().filter(pk=ticket.pk).exists()
    Outbox.objects.exclude(object_id=ticket.pk).delete()
    read_threads()
    work_off(Outbox.Kind.INDEX_TICKET)
    described = Message.objects.get(ticket=ticket, remote_id="description")
    assert (described.author_name, Chunk.objects.filter(ticket_id=ticket.pk).count()) == ("", 0)
    assert not Outbox.objects.filter(object_id=ticket.pk).exists()
    read_people()
    described.refresh_from_db()
    assert described.author_name == f"Customer {int(ticket.customer.remote_id) - FIRST + 1}"
    assert list(Outbox.objects.values_list("kind", "object_id")) == [("index_ticket", ticket.pk)]
    work_off(Outbox.Kind.INDEX_TICKET)
    assert Chunk.objects.filter(ticket_id=ticket.pk).exists()


def test_a_key_that_may_not_list_customers_gets_their_names_with_the_tickets(account):
    account.tell("switches", contacts_readable=False)
    run_feeds()
    log = account.told("log")["requests"]
    full = [row["query"].get("include") for row in log if row["path"] == "/api/v2/tickets" and "filter" not in row["query"]]
    assert "description" not in full and "description,requester" in full
    assert Person.objects.filter(named=False).count() == 0
    all_have_their_names(account)


def test_customers_that_became_unreadable_meanwhile_are_read_from_their_tickets(account):
    read_lists()
    few = list(Person.objects.filter(named=False).values_list("pk", flat=True)[:15])
    Person.objects.exclude(pk__in=few).update(named=True)
    account.tell("switches", contacts_readable=False)
    account.control.request("DELETE", "/__sim/log")
    assert read_people() is Outcome.DONE
    assert {row["path"].rpartition("/")[0] for row in account.told("log")["requests"]} == {"/api/v2", "/api/v2/contacts", "/api/v2/tickets"}
    assert Person.objects.filter(pk__in=few, named=True).exclude(name="").count() == 15


def test_a_walk_that_names_nobody_ends_and_nobody_is_stored_by_it(in_acme, settings):
    with running("--account", "generated", "--tickets", "6000", "--plan", "unlimited") as simulator:
        allow(settings, simulator)
        connection = join(simulator)
        Stream.objects.exclude(kind=Stream.Kind.PEOPLE).update(first_completed_at=timezone.now())
        last = [str(FIRST + 1999 - number) for number in range(FEW + 2)]
        Person.objects.bulk_create([Person(connection=connection, remote_id=one, named=False) for one in last])
        simulator.control.request("DELETE", "/__sim/log")
        assert read_people() is Outcome.DONE
        calls = asked(simulator)
    assert calls.count("") == FEW + 1 and len(calls) == 2 * FEW + 3
    customers = Person.objects.filter(kind=Person.Kind.CUSTOMER)
    assert set(customers.values_list("remote_id", flat=True)) == set(last)
    assert not customers.filter(named=False).exists()


def test_whom_nobody_knows_stays_without_a_name_and_is_not_asked_for_again(in_acme, settings):
    with running("--account", "generated", "--tickets", "5", "--plan", "unlimited") as simulator:
        allow(settings, simulator)
        connection = join(simulator)
        run_feeds()
        Person.objects.create(connection=connection, remote_id="77", named=False)
        assert read_people() is Outcome.DONE
        calls = simulator.told("log")["calls"]
        read_people()
        assert simulator.told("log")["calls"] == calls
    assert (Person.objects.get(remote_id="77").named, Person.objects.get(remote_id="77").name) == (True, "")


def test_a_helpdesk_that_is_away_costs_no_name(account):
    read_lists()
    few = list(Person.objects.filter(named=False).values_list("pk", flat=True)[:FEW])
    Person.objects.exclude(pk__in=few).update(named=True)
    account.tell("faults", faults=[{"kind": "503", "rate": 1, "path": "/api/v2/contacts/"}])
    assert read_people() is Outcome.FAILED
    assert Person.objects.filter(named=False).count() == FEW
    account.tell("faults", faults=[])
    forget_refusal(Connection.objects.get().pk)  # some failed in a row, so the account rests
    assert read_people() is Outcome.DONE
    assert Person.objects.filter(pk__in=few, named=True).exclude(name="").count() == FEW


def test_a_page_that_tells_names_names_who_waited_and_one_that_does_not_takes_none_away(in_acme):
    from apps.ingest.sync import store_tickets
    from apps.platforms.base import PersonData
    from tests.mirror import make_connection, ticket_data

    connection = make_connection()
    bare = ticket_data(1, "lost", "where is it").model_copy(update={"customer": PersonData(remote_id="5", name=None)})
    full = bare.model_copy(update={"customer": PersonData(remote_id="5", name="Priya", email="P@x.example")})
    store_tickets(connection, [bare])
    person = Person.objects.get(remote_id="5")
    assert (person.named, person.name) == (False, "")
    Ticket.objects.update(thread_version="1")
    Outbox.objects.all().delete()
    store_tickets(connection, [full])
    store_tickets(connection, [bare])
    person.refresh_from_db()
    assert (person.named, person.name, person.email) == (True, "Priya", "p@x.example")
    assert list(Outbox.objects.values_list("kind", flat=True)) == ["index_ticket"], "once, when the name came"
    assert Connection.objects.count() == 1


def test_a_name_the_database_cannot_hold_is_cut_to_fit_and_stops_no_other(in_acme):
    from apps.platforms.base import PersonData
    from tests.mirror import make_connection

    connection = make_connection()
    Person.objects.bulk_create([Person(connection=connection, remote_id=one, named=False) for one in ("1", "2")])
    assert name_people(connection, [PersonData(remote_id="1", name="\0" + "x" * 400), PersonData(remote_id="2", name="Priya", email="P@x.example")]) == 2
    rows = Person.objects.order_by("remote_id").values_list("name", "email", "named")
    assert list(rows) == [("x" * 300, "", True), ("Priya", "p@x.example", True)]


def test_a_chat_without_a_name_and_a_look_at_an_archived_ticket_take_no_name_away(account):
    from apps.ingest.sync import store_tickets
    from apps.platforms.base import PersonData
    from tests.mirror import ticket_data

    run_feeds()
    ticket = Ticket.objects.filter(state="live", customer__isnull=False).select_related("customer").first()
    known = (ticket.customer.name, ticket.customer.email)
    assert all(known)
    chat = ticket_data(900_001, "from the chat", "hello").model_copy(update={"customer": PersonData(remote_id=ticket.customer.remote_id, name="")})
    store_tickets(Connection.objects.get(), [chat])
    account.update(op="archive", tickets=[int(ticket.remote_id)])
    owe(Outbox.Kind.LOOK, [ticket.pk])
    work_off(Outbox.Kind.LOOK)
    ticket.refresh_from_db()
    assert ticket.state == "archived"
    assert (ticket.customer.name, ticket.customer.email) == known
    assert Person.objects.get(remote_id=ticket.customer.remote_id).named


def test_names_of_nobody_owe_nothing(in_acme):
    follow_names([uuid4()])
    assert Outbox.objects.count() == 0
