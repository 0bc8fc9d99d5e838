"""Tickets that hang together: read from a simulated account, as either end tells it, and without another thread read."""

from __future__ import annotations

import pytest

from apps.ingest.models import Outbox
from apps.ingest.outbox import work_off
from apps.ingest.streams import hurry
from apps.platforms.models import Ticket
from apps.platforms.related import TicketLink
from tests.ingest.linked import linked
from tests.ingest.test_sync import allow, join, read_threads, run_feeds
from tests.simulated import running

SIZE = ("--account", "generated", "--tickets", "12", "--plan", "unlimited")


def read(connection, simulator) -> tuple[set, set]:
    """Everything that is due; our links and theirs."""
    hurry(connection)
    run_feeds()
    while work_off(Outbox.Kind.LOOK):
        pass
    read_threads()
    ours = TicketLink.objects.values_list("ticket__remote_id", "kind", "other")
    shown = set(Ticket.objects.shown().values_list("remote_id", flat=True))
    return linked(ours, shown), linked(simulator.told("truth")["links"], shown)


@pytest.mark.parametrize("switches", [{}, *(pytest.param({one: True}, marks=pytest.mark.verify) for one in ("list_associations", "association_counts"))])
def test_links_are_mirrored_whatever_the_answers_tell_of_them(in_acme, settings, switches):
    with running(*SIZE) as simulator:
        allow(settings, simulator)
        simulator.tell("switches", **switches)
        simulator.update(op="link", into=3, tickets=[1, 2])
        simulator.update(op="link", into=5, tickets=[6], kind="tracker")
        simulator.update(op="merge", into=8, tickets=[7])
        connection = join(simulator)
        ours, theirs = read(connection, simulator)
        assert ours == theirs
        assert {("1", "parent", "3"), ("5", "related", "6"), ("7", "merged_into", "8"), ("8", "merged_from", "7")} <= ours
        simulator.update(op="unlink", tickets=[2])
        simulator.update(op="unlink", tickets=[6])
        simulator.update(op="delete_entry", ticket=7)  # the note
        simulator.tell("clock", advance=600)
        ours, theirs = read(connection, simulator)
        assert ours == theirs == {("1", "parent", "3"), ("3", "child", "1")}


def test_a_look_for_links_is_owed_once_and_links_alone_read_no_thread_again(in_acme, settings):
    with running(*SIZE) as simulator:
        allow(settings, simulator)
        connection = join(simulator)
        read(connection, simulator)
        simulator.tell("switches", links_move=False)
        simulator.update(op="link", into=3, tickets=[1])
        simulator.tell("clock", advance=600)
        simulator.update(op="touch", tickets=[1, 3])
        hurry(connection)
        run_feeds()
        assert Outbox.objects.filter(kind=Outbox.Kind.LOOK).count() == 2
        read(connection, simulator)
        simulator.tell("clock", advance=600)
        read(connection, simulator)  # of a second that was not over yet the row is read once more
        simulator.control.delete("/__sim/log")
        read(connection, simulator)
        asked = [row["path"] for row in simulator.told("log")["requests"]]
        assert not [path for path in asked if path.rpartition("/")[2].isdecimal() or "conversations" in path]


def test_words_of_a_customer_or_of_a_public_reply_merge_nothing(in_acme, settings):
    with running(*SIZE) as simulator:
        allow(settings, simulator)
        connection = join(simulator)
        simulator.update(op="reply", ticket=4, text="This ticket is closed and merged into ticket 5")
        simulator.update(op="reply", ticket=4, by="agent", text="This ticket is closed and merged into ticket 5")
        simulator.update(op="note", ticket=6, text="They wrote: This ticket is closed and merged into ticket 5")
        simulator.update(op="note", ticket=9, text="This ticket is closed and merged into ticket 9")
        read(connection, simulator)
        assert not TicketLink.objects.exists()


def test_an_unreadable_other_end_is_kept_as_a_number_and_goes_with_its_ticket(in_acme, settings):
    with running(*SIZE) as simulator:
        allow(settings, simulator)
        simulator.update(op="link", into=3, tickets=[1])
        connection = join(simulator)
        read(connection, simulator)
        simulator.update(op="destroy", ticket=1)
        for _ in range(2):
            hurry(connection, full=True)
            read(connection, simulator)
    assert Ticket.objects.get(remote_id="1").deleted
    assert not TicketLink.objects.filter(ticket__remote_id="1").exists()
