"""Files of a ticket's first message: kept from whatever tells of them, listed, and asked for when somebody looks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction

from apps.ingest.deletions import erase_tickets
from apps.ingest.models import Outbox
from apps.ingest.outbox import owe, work_off
from apps.ingest.sync import store_tickets
from apps.platforms.adapters.freshdesk import mapping
from apps.platforms.base import AttachmentData
from apps.platforms.models import Attachment, Connection, Ticket
from apps.tenancy.context import bind_company
from tests.ingest.test_sync import allow, join, read_threads, run_feeds
from tests.mirror import fill, ticket_data
from tests.simulated import Simulator, running

NUMBER = 7


@pytest.fixture
def account(settings) -> Iterator[Simulator]:
    with running("--account", "generated", "--tickets", "20", "--plan", "unlimited") as simulator:
        simulator.update(op="attach", ticket=NUMBER, name="contract.pdf", content_type="application/pdf", size=12)
        allow(settings, simulator)
        yield simulator


def files(number: int = NUMBER) -> list[tuple[str, str, str, int]]:
    rows = Attachment.objects.filter(message__ticket__remote_id=str(number), message__kind="description")
    return [(row.message.remote_id, row.name, row.content_type, row.size) for row in rows]


def look(number: int = NUMBER) -> None:
    owe(Outbox.Kind.LOOK, [Ticket.objects.get(remote_id=str(number)).pk])
    work_off(Outbox.Kind.LOOK)


LISTED = [("description", "contract.pdf", "application/pdf", 12)]


def read(connection: Connection) -> None:
    run_feeds()
    read_threads()


def test_a_look_at_a_ticket_brings_its_files_and_reading_its_thread_again_keeps_them(in_acme, account):
    read(join(account))
    assert (Ticket.objects.get(remote_id=str(NUMBER)).files, files()) == (None, [])
    look()
    assert files() == LISTED
    assert "http" not in str(Ticket.objects.get(remote_id=str(NUMBER)).files)
    look(8)
    assert (Ticket.objects.get(remote_id="8").files, files(8)) == ([], [])
    owe(Outbox.Kind.THREAD, list(Ticket.objects.values_list("pk", flat=True)))
    read_threads()
    run_feeds()
    assert files() == LISTED
    account.update(op="attach", ticket=NUMBER, name="second.txt", size=3)
    look()
    assert sorted(row[1] for row in files()) == ["contract.pdf", "second.txt"]


def test_lists_that_carry_files_bring_them_for_no_credit_more(in_acme, account):
    account.control.delete("/__sim/log")
    account.tell("switches", list_attachments=True)
    read(join(account))
    assert files() == LISTED
    assert not Ticket.objects.filter(files__isnull=True).exists()
    with_files = account.told("log")["credits"]
    Connection.objects.all().delete()
    account.tell("switches", list_attachments=False)
    account.control.delete("/__sim/log")
    read(join(account))
    assert account.told("log")["credits"] == with_files
    assert files() == []


def test_files_told_before_the_thread_are_listed_with_it(in_acme, account):
    join(account)
    run_feeds()
    look()
    assert files() == []
    read_threads()
    assert files() == LISTED


def test_a_look_that_tells_nothing_of_files_is_not_owed_again(in_acme, account, monkeypatch):
    """As the archive may: else every opening would have it looked at."""
    read(join(account))
    look()
    real = mapping.ticket
    monkeypatch.setattr(mapping, "ticket", lambda *row, **more: real(*row, **more).model_copy(update={"attachments": None}))
    look(8)
    assert Ticket.objects.get(remote_id="8").files == []
    look()
    assert files() == LISTED


def stored(files: tuple[AttachmentData, ...] | None) -> None:
    with transaction.atomic():
        store_tickets(Connection.objects.get(), [ticket_data(101, "s", "t", attachments=files)])


def test_what_is_gone_goes_and_an_answer_that_tells_nothing_changes_nothing(in_acme):
    one, two = (AttachmentData(remote_id=str(number), name=f"{number}\x00.txt", size=1) for number in (1, 2))
    fill([(ticket_data(101, "s", "t", attachments=(one, two)), [])])
    assert sorted(row[1] for row in files(101)) == ["1.txt", "2.txt"]
    stored((two,))
    stored(None)
    assert [row[1] for row in files(101)] == ["2.txt"]
    erase_tickets([Ticket.objects.get().pk])
    assert (Ticket.objects.get().files, Attachment.objects.count()) == (None, 0)


def test_who_opens_a_ticket_has_its_files_asked_for_once(acme, client_of):
    with bind_company(acme.binding()):
        fill([(ticket_data(101, "s", "t"), [])])
        ticket = Ticket.objects.get()
    browser = client_of(acme)
    for _ in range(2):
        assert browser.get(f"/tickets/{ticket.pk}/").status_code == 200
    with bind_company(acme.binding()):
        owed = Outbox.objects.get(kind=Outbox.Kind.LOOK)
        assert (owed.object_id, owed.priority, owed.version) == (ticket.pk, 1, 1)
        Outbox.objects.all().delete()
        Connection.objects.update(state=Connection.State.PAUSED)
    browser.get(f"/tickets/{ticket.pk}/")
    with bind_company(acme.binding()):
        assert not Outbox.objects.filter(kind=Outbox.Kind.LOOK).exists(), "nobody could look"
        stored((AttachmentData(remote_id="1", name="contract.pdf"),))
    page = browser.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "contract.pdf" in page
    with bind_company(acme.binding()):
        assert not Outbox.objects.filter(kind=Outbox.Kind.LOOK).exists()
