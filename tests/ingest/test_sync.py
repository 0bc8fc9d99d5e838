"""The whole way from a simulated helpdesk into the mirror: nothing lost, nothing stale, errors change nothing."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from apps.ingest.models import Outbox, Stream
from apps.ingest.outbox import due_kinds, work_off
from apps.ingest.streams import due_streams, ensure_streams, hurry
from apps.ingest.sync import sync_page
from apps.platforms.connecting import connect
from apps.platforms.management.commands.export_mirror import Command as Export
from apps.platforms.models import Connection, Ticket
from apps.search.models import Chunk
from tests.simulated import KEY, Simulator, running


def allow(settings, simulator: Simulator) -> None:
    settings.EGRESS_ALLOW_HOSTS = simulator.hosts


def join(simulator: Simulator) -> Connection:
    connection, _ = connect(platform="freshdesk", options={"base_url": simulator.url, "api_key": KEY})
    ensure_streams(connection)
    return connection


def run_feeds() -> None:
    """Every due feed to its end."""
    while due := due_streams():
        for stream_id in due:
            while sync_page(stream_id=stream_id):
                pass


def run_tickets() -> None:
    """The feed of tickets alone, to its end."""
    for stream in Stream.objects.filter(kind=Stream.Kind.TICKETS):
        while sync_page(stream_id=stream.pk):
            pass


def read_threads() -> None:
    while Outbox.Kind.THREAD in due_kinds():
        work_off(Outbox.Kind.THREAD)


def mirror() -> tuple[dict, dict]:
    return comparable(Export().perform())


def comparable(export: dict) -> tuple[dict, dict]:
    tickets = {one["remote_id"]: {key: value for key, value in one.items() if key not in ("language", "number")} for one in export["tickets"]}
    return tickets, {(one["remote_id"], one["language"]): one for one in export["articles"]}


def settle(connection: Connection) -> None:
    """Read on until two rounds in a row change nothing."""
    for _ in range(3):
        hurry(connection)
        run_feeds()
        read_threads()


def test_the_mirror_equals_the_truth_while_tickets_change_during_paging(in_acme, settings):
    _mirror_equals_truth(settings, tickets=400, changes=40)


@pytest.mark.verify
def test_two_thousand_tickets_changing_during_paging_are_mirrored_exactly(in_acme, settings):
    _mirror_equals_truth(settings, tickets=2000, changes=200)


def _mirror_equals_truth(settings, *, tickets: int, changes: int) -> None:
    with running("--account", "generated", "--tickets", str(tickets), "--plan", "unlimited") as simulator:
        allow(settings, simulator)
        connection = join(simulator)
        rules = [{"every": 1, "times": changes, "apply": [{"op": "random", "random": 3}]}]
        simulator.tell("script", rules=rules)
        settle(connection)
        simulator.tell("script", rules=[])  # from here on nobody touches the account
        settle(connection)
        ours, theirs = mirror(), comparable(simulator.told("truth"))
        assert set(ours[0]) == set(theirs[0])
        differ = [(ours[0][key], theirs[0][key]) for key in theirs[0] if ours[0][key] != theirs[0][key]]
        assert [{key: (one[key], other[key]) for key in one if one[key] != other[key]} for one, other in differ] == []
        assert ours[1] == theirs[1]


def test_a_wrong_key_is_refused_and_nothing_is_stored(in_acme, settings):
    with running("--account", "generated", "--tickets", "5", "--plan", "unlimited") as simulator:
        allow(settings, simulator)
        with pytest.raises(CommandError, match="credentials_rejected"):
            call_command("connect", "acme", "freshdesk", base_url=simulator.url, api_key="wrong")
    assert Connection.objects.count() == 0


def test_a_key_may_come_by_standard_input_and_a_wrong_one_is_explained(in_acme, settings, monkeypatch):
    with running("--account", "generated", "--tickets", "5", "--plan", "unlimited") as simulator:
        allow(settings, simulator)
        monkeypatch.setattr("sys.stdin", io.StringIO("wrong\n"))
        with pytest.raises(CommandError, match="Check the key"):
            call_command("connect", "acme", "freshdesk", base_url=simulator.url, api_key="-")
        assert Connection.objects.count() == 0
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{KEY}\n"))
        call_command("connect", "acme", "freshdesk", base_url=simulator.url, api_key="-")
    assert Connection.objects.get().secrets() == {"api_key": KEY}


def test_an_unreachable_and_a_forbidden_helpdesk_are_told_apart_and_nothing_is_stored(in_acme, settings):
    settings.EGRESS_ALLOW_HOSTS = frozenset({"127.0.0.1:9"})
    with pytest.raises(CommandError, match="external_unavailable"):
        call_command("connect", "acme", "freshdesk", base_url="http://127.0.0.1:9", api_key="x")
    with pytest.raises(CommandError, match="address_refused"):
        call_command("connect", "acme", "freshdesk", base_url="http://169.254.169.254", api_key="x")
    assert Connection.objects.count() == 0


def test_a_revoked_key_stops_the_connection_and_keeps_the_mirror(in_acme, settings):
    with running("--account", "generated", "--tickets", "30", "--plan", "unlimited") as simulator:
        allow(settings, simulator)
        connection = join(simulator)
        run_feeds()
        simulator.tell("key", api_key="another")
        hurry(connection)
        run_feeds()
    connection.refresh_from_db()
    assert connection.state == Connection.State.REJECTED
    assert Ticket.objects.count() == 30
    assert due_streams() == []


def test_a_destroyed_key_stops_the_connection_with_a_word_and_breaks_no_page(in_acme, acme, client_of):
    from apps.core.crypto import forget_keys
    from apps.core.models import CompanyKey
    from tests.mirror import charging_case

    charging_case()
    connection = Connection.objects.get()
    ensure_streams(connection)
    CompanyKey.objects.all().delete()
    forget_keys()
    run_feeds()
    connection.refresh_from_db()
    assert (connection.state, connection.last_error) == (Connection.State.REJECTED, "key_destroyed")
    assert due_streams() == []
    ticket = Ticket.objects.get(remote_id="102")
    browser = client_of(acme, "admin")
    addresses = ("/", f"/tickets/{ticket.pk}/", "/admin/platforms/connection/", f"/admin/platforms/connection/{connection.pk}/change/")
    pages = {address: browser.get(address) for address in addresses}
    assert {address: page.status_code for address, page in pages.items()} == dict.fromkeys(addresses, 200)
    assert "Key refused" in pages["/"].content.decode()


def test_threads_of_one_connection_are_read_though_another_ones_key_is_destroyed(in_acme, settings):
    from apps.ingest.outbox import owe
    from tests.mirror import make_connection

    with running("--account", "generated", "--tickets", "5", "--plan", "unlimited") as simulator:
        allow(settings, simulator)
        good = join(simulator)
        run_feeds()
        broken = make_connection()
        Connection.objects.filter(pk=broken.pk).update(credentials=f"v2.{'0' * 32}.{'A' * 60}")
        ticket = Ticket.objects.first()
        ticket.pk, ticket.connection, ticket.remote_id = None, broken, "900"
        ticket.pk = Ticket._meta.pk.default()
        ticket.save(force_insert=True)
        owe(Outbox.Kind.THREAD, [ticket.pk])
        read_threads()
    states = dict(Connection.objects.values_list("pk", "state"))
    assert states == {good.pk: Connection.State.ACTIVE, broken.pk: Connection.State.REJECTED}
    assert Ticket.objects.filter(connection=good).exclude(message_count=0).count() == 5
    assert Outbox.objects.get(kind=Outbox.Kind.THREAD).last_error == "key_destroyed"


def test_a_lost_lease_writes_nothing(in_acme, settings):
    from apps.core.errors import Conflict
    from apps.ingest import streams
    from apps.ingest.sync import store_page
    from apps.platforms.adapters.freshdesk.walk import TicketCursor
    from apps.platforms.base import Page
    from tests.mirror import make_connection, ticket_data

    ensure_streams(make_connection())
    stream = Stream.objects.get(kind=Stream.Kind.TICKETS)
    old = streams.take(stream.pk)
    Stream.objects.filter(pk=stream.pk).update(lease_until=None)
    assert streams.take(stream.pk).fence == old.fence + 1
    with pytest.raises(Conflict):
        store_page(lease=old, page=Page([ticket_data(1, "late", "too late")], TicketCursor(), False))
    assert Ticket.objects.count() == 0


def test_a_second_sync_embeds_nothing(in_acme, settings, monkeypatch):
    from apps.ingest import indexing

    with running("--account", "generated", "--tickets", "12", "--plan", "unlimited") as simulator:
        allow(settings, simulator)
        connection = join(simulator)
        settle(connection)
        for kind in (Outbox.Kind.INDEX_ARTICLE, Outbox.Kind.INDEX_TICKET):
            while work_off(kind):
                pass
        before = Chunk.objects.count()
        assert before > 0
        owed = Ticket.objects.values_list("pk", flat=True)
        from apps.ingest.outbox import owe

        owe(Outbox.Kind.INDEX_TICKET, list(owed))
        monkeypatch.setattr(indexing, "embeddings", lambda: pytest.fail("unchanged text was embedded again"))
        settle(connection)
        while work_off(Outbox.Kind.INDEX_TICKET):
            pass
        assert Chunk.objects.count() == before
